"""Lives in a few numbers, and what a cell must allow before it is cycled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from ..cycling.parameters import COLUMNS, Model
from ..cycling.program import Kind
from ..cycling.stage import REASONS, Life
from ..records.cell import CycleSeries, LossBudget
from ..records.cycling import LifeReading

C_PER_MAH = 3.6
COLUMN = {name: j for j, name in enumerate(COLUMNS)}


def reading(m: Model, life: Life | str, kinds: Sequence[Kind]) -> LifeReading | str:
    """A life in a few numbers, or why there is not even a first ageing cycle."""
    if isinstance(life, str):
        return life
    ageing = life.rows[np.flatnonzero(np.array(kinds) == "ageing")]
    known = np.flatnonzero(ageing[:, 0] > 0)
    if known.size == 0 or known[0] > 0:
        return f"no first cycle: {REASONS[life.state]}"
    last = int(known[-1])
    done = last == len(ageing) - 1
    first, final = ageing[0], ageing[last]
    capacity = float(final[0]) if done else 0.0
    skins = [float(final[COLUMN[f"skin_outer_{face}"]]) for face in ("bare", "coated")]
    return LifeReading(
        first_capacity=float(first[0]),
        last_capacity=capacity,
        retention=capacity / float(first[0]),
        skin=skins[0] + m.coverage_outer * (skins[1] - skins[0]),
        crack_area=float(final[COLUMN["crack_area"]]),
        dead_share=float(final[COLUMN["dead_share"]]),
        last_cycle=last + 1,
        ended_by=f"{len(ageing)} cycles done" if done else f"dead after cycle {last + 1}: {REASONS[life.state]}",
    )


def series_reading(m: Model, series: CycleSeries, cycles: int) -> LifeReading:
    """The same of a life told in full, of ``cycles`` planned."""
    done = len(series.cycle) == cycles
    bare, coated = series.skin_outer_bare[-1], series.skin_outer_coated[-1]
    return LifeReading(
        first_capacity=float(series.capacity[0]),
        last_capacity=float(series.capacity[-1]) if done else 0.0,
        retention=series.retention if done else 0.0,
        skin=float(bare + m.coverage_outer * (coated - bare)),
        crack_area=float(series.crack_area[-1]),
        dead_share=float(series.dead_share[-1]),
        last_cycle=len(series.cycle),
        ended_by=series.ended_by,
    )


def summary(series: CycleSeries, reading: LifeReading) -> dict[str, float]:
    """Main numbers in the field's units; ``last`` is the last cycle that the cell delivered."""
    found: dict[str, float] = {"last_cycle": reading.last_cycle, "retention_percent": 100 * reading.retention}
    for name, n in (("first", 0), ("last", -1)):
        found |= {
            f"{name}_capacity_mAh_g": series.capacity[n] / C_PER_MAH / 1000,
            f"{name}_capacity_mAh_cm2": series.areal_capacity[n] / C_PER_MAH / 1e4,
            f"{name}_capacity_mAh": series.cell_capacity[n] / C_PER_MAH,
            f"{name}_mean_voltage_V": series.mean_voltage[n],
            f"{name}_mean_charge_voltage_V": series.mean_charge_voltage[n],
            f"{name}_resistance_ohm_cm2": series.resistance[n] * 1e4,
            f"{name}_crack_area_m2_g": series.crack_area[n] / 1000,
        }
    found |= {"skin_nm": reading.skin * 1e9, "dead_share_percent": 100 * reading.dead_share}
    found |= {f"lost_to_{f.name}_mAh_g": getattr(series.losses, f.name) / 3600 for f in fields(LossBudget)}
    return {k: float(f"{v:.7g}") for k, v in found.items()}
