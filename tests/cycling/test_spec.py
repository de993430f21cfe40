"""Dials of the half-cell: ranges, shorthands and the program of cycles that a protocol means."""

from dataclasses import fields, replace

import numpy as np
import pytest

from epitropy.constants import FARADAY, GAS_CONSTANT
from epitropy.cycling.parameters import Row
from epitropy.cycling.program import program
from epitropy.cycling.spec import MECHANISMS, REFERENCE_TEMPERATURE, Cathode, Cell, Degradation, Protocol
from epitropy.electrolytes import electrolyte_curves
from epitropy.errors import InputError
from epitropy.records.sourced import Sourced
from epitropy.transport.spec import Layer

CHARGE, DISCHARGE, HOLD, REST, AGES = (
    Row._fields.index(n) for n in ("charge_rate", "discharge_rate", "hold_rate", "rest", "ages")
)


def rate(value):
    return Sourced(value=value)


def temperature(value):
    return Sourced(value=value, unit="K")


@pytest.mark.parametrize("block", [Cathode, Cell, Protocol, Degradation, Layer])
def test_no_draw_of_a_default_leaves_its_range(block):
    made = block()
    for f in fields(block):
        number = getattr(made, f.name)
        if isinstance(number, Sourced):
            assert number.source and number.label, f.name
            for quantile in (1e-5, 0.5, 1 - 1e-5):
                replace(made, **{f.name: number.at(quantile)})


def test_rate_stands_for_charge_and_discharge_unless_one_has_its_own():
    both = Protocol(rate=rate(2.0))
    assert both.charge.value == both.discharge.value == 2.0
    own = replace(both, charge_rate=rate(0.5))
    assert (own.charge.value, own.discharge.value) == (0.5, 2.0)
    assert replace(own, rate=rate(3.0)).discharge.value == 3.0  # a change of the shorthand is felt
    assert replace(own, discharge_rate=rate(4.0)).discharge.value == 4.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": rate(0.0)}, "rate: 0; allowed: above 0 to 50"),
        ({"rate": rate(51.0)}, "rate: 51; allowed: above 0 to 50"),
        ({"charge_rate": rate(-1.0)}, "charge_rate: -1; allowed: above 0 to 50"),
        ({"rate_steps": (0.5, 60.0)}, "rate_steps: 60; allowed: above 0 to 50"),
        ({"charge_mode": "CC-CV", "hold_rate": rate(1.0)}, "hold_rate: 1 C with a charge at 1 C; allowed: a current"),
        ({"temperature": temperature(232.0)}, "temperature: -41.15 degC; allowed: -40 degC to 80 degC"),
        ({"temperature": temperature(400.0)}, "temperature: 126.85 degC; allowed: -40 degC to 80 degC"),
        ({"reference_interval": -1}, "reference_interval: -1; allowed: 0 to"),
        ({"rate_step_cycles": 0}, "rate_step_cycles: 0; allowed: 1 to"),
        ({"skip_tolerance": 0.0}, "skip_tolerance: 0; allowed: above 0"),
    ],
)
def test_a_protocol_that_cannot_be_run_is_refused_in_one_line(change, words):
    with pytest.raises(InputError) as error:
        Protocol(**change)
    assert str(error.value).startswith(words) and "\n" not in str(error.value)


def test_a_hold_rate_matters_only_where_there_is_a_hold():
    assert Protocol(hold_rate=rate(2.0)).hold_rate.value == 2.0


def test_the_default_program_is_formation_and_then_ageing():
    rows, kinds = program(Protocol())
    assert kinds == ("formation",) * 2 + ("ageing",) * 200
    assert rows.shape == (202, len(Row._fields)) and rows.dtype == float
    assert (rows[:2] == (0.1, 0.1, 0, 0, 0)).all() and (rows[2:] == (1, 1, 0, 0, 1)).all()


def test_a_constant_voltage_charge_holds_every_cycle_but_the_reference():
    protocol = Protocol(
        charge_mode="CC-CV",
        charge_rate=rate(0.5),
        rest=Sourced(value=600.0, unit="s"),
        cycles=5,
        reference_interval=2,
        reference_rate=rate(0.1),
        formation_cycles=1,
    )
    rows, kinds = program(protocol)
    assert kinds == ("formation", "ageing", "ageing", "reference", "ageing", "ageing", "reference", "ageing")
    reference = np.array([kind == "reference" for kind in kinds])
    assert (rows[reference] == (0.1, 0.1, 0.0, 600.0, 1.0)).all()
    assert (rows[~reference][:, HOLD] == 0.05).all() and (rows[:, REST] == 600.0).all()
    assert (rows[1] == (0.5, 1.0, 0.05, 600.0, 1.0)).all()


def test_a_charge_no_faster_than_the_hold_rate_has_no_hold():
    rows, _ = program(Protocol(charge_mode="CC-CV", formation_rate=rate(0.05), cycles=2))
    assert (rows[:, HOLD] == [0, 0, 0.05, 0.05]).all()


def test_rate_steps_follow_formation_and_start_from_one_charge():
    protocol = Protocol(rate_steps=(0.2, 1.0, 5.0, 0.2), rate_step_cycles=2, cycles=3, rate=rate(0.5))
    rows, kinds = program(protocol)
    assert kinds == ("formation",) * 2 + ("rate",) * 8 + ("ageing",) * 3
    steps = rows[2:10]
    assert (steps[:, DISCHARGE] == [0.2, 0.2, 1, 1, 5, 5, 0.2, 0.2]).all()
    assert (steps[:, CHARGE] == 0.2).all() and (steps[:, AGES] == 1).all()
    gentle = program(replace(protocol, charge_rate=rate(0.1)))[0]
    assert (gentle[2:10, CHARGE] == 0.1).all()


def test_a_pouch_cell_has_two_coated_faces_and_a_coin_cell_one():
    assert [Cell(format=f).coated_faces for f in ("coin", "pouch")] == [1, 2]
    assert Cell(format="pouch", faces=1).coated_faces == 1
    with pytest.raises(InputError, match="faces: 0"):
        Cell(faces=0)


def test_an_electrolyte_without_curves_is_refused():
    with pytest.raises(InputError, match="unknown electrolyte 'brine'; allowed: 1 M LiPF6 in EC:EMC,"):
        Cell(electrolyte="brine")


def test_a_mechanism_that_is_none_is_refused():
    assert Degradation(without=tuple(MECHANISMS)).without == tuple(MECHANISMS)
    with pytest.raises(InputError, match="unknown mechanism 'cracking'; allowed: formation_cracks, cycling_cracks"):
        Degradation(without=("skin", "cracking"))


def test_the_default_resistances_sum_to_those_of_a_half_cell_without_its_cathode_surface():
    cell, curves = Cell(), electrolyte_curves(Cell().electrolyte, REFERENCE_TEMPERATURE)
    kappa = float(np.interp(curves.salt_concentration, curves.concentration, curves.conductivity))
    porosity, b = cell.electrode_porosity.value, cell.bruggeman.value
    electrode = cell.loading.value / (4780.0 * (1 - porosity) * cell.active_share.value)
    separator = cell.separator_thickness.value / (kappa * cell.separator_porosity.value**b)
    pores, electrons = electrode / (3 * kappa * porosity**b), electrode / (3 * cell.electrode_conductivity.value)
    lithium = GAS_CONSTANT * REFERENCE_TEMPERATURE / (FARADAY * cell.lithium_exchange.value)
    apart = 1e4 * np.array([separator, pores, electrons, lithium])  # ohm cm2
    np.testing.assert_allclose(apart, [1.1, 0.6, 0.7, 3.6], rtol=0, atol=0.06)
    left = 1e4 * (cell.series_resistance.value + cell.contact_resistance.value)
    assert apart.sum() + left == pytest.approx(10.0, rel=0.02, abs=0)


def test_the_lithium_exchange_current_is_that_of_its_source():
    from pybamm.input.parameters.lithium_ion.Xu2019 import li_metal_electrolyte_exchange_current_density_Xu2019 as law

    at = [float(law(c, 1 / 1.3e-5, 298.15).evaluate()) for c in (1000.0, 2000.0)]
    cell = Cell()
    assert cell.lithium_exchange.value == pytest.approx(at[0], rel=1e-3, abs=0)
    assert 2**cell.lithium_salt_exponent.value == pytest.approx(at[1] / at[0], rel=1e-12, abs=0)
