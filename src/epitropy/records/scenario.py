"""A declared hypothesis about what ages the cell and where the layer helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..errors import InputError
from ..units import Unit

Carrier = Literal["series", "inactive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A hypothesis as it is declared; each carrier of the cycle-1 gap makes a `Scenario` of it.

    ``reach`` is where the layer lies, ``barrier`` its hold on oxygen over that of the rock-salt skin times what the
    study computes, ``crack_share`` the cracks where it reaches over those of the bare cell, ``fade_carrier`` what the
    fade-rate scale multiplies. ``needs`` and ``refuted_by`` say what must be true and which result would end it.
    """

    __pydantic_config__ = {"extra": "forbid"}
    title: str
    needs: str
    refuted_by: str
    reach: Literal["outer", "boundaries"] = "outer"
    barrier: Annotated[float, Unit("1")] = 1.0
    crack_share: Annotated[float, Unit("1")] = 1.0
    fade_carrier: Literal["skin", "crosstalk", "pinned"] = "skin"
    gap_carriers: tuple[Carrier, ...] = ("series", "inactive")

    def __post_init__(self) -> None:
        for name in ("title", "needs", "refuted_by"):
            if not getattr(self, name).strip():
                raise InputError(name, "empty", "words; a hypothesis says what it needs and what would refute it")
        if not 0 <= self.barrier <= 1e6:
            raise InputError("barrier", f"{self.barrier:g}", "0 (holds no oxygen) to 1e6; 1 is the layer as computed")
        if not 0 <= self.crack_share <= 1:
            raise InputError("crack_share", f"{self.crack_share:g}", "0 (no cracks where the layer reaches) to 1")
        if not self.gap_carriers or len(set(self.gap_carriers)) < len(self.gap_carriers):
            raise InputError("gap_carriers", f"{list(self.gap_carriers)}", "series, inactive, or both, each once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One mechanism with one carrier of the cycle-1 gap; each predicts, none is fitted to a coated cell.

    ``fade_carrier`` is what the fade-rate scale multiplies; ``gap_carrier`` what sets bare and coated apart at cycle 1.
    """

    name: str
    title: str
    reach: Literal["outer", "boundaries"] = "outer"
    barrier: Annotated[float, Unit("1")] = 1.0
    crack_share: Annotated[float, Unit("1")] = 1.0  # cracks where the layer reaches, over those of the bare cell
    fade_carrier: Literal["skin", "crosstalk", "pinned"] = "skin"
    gap_carrier: Carrier = "series"
    needs: str = ""
    refuted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What the bare cell fixed in one draw: two free scalars, and the rates that follow from the priors."""

    kinetic: Annotated[float, Unit("1")] = 1.0
    fade: Annotated[float, Unit("1")] = 1.0
    reference_area: Annotated[float, Unit("m2/kg")]
    reference_exposure: Annotated[float, Unit("s")]  # of the bare cell's first ageing cycle
    exposure_200: Annotated[float, Unit("s")]  # of formation and 200 such cycles, to which the priors of growth refer
    skin_rate: Annotated[float, Unit("m/s")]
    skin_diffusivity: Annotated[float, Unit("m2/s")]
    crack_rate: Annotated[float, Unit("1")]
