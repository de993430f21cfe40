"""Cells -> files: epitropy's own CSV, and Battery Data Format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..records.measured import QUANTITIES, CellData
from ..units import convert
from .records import Series

OWN = {  # quantity -> column
    "capacity": ("capacity_mAh_g", "mAh/g"),
    "resistance": ("resistance_ohm_cm2", "ohm cm2"),
    "skin_outer": ("skin_outer_nm", "nm"),
    "skin_cracks": ("skin_cracks_nm", "nm"),
    "wetted_area": ("wetted_area_m2_g", "m2/g"),
}
BDF_CYCLES = ("Cycle Count / 1", "Cycle Discharging Capacity / Ah")
DIGITS = 10  # significant


def own_csv(cells: Sequence[CellData]) -> str:
    """Cells as epitropy's own CSV, one row for each cycle and rate.

    >>> from epitropy.records.measured import Readings
    >>> one = Readings(cycle=np.array([1]), value=np.array([702000.0]), rate=np.array([np.nan]))
    >>> print(own_csv([CellData(name="a", cell="bare", readings={"capacity": one})]), end="")
    cycle,cell,capacity_mAh_g
    1,bare,195
    """
    quantities = [q for q in QUANTITIES if any(q in c.readings for c in cells)]
    factors = {q: convert(1.0, QUANTITIES[q].unit.si, OWN[q][1]) for q in quantities}
    rated = any(np.isfinite(r.rate).any() for c in cells for r in c.readings.values())
    named = any(c.cell for c in cells)
    head = ["cycle", *(["rate"] if rated else []), *(["cell"] if named else [])]
    head += ["replicate"] if len(cells) > 1 else []
    lines = [",".join([*head, *(OWN[q][0] for q in quantities)])]
    for cell in cells:
        rows: dict[tuple[int, float], dict[str, str]] = {}
        for quantity, r in cell.readings.items():
            for cycle, value, rate in zip(r.cycle.tolist(), r.value.tolist(), r.rate.tolist()):
                key = (cycle, rate if rate == rate else np.inf)  # the rate of ageing, nan, comes last
                rows.setdefault(key, {})[quantity] = f"{value * factors[quantity]:.{DIGITS}g}"
        for (cycle, rate), values in sorted(rows.items()):
            row = [str(cycle), *([f"{rate:.{DIGITS}g}" if rate != np.inf else ""] if rated else [])]
            row += [_cell(cell.cell)] if named else []
            row += [_cell(cell.name)] if len(cells) > 1 else []
            lines.append(",".join([*row, *(values.get(q, "") for q in quantities)]))
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def bdf_cycles(cell: CellData, mass: float | None) -> str:
    """Discharge capacities of one cell as a BDF table of cycles, in Ah."""
    if "capacity" not in cell.readings:
        raise InputError(
            f"{cell.name}", "no discharge capacities", "a cell with capacities", "BDF has no place for the rest."
        )
    if mass is None:
        raise InputError("--to bdf", "capacity in mAh/g and no mass", "a mass", "BDF is in Ah: --mass '12 mg'.")
    r = cell.readings["capacity"]
    if np.isfinite(r.rate).any():
        raise InputError(
            f"{cell.name}", "several rates in one cycle", "one discharge a cycle", "Write epitropy's own CSV instead."
        )
    rows = (f"{c},{q * mass / 3600.0:.{DIGITS + 2}g}" for c, q in zip(r.cycle.tolist(), r.value.tolist()))
    return "\n".join([",".join(BDF_CYCLES), *rows]) + "\n"


def write_bdf_series(found: Series, path: str | Path, mass: float | None, specific: bool) -> None:
    """A time series as BDF: the whole test, cycles numbered as in the file; its counters, if any, never reset."""
    import pandas

    missing = [
        n for n, v in (("time", found.time), ("voltage", found.voltage), ("current", found.current)) if v is None
    ]
    if missing:
        allowed = "time, voltage and current with a known sign"
        raise InputError("--to bdf", f"no {' and no '.join(missing)}", allowed, "BDF requires them.")
    if specific and mass is None:
        raise InputError("--to bdf", "capacity in mAh/g and no mass", "a mass", "BDF is in Ah: --mass '12 mg'.")
    per_ah = (mass if specific else 1.0) / 3600.0
    table = {"Test Time / s": found.time, "Voltage / V": found.voltage, "Current / A": found.current}
    table["Cycle Count / 1"] = found.cycle
    if found.step_count is not None:
        table["Step Count / 1"] = found.step_count
    for name, gained in (("Charging", found.charged), ("Discharging", found.discharged)):
        if gained is not None and found.counted:
            table[f"{name} Capacity / Ah"] = np.cumsum(gained) * per_ah
    pandas.DataFrame(table).to_csv(path, index=False, float_format=f"%.{DIGITS + 2}g")
