"""What no layered cathode in a lithium half-cell shows: one line each, what it looks like and how to go on."""

from __future__ import annotations

import numpy as np

from ..errors import InputError

_LEAST, _MOST = 20.0, 300.0  # mAh/g: between lies the best cycle of any cell
_LOWEST_TOP, _HIGHEST_TOP, _LOWEST_END, _LOWEST_MEAN = 3.9, 5.0, 1.5, 3.2  # V
_ANYWAY = "Give the record of the cathode against lithium, or check the column and unit of the voltage."


def check_capacity(values: np.ndarray, where: str, header: str, unit: str, mass: float | None) -> None:
    """Refuse capacities (C/kg) that are none of a layered oxide per gram; nothing is converted."""
    most = float(values.max()) / 3600.0
    if _LEAST - 1e-6 <= most <= _MOST + 1e-6:  # the ends themselves, through any unit
        return
    given = f"a largest discharge capacity of {most:.4g} mAh/g"
    if mass is not None and not unit.endswith("g"):
        given += f" with {mass * 1e6:.4g} mg" if mass < 1e-3 else f" with {mass * 1e3:.4g} g"
        remedy = "Check the mass of active material (in mg?) and the unit of the column."
    elif most > _MOST:
        remedy = f"Is it a running sum, or in another unit? Then say so: --column 'capacity={header} [UNIT]'."
    else:
        like = "Ah" if most < 0.02 else "mAh"
        remedy = f"It looks like {like} of the whole cell: --column 'capacity={header} [{like}]' --mass 'MASS mg'."
    raise InputError(where, given, f"{_LEAST:g} to {_MOST:g} mAh/g for a layered oxide", remedy)


def check_voltage(limits: tuple[float, float] | None, mean: float | None, where: str) -> None:
    """Refuse voltages of another cell than a layered oxide against lithium."""
    if limits is not None:
        low, high = limits
        if high > 100.0:
            raise InputError(
                where, f"voltages up to {high:g} V", "volts", "Are they in mV? Say --column 'voltage=HEADER [mV]'."
            )
        if high < _LOWEST_TOP or high > _HIGHEST_TOP or low < _LOWEST_END:
            given = f"{low:.2f} to {high:.2f} V under current looks like {_looks_like(low, high, mean)}"
            raise InputError(
                where, given, "a layered oxide against lithium, within 1.5 to 5 V and above 3.9 V", _ANYWAY
            )
    if mean is not None and mean < _LOWEST_MEAN:
        given = f"a mean discharge voltage of {mean:.2f} V looks like {_looks_like(None, None, mean)}"
        raise InputError(where, given, "a layered oxide against lithium, above 3.2 V", _ANYWAY)


def _looks_like(low: float | None, high: float | None, mean: float | None) -> str:
    if high is not None and high > _HIGHEST_TOP:
        return "a 5 V spinel, several cells in series, or another unit"
    if mean is not None and mean < 1.2 or high is not None and high < 2.2:
        return "a graphite or silicon half-cell"
    if mean is not None and mean < 1.8:
        return "a titanate half-cell"
    if mean is not None and mean < 2.8:
        return "sulphur, a titanate full cell or a sodium cell"
    if mean is not None and mean < 3.45:
        return "LFP or a sodium cell"
    if low is not None and low < _LOWEST_END:
        return "a cell that was discharged too far, or a conversion electrode"
    return "a full cell, or a cell that was not charged fully"
