"""What a coherent film costs and how thick it may grow: the elastic fields of a match."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..records.phase import Phase
from . import laws
from .dislocations import first_dislocation
from .lattices import SIXTH
from .nets import Nets
from .orientation import principal_angle

FEW_BURGERS_VECTORS = 4  # below this height the elastic line energy of a dislocation has no meaning
UNSTRAINED_SPACING = 1e-3  # m; longer than any film is thick or any facet wide


def elastic_energy(film: Phase, strain: np.ndarray) -> np.ndarray | None:
    """Energy per area and thickness [J/m3], (n,), of principal strains (n, 2); None without E and nu."""
    if film.young_modulus is None or film.poisson_ratio is None:
        return None
    return laws.plane_stress_energy(strain, film.young_modulus.value, film.poisson_ratio.value)


def elastic_rows(
    film: Phase, nets: Nets, labels: list[str], cells: np.ndarray, gradient: np.ndarray, strain: np.ndarray
) -> list[dict]:
    """The fields of `LatticeMatch` that need elastic constants, one row a match; None where unknown.

    nets: the film's net of each match; labels: of its plane; cells: film cells on the net, direction first, shape
    (n, 2, 2); gradient: F in the frame of the direction, shape (n, 2, 2); strain: its principal strains, shape (n, 2).
    """
    if film.poisson_ratio is None:
        return [_UNKNOWN] * len(cells)
    nu, energy = film.poisson_ratio.value, elastic_energy(film, strain)
    direction = (cells[:, :1] @ nets.basis)[:, 0]
    angle = np.arctan2(direction[:, 1], direction[:, 0]) + principal_angle(gradient)
    lines = first_dislocation(nets.basis, angle, strain, nu)
    normal, equivalent = laws.normal_strain(strain, nu), laws.von_mises_strain(strain, nu)
    burgers = (lines.burgers[:, None] @ nets.sixths)[:, 0].tolist()
    return [
        {
            "normal_strain": float(normal[i]),
            "von_mises_strain": float(equivalent[i]),
            "energy_per_thickness": None if energy is None else float(energy[i]),
            "slip_system": _slip_system(labels[i], burgers[i]),
            "burgers_length": float(lines.length[i]),
            "dislocation_spacing": float(lines.spacing[i]) if lines.spacing[i] < UNSTRAINED_SPACING else None,
            **_thickness(float(lines.ratio[i]), float(lines.length[i])),
        }
        for i in range(len(cells))
    ]


_UNKNOWN: dict = {
    "normal_strain": None,
    "von_mises_strain": None,
    "energy_per_thickness": None,
    "slip_system": "",
    "burgers_length": None,
    "dislocation_spacing": None,
    "critical_thickness": None,
    "critical_thickness_below": None,
    "critical_thickness_note": "the film's Poisson ratio is not known",
}


def _slip_system(label: str, burgers: list[int]) -> str:
    vector = " ".join(str(Fraction(u, SIXTH)) for u in burgers)
    return f"b = [{vector}] in {label}, the interface"


def _thickness(ratio: float, length: float) -> dict:
    """Critical thickness, or why there is none: a line energy means nothing within a few Burgers vectors."""
    if ratio * length > UNSTRAINED_SPACING:
        return _no_thickness(None, "unstrained: nothing drives dislocations in")
    if not ratio >= FEW_BURGERS_VECTORS:
        return _no_thickness(
            FEW_BURGERS_VECTORS * length,
            f"below {FEW_BURGERS_VECTORS} Burgers vectors, where the model has no meaning",
        )
    return {
        "critical_thickness": ratio * length,
        "critical_thickness_below": None,
        "critical_thickness_note": "",
    }


def _no_thickness(below: float | None, note: str) -> dict:
    return {"critical_thickness": None, "critical_thickness_below": below, "critical_thickness_note": note}
