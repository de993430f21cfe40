"""The cycles of a protocol, one row each, in the order in which they are run."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from .parameters import Row
from .spec import Protocol

Kind = Literal["formation", "rate", "ageing", "reference"]


@lru_cache(maxsize=64)
def program(protocol: Protocol) -> tuple[np.ndarray, tuple[Kind, ...]]:
    """Rows (number of cycles, fields of `Row`) and the kind of each cycle.

    Formation first, at its own rate. Then ``rate_step_cycles`` cycles at each of ``rate_steps``: these are discharge
    rates, and all are charged at the lowest of them (or at the charge rate of ageing where that is lower), so that
    each discharge starts from the same charge. Then ``cycles`` ageing cycles, and after every ``reference_interval``
    of them one reference cycle: CC both ways, whatever the charge mode, and not counted among ``cycles``. A charge at
    or below ``hold_rate`` has no hold: it would end as it begins. All but formation cycles age the cell in full.

    >>> rows, kinds = program(Protocol(cycles=4, reference_interval=2, formation_cycles=1))
    >>> kinds
    ('formation', 'ageing', 'ageing', 'reference', 'ageing', 'ageing', 'reference')
    >>> rows[:, 0]
    array([0.1 , 1.  , 1.  , 0.05, 1.  , 1.  , 0.05])
    """
    hold = protocol.hold_rate.value if protocol.charge_mode == "CC-CV" else 0.0
    rest = protocol.rest.value

    def row(charge: float, discharge: float, *, hold: float = hold, ages: float = 1.0) -> Row:
        return Row(charge, discharge, hold if hold < charge else 0.0, rest, ages)

    slow, reference = protocol.formation_rate.value, protocol.reference_rate.value
    ageing = row(protocol.charge.value, protocol.discharge.value)
    charge = min((protocol.charge.value, *protocol.rate_steps))
    steps = [row(charge, step) for step in protocol.rate_steps for _ in range(protocol.rate_step_cycles)]
    found: list[tuple[Kind, Row]] = [("formation", row(slow, slow, ages=0.0))] * protocol.formation_cycles
    found += [("rate", step) for step in steps]
    for cycle in range(1, protocol.cycles + 1):
        found.append(("ageing", ageing))
        if protocol.reference_interval and cycle % protocol.reference_interval == 0:
            found.append(("reference", row(reference, reference, hold=0.0)))
    rows = np.array([r for _, r in found], dtype=float)
    rows.flags.writeable = False  # shared by all who ask
    return rows, tuple(kind for kind, _ in found)
