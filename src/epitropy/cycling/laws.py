"""Ageing and kinetic laws of the half-cell: floats in and out, compiled so that the kernel calls the same lines.

Symbols: delta skin thickness [m], F exposure [s], k growth rate [m/s], D_s and D_L transport coefficients of skin and
layer [m2/s], h layer thickness [m], A areas per host mass [m2/kg], x lithium content.
"""

from __future__ import annotations

import math

from ..compiled import compiled, inlined


@inlined
def exposure_rate(surface_lithium: float, threshold: float, width: float) -> float:
    """Drive for reconstruction between 0 and 1: f = 1/(1 + exp((x_s - x_t)/w)), one half at the threshold.

    >>> exposure_rate(0.2, 0.2, 0.1)
    0.5
    """
    return 1.0 / (1.0 + math.exp((surface_lithium - threshold) / width))


@compiled
def skin_thickness(
    exposure: float, rate: float, diffusivity: float, fresh: float = 0.0, film_path: float = 0.0
) -> float:
    """Exact solution of d(delta)/dF = k / (1 + k delta/D_s + k h/D_L) from delta = ``fresh`` at F = 0.

    delta = fresh + (D_s/k) [sqrt(b^2 + 2 k^2 F/D_s) - b],  b = 1 + k fresh/D_s + k h/D_L.
    ``film_path`` is h D_s/D_L in metres: the skin that would hold oxygen back as well as the layer does.

    >>> round(skin_thickness(1e4, 1e-13, 1e-12) * 1e9, 3)  # thin: k F
    1.0
    """
    resistance = rate / diffusivity
    b = 1.0 + resistance * (fresh + film_path)
    # the difference of the root and b, written without cancellation
    gained = 2.0 * rate * exposure / (math.sqrt(b * b + 2.0 * rate * resistance * exposure) + b)
    return fresh + gained


@compiled
def skin_kinetics(thickness: float, exposure: float, transport_share: float) -> tuple[float, float]:
    """Rate k and transport coefficient D_s that grow ``thickness`` on a bare fresh face in ``exposure``.

    The growth time F = delta/k + delta^2/(2 D_s) is split: ``transport_share`` t of it is the second term, so
    k = delta/((1 - t) F) and D_s = delta^2/(2 t F). One thickness fixes their combination only; t is the unknown.

    >>> k, d = skin_kinetics(15e-9, 6e4, 0.5); round(skin_thickness(6e4, k, d) * 1e9, 6)
    15.0
    """
    rate = thickness / ((1.0 - transport_share) * exposure)
    return rate, thickness * thickness / (2.0 * transport_share * exposure)


@compiled
def overload(ratio: float) -> float:
    """Smooth share of failed places at energy release over toughness r: s = r^4/(1 + r^4), half at r = 1."""
    fourth = ratio * ratio * ratio * ratio
    return fourth / (1.0 + fourth)


@compiled
def crack_drive(lithium_min: float, release_ratio: float, deep_share: float) -> float:
    """Drive for new crack area: phi b(x_min) + (1 - phi) s(G/Gamma), with b = 1/(1 + exp((x_min - 0.25)/0.05)).

    A phenomenological law, graded assumed.
    """
    deep = 1.0 / (1.0 + math.exp((lithium_min - 0.25) / 0.05))
    return deep_share * deep + (1.0 - deep_share) * overload(release_ratio)


@compiled
def interphase_resistance(exposure: float, growth: float) -> float:
    """R = g sqrt(F) in ohm m2 of face: an interphase through which its own reactants must pass; F in s.

    >>> interphase_resistance(400.0, 0.01)
    0.2
    """
    return growth * math.sqrt(max(exposure, 0.0))


@inlined
def butler_volmer_overpotential(current: float, exchange: float, thermal_voltage: float) -> float:
    """eta = 2 (RT/F) asinh(i / (2 i0)), symmetric Butler-Volmer; i and i0 in A/m2, eta in V."""
    return 2.0 * thermal_voltage * math.asinh(current / (2.0 * exchange))


@compiled
def electron_resistance(coverage: float, blocked: float, contact: float) -> float:
    """Resistance that a layer adds where carbon touches the particles, R_c {1/[1 - theta + theta/(1 + q)] - 1}.

    ``contact`` R_c [ohm m2 of electrode] is that of the bare contacts, ``blocked`` q the layer's resistance over the
    bare contact's; bare and covered contacts (share theta) carry electrons side by side. Exactly zero for theta = 0.

    >>> electron_resistance(0.0, 5.0, 1e-4), round(electron_resistance(0.8, 1e9, 1e-4) * 1e4, 6)
    (0.0, 4.0)
    """
    return contact * (1.0 / (1.0 - coverage + coverage / (1.0 + blocked)) - 1.0)


def exchange_current(lithium, prefactor, exponents):
    """i0 = k x^p (1 - x)^q in A/m2 at the nominal salt concentration, ``exponents`` (p, q).

    >>> round(exchange_current(0.5, 5.028, (0.43, 0.57)), 2)
    2.51
    """
    return prefactor * lithium ** exponents[0] * (1 - lithium) ** exponents[1]
