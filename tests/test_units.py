"""Text with a unit becomes SI; every number a record holds says its unit."""

import dataclasses
import importlib
import inspect
import pkgutil
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import epitropy
from epitropy.errors import InputError
from epitropy.records.sourced import Sourced
from epitropy.units import Unit, convert, parse

HABITS = [
    ("12 nm", "m", 12e-9),
    ("7nm", "m", 7e-9),
    ("10 um", "m", 1e-5),
    ("10 µm", "m", 1e-5),
    ("2.89 Å", "m", 2.89e-10),
    ("2.89 A", "m", 2.89e-10),
    ("400A2", "m2", 4e-18),
    ("400 A^2", "m2", 4e-18),
    ("700 degC", "K", 973.15),
    ("700 °C", "K", 973.15),
    ("700 C", "K", 973.15),
    ("973.15 K", "K", 973.15),
    ("4 h", "s", 14400.0),
    ("5 K/min", "K/s", 5 / 60),
    ("5 degC/min", "K/s", 5 / 60),
    ("0.4 m2/g", "m2/kg", 400.0),
    ("0.4 m^2/g", "m2/kg", 400.0),
    ("0.4 m2 g-1", "m2/kg", 400.0),
    ("16 ohm cm2", "ohm m2", 16e-4),
    ("16 Ω cm2", "ohm m2", 16e-4),
    ("1 wt%", "1", 0.01),
    ("90 %", "1", 0.9),
    ("90%", "1", 0.9),
    ("0.3", "1", 0.3),
    ("187 mAh/g", "C/kg", 187 * 3600.0),
    ("187 mAh g-1", "C/kg", 187 * 3600.0),
    ("200 mA/g", "A/kg", 200.0),
    ("10 mg/cm2", "kg/m2", 0.1),
    ("1e-13 cm2/s", "m2/s", 1e-17),
    ("1e-8 S/cm", "S/m", 1e-6),
    ("4.76 g/cm3", "kg/m3", 4760.0),
    ("-30 mV", "V", -0.03),
    ("242.7 kJ/mol", "J/mol", 242.7e3),
    ("0.1 1/h", "1/s", 0.1 / 3600),
    ("0.21 atm", "Pa", 0.21 * 101325),
    ("120 deg", "rad", 2 * np.pi / 3),
    ("0.1 J/m2/nm", "J/m3", 1e8),
    ("8.3 J/(mol K)", "J/(mol K)", 8.3),
    ("3 g/kg", "kg/kg", 3e-3),
]

WRONG_DIMENSION = [
    ("12 nm", "s"),
    ("5 K/min", "K"),
    ("200 mA", "A/kg"),
    ("187 mAh", "C/kg"),
    ("3 C", "C/kg"),
    ("3 V", "1"),
    ("1 atm", "K"),
    ("16 ohm", "ohm m2"),
    ("5 nm nm", "m"),
]
NO_UNIT = [("12", "m"), (12, "m"), (12.5, "m"), ("1e-8", "m"), (0, "s")]
NONSENSE = [
    "",
    "nm",
    "soon",
    "1,5 nm",
    "twelve nm",
    "nan nm",
    "inf nm",
    "12 furlongz",
    "1.5e nm",
    "5 (nm",
    "5 nm/",
    "5 nm)",
    "5 /nm/",
    "5 nm^",
    "1 __import__('os')",
    "12 nm; 3",
    "--3 nm",
    "1e400 nm",
    True,
    False,
    None,
    [1],
    {"value": 1},
]

SHOWN = [
    ("nm", "m"),
    ("um", "m"),
    ("angstrom", "m"),
    ("h", "s"),
    ("K/min", "K/s"),
    ("degC", "K"),
    ("m2/g", "m2/kg"),
    ("ohm cm2", "ohm m2"),
    ("wt%", "1"),
    ("%", "1"),
    ("mAh/g", "C/kg"),
    ("mA/g", "A/kg"),
    ("mg/cm2", "kg/m2"),
    ("cm2/s", "m2/s"),
    ("S/cm", "S/m"),
    ("g/cm3", "kg/m3"),
    ("kJ/mol", "J/mol"),
    ("atm", "Pa"),
    ("mV", "V"),
    ("GPa", "Pa"),
    ("g/mol", "kg/mol"),
]


@pytest.mark.parametrize(("text", "unit", "value"), HABITS)
def test_the_units_of_the_field_become_si(text, unit, value):
    assert parse(text, unit) == pytest.approx(value, rel=1e-11, abs=0)


@pytest.mark.parametrize(("text", "unit"), WRONG_DIMENSION)
def test_a_wrong_dimension_is_refused_with_the_right_one(text, unit):
    with pytest.raises(InputError) as caught:
        parse(text, unit)
    assert unit in str(caught.value)


@pytest.mark.parametrize(("given", "unit"), NO_UNIT)
def test_a_bare_number_is_refused_where_there_is_a_dimension(given, unit):
    with pytest.raises(InputError, match="no unit") as caught:
        parse(given, unit)
    assert f"{given} {unit}" in str(caught.value)  # the remedy is a line to copy


@pytest.mark.parametrize("given", NONSENSE)
def test_nonsense_is_refused_by_our_own_error(given):
    with pytest.raises(InputError):
        parse(given, "m")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "1e400"])
def test_a_number_that_is_not_finite_is_no_quantity(number):
    with pytest.raises(InputError):
        parse(number, "1")


@given(st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-6), st.sampled_from(SHOWN))
def test_a_number_survives_the_way_to_si_and_back(value, units):
    shown, si = units
    back = convert(parse(f"{value!r} {shown}", si), si, shown)
    assert back == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_a_unit_names_itself_in_a_key():
    assert [Unit(u).suffix for u in ("m", "1", "J/(mol K)", "m2/kg", "ohm m2")] == [
        "m",
        "",
        "J_per_mol_K",
        "m2_per_kg",
        "ohm_m2",
    ]


# every number has a unit -------------------------------------------------------------------------------------------


def _modules():
    """Records and the rooms' dials."""
    found = [m.name for m in pkgutil.walk_packages(epitropy.__path__, "epitropy.")]
    return [n for n in found if n.startswith("epitropy.records.") or n.endswith(".spec")]


def _records():
    for name in _modules():
        module = importlib.import_module(name)
        for _, cls in inspect.getmembers(module, inspect.isclass):
            # a Sourced carries its unit as data, beside its value
            if dataclasses.is_dataclass(cls) and cls.__module__ == name and cls is not Sourced:
                yield cls


MIXED = {  # numbers of all dimensions, each with its own unit beside it
    ("StudyResult", "inputs"),
    ("Axis", "values"),
    ("Node", "at"),
    ("MapPoint", "at"),
    ("CycledCell", "summary"),  # the field's units, in the keys
    *(("CurveDistance", f"{name}_mV") for name in ("charge_rmse", "discharge_rmse", "voltage_rmse", "largest")),
    ("CellDistance", "voltage_rmse_mV"),
    *(("Comparison", name) for name in ("voltage_rmse_mV", "limits", "resolution")),
    *(("Told", name) for name in ("value", "low", "high")),
    *(("Fitted", name) for name in ("prior", "value", "low", "high")),
    *(("FitParameter", name) for name in ("prior", "value", "profile_low", "profile_high", "low", "high")),
    ("ProfileCurve", "at"),
    ("Chain", "samples"),
    ("FittedCell", "fitted"),  # by quantity, as the readings
    ("Readings", "value"),  # see QUANTITIES
}
RECORDS = list(_records())
RECORD_NAMES = [f"{c.__module__.removeprefix('epitropy.')}.{c.__name__}" for c in RECORDS]


def _unitless(hint) -> bool:
    """Whether an annotation holds a number that no `Unit` speaks for."""
    origin = get_origin(hint)
    if origin is Annotated:
        return not any(isinstance(m, Unit) for m in hint.__metadata__) and _unitless(get_args(hint)[0])
    if hint in (int, float, complex, Sourced, np.ndarray) or origin is np.ndarray:
        return True
    if origin in (Union, types.UnionType, tuple, list, dict, set, frozenset, Mapping, Sequence):
        return any(_unitless(a) for a in get_args(hint))
    return False


def test_the_walk_finds_records_and_dials():
    names = {cls.__name__ for cls in RECORDS}
    assert {"CycleSeries", "Phase", "Coating", "Cathode", "Anneal", "Layer", "LatticeMatch", "DepthProfile"} <= names


@pytest.mark.parametrize("cls", RECORDS, ids=RECORD_NAMES)
def test_every_number_of_a_record_states_its_unit(cls):
    hints = get_type_hints(cls, include_extras=True)
    names = [f.name for f in dataclasses.fields(cls) if (cls.__name__, f.name) not in MIXED]
    assert [n for n in names if _unitless(hints[n])] == []


@pytest.mark.parametrize("cls", RECORDS, ids=RECORD_NAMES)
def test_every_unit_can_be_converted_to_the_one_that_is_shown(cls):
    for hint in get_type_hints(cls, include_extras=True).values():
        for unit in _units(hint):
            assert np.isfinite(convert(1.0, unit.si, unit.shown))


def _units(hint):
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, Unit):
            yield meta
    for inner in get_args(hint):
        yield from _units(inner)
