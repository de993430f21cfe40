"""Results that a study is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ..units import Unit
from .sourced import Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a paper reports of a cell; compared with, never fitted."""

    __pydantic_config__ = {"extra": "forbid"}
    capacity: Annotated[Mapping[int, Sourced], Unit("C/kg", show="mAh/g")] = field(default_factory=dict)
    retention: Annotated[Mapping[int, Sourced], Unit("1", show="%")] = field(default_factory=dict)
