"""A table of records (time, voltage, current, counters) -> charge per cycle and direction. All in SI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError

AT_REST = 1e-4  # of the largest current: below, nothing flows
_RESTART = 0.5  # a counter that falls below this share of itself began anew
_LEAST_SWING = 0.05  # V of voltage change within charges or discharges that a judgement needs
_SAME_END = 0.02  # V: a discharge that stops further above the others' end was cut off
_SHORT = 0.9  # of the discharge before
_COUNTED = 0.02  # difference between counter and integral that is said
_INTEGRATED = "capacity: integral of the current over time"
SIGNS = {"charge-positive": 1, "discharge-positive": -1}
_DISCHARGE = re.compile(r"^d$|^rated$|d(is)?[-_ ]?ch|entlad", re.IGNORECASE)
_CHARGE = re.compile(r"^c$|^ratec$|ch(ar)?g|laden|ladung", re.IGNORECASE)


def rises(counter: np.ndarray) -> np.ndarray:
    """What a running counter gained up to each row; one that drops to less than half of itself began anew.

    >>> rises(np.array([0.0, 2.0, 3.0, 0.5, 1.0])).tolist()
    [0.0, 2.0, 1.0, 0.5, 0.5]
    """
    gained = np.diff(counter, prepend=counter[:1])
    anew = np.flatnonzero((gained < 0) & (counter < _RESTART * np.roll(counter, 1)))
    gained[anew] = counter[anew]
    return gained


def integral(time: np.ndarray, current: np.ndarray) -> np.ndarray:
    """What each row adds to the trapezoid integral of a current over time: half of the time to either neighbour.

    A row's share thus belongs to its own cycle and direction.

    >>> integral(np.array([0.0, 1.0, 3.0]), np.array([2.0, 2.0, 2.0])).tolist()
    [1.0, 3.0, 2.0]
    """
    steps = np.diff(time)
    return 0.5 * current * (np.append(steps, 0.0) + np.append(0.0, steps))


def directions(names: np.ndarray) -> np.ndarray:
    """+1 charge, -1 discharge, 0 else, from the names of steps.

    >>> directions(np.array(["CC Chg", "Rest", "CC DChg", "CCCV_CHG", "D", "Pause"], dtype=object)).tolist()
    [1, 0, -1, 1, -1, 0]
    """
    kinds = {name: -1 if _DISCHARGE.search(name) else 1 if _CHARGE.search(name) else 0 for name in set(names.tolist())}
    found = np.array([kinds[name] for name in names.tolist()], dtype=np.int8)
    if "S" in kinds and kinds.keys() & {"C", "D"}:  # Maccor's S is the last row of the step before
        last = np.maximum.accumulate(np.where(names == "S", 0, np.arange(len(names))))
        found = found[last]
    return found


def count_cycles(direction: np.ndarray) -> np.ndarray:
    """Cycle numbers from 1 where a file has none: a new one wherever charging follows discharging.

    >>> count_cycles(np.array([0, 1, 1, 0, -1, 0, 1, -1])).tolist()
    [1, 1, 1, 1, 1, 1, 2, 2]
    """
    flowing = np.flatnonzero(direction)
    last = direction[flowing]
    begins = flowing[1:][(last[1:] > 0) & (last[:-1] < 0)]
    marks = np.zeros(len(direction), dtype=np.int64)
    marks[begins] = 1
    return 1 + np.cumsum(marks)


def voltage_swing(voltage: np.ndarray, direction: np.ndarray) -> tuple[float, float]:
    """Sum of voltage changes within charges and within discharges; jumps where the direction changes do not count."""
    change, within = np.diff(voltage), direction[1:] == direction[:-1]
    return tuple(float(change[within & (direction[1:] == sign)].sum()) for sign in (1, -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A time series, current above zero charging; counters run on over the whole test. Capacities in C or C/kg."""

    cycle: np.ndarray
    time: np.ndarray | None
    voltage: np.ndarray | None
    current: np.ndarray | None  # A
    charged: np.ndarray | None  # gained up to each row
    discharged: np.ndarray
    counted: bool  # by the cycler, not integrated from the current
    step_count: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """One row a cycle: numbers of the file, charges in C or C/kg, and what else the records tell."""

    cycle: np.ndarray
    discharged: np.ndarray
    current: np.ndarray | None  # mean of the discharge, A
    mean_voltage: float | None
    voltage_range: tuple[float, float] | None
    cut_off: bool  # the last discharge is not complete


def series(
    columns: Mapping[str, np.ndarray], path: str, sign: str, specific: bool, said_by: str = "stated"
) -> tuple[Series, list[str]]:
    """Records in one convention, and notes on how they were read.

    ``sign`` is what the user or the standard says of the current, '' if nothing, ``said_by`` who. Raises `InputError`
    where the sign is needed and neither said nor shown, and where file and voltage contradict it.
    """
    notes: list[str] = []
    current, state = columns.get("current"), columns.get("state")
    direction = directions(state) if state is not None else None
    if direction is not None and not (direction < 0).any():
        direction = None
    shown, evidence = _shown_sign(columns, direction)
    unsigned = current is not None and direction is not None and not (current < 0).any()
    if unsigned:
        evidence = "the current has no sign; the names of the steps say what is charging"
    elif sign and shown and sign != shown:
        raise InputError(path, f"current {sign}, as {said_by}", f"{shown}, as {evidence}")
    known = sign or shown
    if current is not None and (known or unsigned):
        current = np.abs(current) * direction if unsigned else current * SIGNS[known]
        why = f"as {evidence}" if shown else f"as {said_by}"
        notes.append(evidence if unsigned else f"current is {known}, {why}")
    charged, discharged, how = _gained(columns, direction, current if (known or unsigned) else None, path, specific)
    if how:
        notes.append(how)
    if direction is None:
        direction = _flow(charged, discharged, current if (known or unsigned) else None)
    if "voltage" in columns:
        _check_direction(columns["voltage"], direction, path, sign)
    cycle = columns.get("cycle")
    if cycle is None:
        cycle = count_cycles(direction)
        notes.append("the file counts no cycles: a new one begins wherever charging follows discharging")
    found = Series(
        cycle=np.asarray(cycle, dtype=np.int64),
        time=columns.get("time"),
        voltage=columns.get("voltage"),
        current=current if (known or unsigned) else None,
        charged=charged,
        discharged=discharged,
        counted=how != _INTEGRATED,
        step_count=columns.get("step_count"),
    )
    return found, notes + _compared(found, specific)


def _shown_sign(columns: Mapping[str, np.ndarray], direction: np.ndarray | None) -> tuple[str, str]:
    """Sign of the current that the file itself shows, and by what."""
    current = columns.get("current")
    if current is None or not (current < 0).any():
        return "", ""
    flowing = np.abs(current) > AT_REST * np.abs(current).max()
    proofs = []
    if direction is not None:
        proofs.append((direction, "the names of the steps show"))
    for name, way in (("capacity", -1), ("charge_capacity", 1)):
        if name in columns:
            proofs.append((way * np.sign(rises(columns[name])), "the counters of charge and discharge show"))
    for ways, words in proofs:
        agreed = float(np.sum(np.sign(current) * ways * flowing))
        weight = float(np.sum(np.abs(ways) * flowing))
        if weight and abs(agreed) > 0.8 * weight:
            found = "charge-positive" if agreed > 0 else "discharge-positive"
            return found, words
    return "", ""


def _gained(
    columns: Mapping[str, np.ndarray],
    direction: np.ndarray | None,
    current: np.ndarray | None,
    path: str,
    specific: bool,
) -> tuple[np.ndarray | None, np.ndarray, str]:
    """Charge that each row added in either direction, from what tells it best, and a note on it."""
    if "capacity" in columns:
        other = columns.get("charge_capacity")
        return (None if other is None else rises(other)), rises(columns["capacity"]), ""
    if "step_capacity" in columns and (direction is not None or current is not None):
        ways = direction if direction is not None else _flow(None, None, current)
        gained = rises(np.abs(columns["step_capacity"]))
        how = "the names of the steps" if direction is not None else "the current"
        return (
            np.where(ways > 0, gained, 0.0),
            np.where(ways < 0, gained, 0.0),
            f"capacity within steps, split by {how}",
        )
    if "net_capacity" in columns and (current is not None or direction is not None):
        change = np.diff(columns["net_capacity"], prepend=columns["net_capacity"][:1])
        ways = direction if direction is not None else _flow(None, None, current)
        change = np.abs(change)  # its sign may be that of the current, so the direction decides
        return np.where(ways > 0, change, 0.0), np.where(ways < 0, change, 0.0), "capacity from charge minus discharge"
    if current is not None and "time" in columns and not specific:
        _check_time(columns["time"], path)
        charged, discharged = (integral(columns["time"], np.maximum(way * current, 0.0)) for way in (1, -1))
        return charged, discharged, _INTEGRATED
    raise _cannot(columns, path)


def _cannot(columns: Mapping[str, np.ndarray], path: str) -> InputError:
    if "charge_capacity" in columns:
        given = "a charge capacity and no discharge capacity"
        return InputError(
            path, given, "a discharge capacity", "Export it, or name it: --column capacity='HEADER [unit]'."
        )
    if "current" in columns:
        given = "a current, and nothing that shows which sign charges"
        remedy = "Say --current-sign charge-positive or --current-sign discharge-positive."
        if "time" in columns or "step_capacity" in columns or "net_capacity" in columns:
            return InputError(path, given, "a stated sign of the current", remedy)
        return InputError(path, "a current without a time", "time and current, or a discharge capacity")
    allowed = "a discharge capacity, or time and current"
    return InputError(path, "no discharge capacity", allowed, "Name it: --column capacity='HEADER [unit]'.")


def _check_time(time: np.ndarray, path: str) -> None:
    back = np.flatnonzero(np.diff(time) < 0)
    if back.size:
        given = f"time falls from {time[back[0]]:g} s to {time[back[0] + 1]:g} s"
        raise InputError(
            path, given, "test time that rises", "Choose the column of the total time: --column time=HEADER."
        )


def _flow(charged: np.ndarray | None, discharged: np.ndarray | None, current: np.ndarray | None) -> np.ndarray:
    if current is not None:
        return np.where(np.abs(current) > AT_REST * np.abs(current).max(), np.sign(current), 0).astype(np.int8)
    up = charged > 0 if charged is not None else np.zeros(len(discharged), dtype=bool)
    return np.where(discharged > 0, -1, np.where(up, 1, 0)).astype(np.int8)


def _check_direction(voltage: np.ndarray, direction: np.ndarray, path: str, sign: str) -> None:
    """Charging raises the voltage of a cell, discharging lowers it."""
    charging, discharging = voltage_swing(voltage, direction)
    if charging < -_LEAST_SWING or discharging > _LEAST_SWING:
        way = (
            f"falls by {-charging:.2f} V while charging"
            if charging < -_LEAST_SWING
            else (f"rises by {discharging:.2f} V while discharging")
        )
        remedy = "Say the other --current-sign." if sign else "Name the right ones with --column; check --current-sign."
        raise InputError(
            path, f"voltage {way}, in sum: charge and discharge are swapped", "the other way round", remedy
        )


def _compared(found: Series, specific: bool) -> list[str]:
    """Counter against integral, where a file has both."""
    if specific or found.current is None or found.time is None or (np.diff(found.time) < 0).any():
        return []
    counted, integrated = found.discharged.sum(), integral(found.time, np.maximum(-found.current, 0.0)).sum()
    if counted > 0 and integrated > 0 and abs(integrated / counted - 1) > _COUNTED:
        return [f"the current over time gives {integrated / counted:.3f} times the discharge that the counter has"]
    return []


def cycles(found: Series) -> Cycles:
    """Sums per cycle of the file; cycles without discharge stay, with zero."""
    starts = np.flatnonzero(np.diff(found.cycle, prepend=found.cycle[:1] - 1))
    sums = np.add.reduceat(found.discharged, starts)
    current = None
    if found.current is not None:
        weighted = np.add.reduceat(found.discharged * np.abs(found.current), starts)
        current = np.divide(weighted, sums, out=np.full(len(sums), np.nan), where=sums > 0)
    mean = limits = None
    if found.voltage is not None:
        flowing = found.discharged > 0
        if found.charged is not None:
            flowing = flowing | (found.charged > 0)
        total = sums.sum()
        mean = float((found.discharged * found.voltage).sum() / total) if total > 0 else None
        if flowing.any():
            limits = (float(found.voltage[flowing].min()), float(found.voltage[flowing].max()))
    return Cycles(
        cycle=found.cycle[starts],
        discharged=sums,
        current=current,
        mean_voltage=mean,
        voltage_range=limits,
        cut_off=_is_cut_off(found, starts, sums),
    )


def _is_cut_off(found: Series, starts: np.ndarray, sums: np.ndarray) -> bool:
    """Whether the file ends within a discharge, and that one before the end voltage of the others (or far shorter)."""
    if sums[-1] <= 0 or found.discharged[-1] <= 0:
        return bool(sums[-1] <= 0)
    if found.voltage is None:
        return len(sums) > 1 and bool(sums[-1] < _SHORT * sums[-2])
    flowing = np.flatnonzero(found.discharged > 0)
    ends = np.searchsorted(flowing, np.append(starts[1:], len(found.cycle))) - 1  # last discharging row up to each end
    last = found.voltage[flowing[ends[sums > 0]]]
    return len(last) > 1 and bool(last[-1] > np.median(last[-11:-1]) + _SAME_END)
