"""Steps of variable-step BDF for lithium on the sphere and salt through the cell, linear in the current.

Third order; coefficients at the extrapolated state. Both steps conserve to rounding: the new profile is the balance of
the fluxes that were solved for.
"""

from __future__ import annotations

from typing import NamedTuple

from ..compiled import inlined
from .ageing import lookup


class Past(NamedTuple):
    """Weights of the last three states in a BDF step, lead y = sum_k weight_k y_k + h f, and in the extrapolation."""

    lead: float
    weight: tuple[float, float, float]
    ahead: tuple[float, float, float]


@inlined
def past(h: float, one: float, two: float):
    """Weights of variable-step BDF for a step ``h`` after steps ``one`` and ``two`` (0: none, of lower order then).

    From the derivative, at the new time, of the polynomial through the new state and up to three old ones.
    """
    if one == 0.0:
        return Past(1.0, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    if two == 0.0:
        r = h / one
        total = 1.0 + r
        return Past((1.0 + 2.0 * r) / total, (total, -r * r / total, 0.0), (total, -r, 0.0))
    b = h + one
    c = b + two
    lead = 1.0 + h / b + h / c
    w0 = b * c / (one * (one + two))
    w1 = -h * h * c / (b * one * two)
    w2 = h * h * b / (c * two * (one + two))
    e0 = b * c / (one * (one + two))
    e1 = -h * c / (one * two)
    e2 = h * b / (two * (one + two))
    return Past(lead, (w0, w1, w2), (e0, e1, e2))


@inlined
def ahead(p, newest: float, older: float, oldest: float) -> float:
    """A quantity at the end of the step, from its last three values."""
    return p.ahead[0] * newest + p.ahead[1] * older + p.ahead[2] * oldest


@inlined
def solve_lithium(old, out, work, mesh, mobility, p, h: float, speed: float, keep: float) -> None:
    """One BDF step of lithium on the sphere into ``out``; ``keep`` 0 leaves the past out (response to the speed alone).

    ``old`` are the last three profiles, ``mobility`` is that of the faces between shells [1/s].
    """
    n = out.shape[0]
    below = 0.0
    for i in range(n):  # Thomas algorithm
        above = h * mesh.link[i] * mobility[i] if i < n - 1 else 0.0
        right = keep * mesh.volume[i] * (p.weight[0] * old[0, i] + p.weight[1] * old[1, i] + p.weight[2] * old[2, i])
        if i == n - 1:
            right += h * speed
        work[2, i] = right
        work[3, i] = above
        diagonal = p.lead * mesh.volume[i] + below + above
        if i > 0:
            diagonal -= below * work[0, i - 1]
            right += below * work[1, i - 1]
        work[0, i] = above / diagonal
        work[1, i] = right / diagonal
        below = above
    out[n - 1] = work[1, n - 1]
    for i in range(n - 2, -1, -1):
        out[i] = work[1, i] + work[0, i] * out[i + 1]
    entering = 0.0
    for i in range(n):  # the balance of the fluxes solved for: they cancel to rounding in the sum
        leaving = work[3, i] * (out[i] - out[i + 1]) if i < n - 1 else 0.0
        out[i] = (work[2, i] + entering - leaving) / (p.lead * mesh.volume[i])
        entering = leaving


@inlined
def solve_salt(old, out, work, mesh, diffusion, p, h: float, source: float, keep: float) -> None:
    """One BDF step of the salt; ``source`` [mol/(m2 s)] enters evenly in the cathode and leaves at the lithium metal.

    The new profile is the balance of the fluxes solved for, so that they cancel to rounding in the sum.
    """
    n = out.shape[0]
    each = source / (n - mesh.separator)
    below = 0.0
    for i in range(n):
        above = 0.0
        if i < n - 1:  # resistances of the two halves in series
            above = 2.0 * h / (mesh.width[i] / diffusion[i] + mesh.width[i + 1] / diffusion[i + 1])
        room = mesh.porosity[i] * mesh.width[i]
        right = keep * room * (p.weight[0] * old[0, i] + p.weight[1] * old[1, i] + p.weight[2] * old[2, i])
        right += h * ((each if i >= mesh.separator else 0.0) - (source if i == 0 else 0.0))
        work[2, i] = right
        work[3, i] = above
        diagonal = p.lead * room + below + above
        if i > 0:
            diagonal -= below * work[0, i - 1]
            right += below * work[1, i - 1]
        work[0, i] = above / diagonal
        work[1, i] = right / diagonal
        below = above
    out[n - 1] = work[1, n - 1]
    for i in range(n - 2, -1, -1):
        out[i] = work[1, i] + work[0, i] * out[i + 1]
    entering = 0.0
    for i in range(n):
        leaving = work[3, i] * (out[i] - out[i + 1]) if i < n - 1 else 0.0
        out[i] = (work[2, i] + entering - leaving) / (p.lead * mesh.porosity[i] * mesh.width[i])
        entering = leaving


@inlined
def between(table, x: float, y: float) -> float:
    """Mean of a table of lithium content from ``x`` to ``y`` (Simpson): the diffusivity that carries a flux between."""
    return (lookup(table, x) + 4.0 * lookup(table, 0.5 * (x + y)) + lookup(table, y)) / 6.0


@inlined
def surface_lithium(mesh, diffusivity, scale: float, outer: float, inner: float, inside: float, speed: float) -> float:
    """Lithium content at the surface from the outer two shells and the flux, third order in the shell's thickness.

    ``inside`` is the mobility between the two shells, ``scale`` times the diffusivity that of the rest. The flux is
    the integral of the mobility up to the surface, solved here by Newton: an extrapolated one feeds back on itself.
    """
    w = mesh.outer_weight
    flux = 0.5 * ((1.0 + w) * speed / 3.0 + (1.0 - w) * inside * (outer - inner) / mesh.outer_gap)
    x = outer
    for _ in range(30):
        miss = (x - outer) * between(diffusivity, outer, x) - mesh.depth * flux / scale
        step = miss / lookup(diffusivity, x)
        x -= step
        if abs(step) < 1e-13:
            break
    return x
