"""One nominal result of each bundled study, and a hand-made headline on top of it."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.records.headline import (
    Band,
    Baseline,
    Capacity,
    CellHeadline,
    Headline,
    Influence,
    Placebo,
    Prediction,
    Retention,
    Score,
    Update,
    Weight,
)
from epitropy.records.measurement import ExpectedReading, Measurement, MeasurementPair, MeasurementPlan
from epitropy.run import run_nominal
from epitropy.study import load_study

CYCLES = np.arange(1.0, 201.0)


def capacity(value: float, half: float = 0.0) -> Capacity:
    """mAh/g in, C/kg out."""
    return Capacity(value=3600 * value, low=3600 * (value - half), high=3600 * (value + half))


def retention(value: float, half: float = 0.0) -> Retention:
    return Retention(value=value, low=value - half, high=value + half)


def cell(basis: str, first: Capacity, last: Capacity, kept: Retention, names: list[str]) -> CellHeadline:
    low, median, high = (
        np.linspace(getattr(first, n), getattr(last, n), CYCLES.size) for n in ("low", "value", "high")
    )
    rows = [Prediction(scenario=n, first=first, last=last, retention=kept, infeasible_share=0.25) for n in names[:-1]]
    lost = Prediction(scenario=names[-1], first=None, last=None, retention=None, infeasible_share=1.0)
    return CellHeadline(
        basis=basis,
        cycles=200,
        first=first,
        last=last,
        retention=kept,
        band=Band(cycle=CYCLES, low=low, median=median, high=high),
        scenarios=(*rows, lost),
    )


def measurement(names: list[str], cell: str, bits: float) -> Measurement:
    return Measurement(
        name="skin by TEM",
        cell=cell,
        instrument="TEM",
        readings=(
            ExpectedReading(name="skin", error="2 nm", expected=dict.fromkeys(names[:-1], "8.1 nm"), separation=2.31),
        ),
        scenario_bits=bits,
        scenario_bits_error=0.05,
        most_bits=3.46,
        mechanism_bits=0.4 * bits,
        interval_after=0.08,
        interval_bits=1.0,
        effective=44.0,
        apart=(f"{names[0]} | {names[1]}",) if bits else (),
        effort_days=4.0,
        value=(bits + 1.0) / 4.0,
    )


def measurement_plan(names: list[str]) -> MeasurementPlan:
    return MeasurementPlan(
        cell="coated",
        scenarios=tuple(names[:-1]),
        left_out=(names[-1],),
        reported=("first 1C cycle, coated",),
        retention_reported=False,
        draws=6,
        interval_before=0.16,
        measurements=tuple(measurement(names, *row) for row in (("coated", 0.5), ("both", 0.2), ("bare", 0.0))),
        pair=MeasurementPair(
            first="skin by TEM, coated",
            second="skin by TEM, bare",
            scenario_bits=0.6,
            interval_after=0.07,
            interval_bits=1.2,
            effort_days=7.0,
            value=0.26,
        ),
    )


def hand_made(result) -> Headline:
    """Coated hits the retention only; one placebo gains as much; the last scenario is never solved."""
    names = [s.name for s in result.scenarios]
    influences = tuple(
        Influence(name=n, label=result.inputs[n].label, grade=grade, share=share, low=-0.04, high=0.03, largest=0.2)
        for n, grade, share in (
            ("degradation.wetted_area_200", "assumed", 0.5),
            ("coating.dose", "assumed", 0.3),
            ("degradation.dead_volume_ratio", "derived", 0.15),
            ("layer.oxygen_ratio", "assumed", 0.05),
        )
    )
    kept = retention(0.94, 0.08)
    return Headline(
        cells={
            "bare": cell("calibrated", capacity(174.7), capacity(138.0), retention(138 / 174.7), names),
            "coated": cell("predicted", capacity(176.0, 9.0), capacity(165.0, 12.0), kept, names),
        },
        draws=8,
        solved_by_scenario=dict.fromkeys(names, 0.75),
        reasons_unsolved={"cycle 200 out of reach": 24},
        between_scenarios=0.41,
        baselines=(Baseline(name="coated = bare", meaning="the coating does nothing", retention=138 / 174.7),),
        placebos=(
            Placebo(
                name="misaligned",
                meaning="no alignment",
                retention=kept,
                last=capacity(165.0, 12.0),
                gain=0.15,
                gains_as_much=True,
            ),
        ),
        influences=influences,
        no_effect=("anneal.boundary_width", "cell.format"),
        measurements=measurement_plan(names),
        update=weighed(names, "barrier/series"),
    )


def weighed(names: list[str], leading: str) -> Update:
    """The data of the coated cell leave one scenario most of the weight; the last was never solved."""
    solved = names[:-1]
    after = {n: 0.9 if n == leading else 0.1 / (len(solved) - 1) for n in solved}
    return Update(
        cell="coated",
        weights=tuple(
            Weight(
                scenario=n,
                before=1 / len(solved) if n in solved else 0.0,
                after=after.get(n, 0.0),
                nearest=2.0 if n in solved else None,
            )
            for n in names
        ),
        nearest=2.0,
        carrying=1.4,
        explained=True,
        retention=None,
        last=None,
        scores=(Score(name="prediction", crps=0.12),),
    )


@pytest.fixture(scope="session")
def study():
    return load_study("zhao2024")


@pytest.fixture(scope="session")
def nominal(study):
    return run_nominal(study)


@pytest.fixture(scope="session")
def full(nominal):
    return replace(nominal, headline=hand_made(nominal))


@pytest.fixture(scope="session")
def uncoated():
    """(result, study) without coating, calibration or reported numbers."""
    other = load_study("zhang2022")
    return run_nominal(other), other
