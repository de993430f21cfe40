"""What is refused: cells that the study lacks or cycles otherwise, and more free parameters than the data carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constants import FARADAY
from ..errors import InputError
from ..pipeline import powder
from ..records.measured import CellData
from ..study import Study
from ..units import convert
from .extrapolate import check_reach
from .noise import independent
from .optimum import Optimum
from .parameters import Free

WINDOW, CURRENT = 0.15, 0.2  # V, and share, by which a file may differ from the study's protocol


def check_data(study: Study, data: Sequence[CellData], to: int) -> None:
    """Cells exist, capacities are possible for their host, and what is asked can be told from them."""
    if not data:
        raise InputError("DATA", "no file", "at least one file with capacities")
    for one in data:
        if one.cell not in study.cells:
            raise InputError(
                one.source or one.name,
                f"cell '{one.cell}'",
                f"a cell of {study.name}: {', '.join(study.cells)}",
                "Name it with --cell or in a column 'cell'.",
            )
        if "capacity" in one.readings:
            _possible(study, one)
        _as_in_the_study(study, one)
    if not any("capacity" in d.readings for d in data):
        raise InputError("DATA", "no capacities", "capacities of at least one cell; other readings come beside them")
    for one in data if to else ():
        if "capacity" in one.readings:
            readings = one.readings["capacity"]
            check_reach(one.name, to, readings.cycle[~np.isfinite(readings.rate)])


def _possible(study: Study, data: CellData) -> None:
    most = FARADAY / powder(study.at({}).cells[data.cell]).molar_mass
    worst = float(data.readings["capacity"].value.max())
    if worst > most:
        raise InputError(
            data.source or data.name,
            f"{convert(worst, 'C/kg', 'mAh/g'):.0f} mAh/g",
            f"at most {convert(most, 'C/kg', 'mAh/g'):.0f} mAh/g, all lithium of the host of '{data.cell}'",
            "Check mass, unit, and whether the file is of this cell.",
        )


def _as_in_the_study(study: Study, data: CellData) -> None:
    """Window and current of a file that tells them are those of the study's protocol."""
    protocol, where = study.cells[data.cell].protocol, data.source or data.name
    if data.voltage_range is not None:
        for found, key in zip(data.voltage_range, ("lower_voltage", "upper_voltage")):
            stated = getattr(protocol, key).value
            if abs(found - stated) > WINDOW:
                raise InputError(
                    where,
                    f"cycled to {found:.2f} V, where the study has protocol.{key} {stated:g} V",
                    f"the study's window within {WINDOW:g} V",
                    f"State protocol.{key} in the study, or check whether the file is of this cell.",
                )
    if data.discharge_current is not None and "capacity" in data.readings:
        ageing = ~np.isfinite(data.readings["capacity"].rate)
        stated = protocol.discharge.value * protocol.one_c.value
        found = float(np.median(data.discharge_current[ageing])) if ageing.any() else stated
        if abs(found / stated - 1) > CURRENT:
            raise InputError(
                where,
                f"discharged at {found:.0f} mA/g, where the study ages at {stated:.0f} mA/g",
                f"the study's current within {100 * CURRENT:.0f} %",
                "State protocol.one_c and protocol.rate in the study, or check the mass.",
            )


def check_count(free: Sequence[Free], data: Sequence[CellData]) -> None:
    """Never more free parameters than readings."""
    readings = sum(d.count for d in data)
    if len(free) > readings:
        names = ", ".join(f.name for f in free)
        raise InputError(
            "--free",
            f"{readings} reading{'s' if readings > 1 else ''} for {len(free)} free parameters ({names})",
            f"at most {readings}",
            "Free fewer, or give more data.",
        )


def check_worth(free: Sequence[Free], data: Sequence[CellData], best: Optimum) -> float:
    """Independent readings; refused where they are fewer than the free parameters."""
    worth = independent(data, best.noise.persistence)
    if len(free) > worth:
        raise InputError(
            "--free",
            f"{len(free)} free parameters; the {sum(d.count for d in data)} readings, whose misfit persists by "
            f"{best.noise.persistence:.2f} from one cycle to the next, are worth {worth:.1f} independent ones",
            f"at most {int(worth)}",
            f"Free fewer, e.g. {' '.join(f'--free {p.name}' for p in free[: max(1, int(worth))])}.",
        )
    return worth
