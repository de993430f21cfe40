"""A number that says where it came from, how sure it is, and how to draw from its spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from ..errors import InputError

Grade = Literal["measured", "calculated", "derived", "assumed"]
Distribution = Literal["fixed", "lognormal", "normal", "logitnormal", "uniform", "beta"]
GRADES: tuple[str, ...] = ("measured", "calculated", "derived", "assumed")

_PARAMETERS = {"fixed": 0, "lognormal": 1, "normal": 1, "logitnormal": 1, "uniform": 2, "beta": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A value in SI with unit, spread, grade and source.

    ``spread`` holds the parameters of ``distribution``: the standard deviation of ln(value) for ``lognormal``,
    of the value for ``normal``, of ln(p/(1-p)) for ``logitnormal``; the two ends for ``uniform``; the two shape
    parameters for ``beta`` (whose value is then its median). The grade belongs to this use of the number.

    >>> thickness = Sourced(value=7e-9, unit="m", distribution="lognormal", spread=(0.6,), source="mass balance")
    >>> thickness.at(0.5).value, round(thickness.at(0.9).value * 1e9, 2)
    (7e-09, 15.1)
    """

    value: float
    unit: str = "1"
    distribution: Distribution = "fixed"
    spread: tuple[float, ...] = ()
    grade: Grade = "assumed"
    source: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise InputError("value", f"{self.value}", "a finite number")
        if self.grade not in GRADES:
            raise InputError("grade", f"'{self.grade}'", ", ".join(GRADES))
        if self.distribution not in _PARAMETERS:
            raise InputError("distribution", f"'{self.distribution}'", ", ".join(_PARAMETERS))
        if len(self.spread) != _PARAMETERS[self.distribution]:
            raise InputError(
                "spread", f"{len(self.spread)} numbers for {self.distribution}", f"{_PARAMETERS[self.distribution]}"
            )
        if self.distribution == "lognormal" and self.value <= 0:
            raise InputError("value", f"{self.value} with a lognormal spread", "a positive number")
        if self.distribution == "logitnormal" and not 0 < self.value < 1:
            raise InputError("value", f"{self.value} with a logit-normal spread", "a number between 0 and 1")
        if self.distribution == "uniform" and not self.spread[0] < self.spread[1]:
            raise InputError("spread", f"{self.spread}", "two rising ends")
        if self.distribution != "uniform" and any(s <= 0 for s in self.spread):
            raise InputError("spread", f"{self.spread}", "positive numbers")

    @property
    def uncertain(self) -> bool:
        return self.distribution != "fixed"

    def at(self, quantile: float) -> Sourced:
        """The same quantity held at a quantile of its spread (0.5: the median), its spread kept beside it."""
        if self.distribution == "fixed" or quantile == 0.5 and self.distribution not in ("uniform", "beta"):
            return self
        return replace(self, value=self._quantile(quantile))

    def _quantile(self, quantile: float) -> float:
        if self.distribution == "uniform":
            low, high = self.spread
            return low + (high - low) * quantile
        if self.distribution == "beta":
            from scipy.special import betaincinv

            return float(betaincinv(*self.spread, quantile))
        z = NormalDist().inv_cdf(quantile) * self.spread[0]
        if self.distribution == "normal":
            return self.value + z
        if self.distribution == "lognormal":
            return self.value * math.exp(z)
        return 1 / (1 + math.exp(-z) * (1 - self.value) / self.value)

    def set_to(self, value: float, source: str) -> Sourced:
        """The number set by hand: another value without spread, assumed.

        >>> Sourced(value=1.0, spread=(0.1,), distribution="lognormal").set_to(2.0, "--vary").uncertain
        False
        """
        return replace(self, value=value, distribution="fixed", spread=(), grade="assumed", source=source)
