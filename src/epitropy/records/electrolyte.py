"""An electrolyte's transport over its salt concentration, at one temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..units import Unit

SALT_LIMIT = 4000.0  # mol/m3, end of the curves


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectrolyteCurves:
    """Salt diffusivity and ionic conductivity on one uniform grid over 0 to ``SALT_LIMIT``; positive everywhere.

    ``salt_concentration`` is that of the fresh electrolyte, ``transference`` the share of current that lithium carries
    and ``thermodynamic_factor`` 1 + dln f/dln c there.
    """

    salt_concentration: Annotated[float, Unit("mol/m3", show="mol/L")]
    transference: Annotated[float, Unit("1")]
    thermodynamic_factor: Annotated[float, Unit("1")]
    concentration: Annotated[np.ndarray, Unit("mol/m3", show="mol/L")]
    diffusivity: Annotated[np.ndarray, Unit("m2/s")]
    conductivity: Annotated[np.ndarray, Unit("S/m")]
    sources: tuple[str, ...]
