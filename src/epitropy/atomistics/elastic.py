"""Stiffness from stresses of small strains, ions relaxed at each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError, NumericsError
from ..records.atoms import Relaxed, Stiffness
from .atoms import calculator, check_cell
from .potentials import Loaded
from .relax import PASCAL, Settings, settle

STRAIN = 0.005
_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def stiffness(
    relaxed: Relaxed, loaded: Loaded, *, strain: float = STRAIN, settings: Settings | None = None
) -> Stiffness:
    """Elastic constants C_ij = d sigma_i / d eps_j [Pa] of a relaxed cell, by central differences of the stress.

    Strains +-e along each of xx, yy, zz, yz, xz, xy (a along x, b in the xy plane); ions relax at fixed cell. Shear
    columns are per engineering strain. The matrix is made symmetric; what that changed is told as ``asymmetry``.
    """
    if not relaxed.usable:
        raise InputError(relaxed.name, relaxed.reason, "a relaxed cell that kept its structure")
    if not 0 < strain < 0.05:
        raise InputError("strain", f"{strain:g}", "above 0 and below 0.05")
    fixed = replace(settings or Settings(), cell=False)
    atoms = check_cell(relaxed.structure, loaded)
    constants = np.zeros((6, 6))
    for column, (i, j) in enumerate(_VOIGT):
        ends = []
        for sign in (1, -1):
            bent = atoms.copy()
            change = np.zeros((3, 3))
            change[i, j] += sign * strain / 2
            change[j, i] += sign * strain / 2
            bent.set_cell(atoms.cell.array @ (np.eye(3) + change), scale_atoms=True)
            bent.calc = calculator(loaded)
            if not settle(bent, fixed)[1]:
                raise NumericsError(relaxed.name, f"not converged under {sign * strain:g} strain", "a stable crystal")
            stress = bent.get_stress(voigt=False)
            ends.append([stress[k, l] for k, l in _VOIGT])
        # a shear strain e splits into two halves, so that the engineering strain is e as well
        constants[:, column] = (np.array(ends[0]) - np.array(ends[1])) / (2 * strain) * PASCAL
    symmetric = (constants + constants.T) / 2
    return Stiffness(
        name=relaxed.name,
        potential=loaded.potential,
        constants=symmetric,
        asymmetry=float(np.abs(constants - symmetric).max()),
        **averages(symmetric),
    )


def averages(constants: np.ndarray) -> dict[str, float]:
    """Bulk, shear and Young's modulus [Pa] and Poisson's ratio of a polycrystal, Hill's mean of Voigt's and Reuss's.

    R. Hill, Proc. Phys. Soc. A 65 (1952) 349, 10.1088/0370-1298/65/5/307.

    >>> cubic = np.diag([0, 0, 0, 154e9, 154e9, 154e9]) + 96e9 * np.pad(np.ones((3, 3)), (0, 3))
    >>> cubic[:3, :3] += np.eye(3) * (297e9 - 96e9)  # MgO
    >>> {key: round(value / 1e9) for key, value in averages(cubic).items() if key != "poisson_ratio"}
    {'bulk': 163, 'shear': 130, 'young': 308}
    """
    c, s = constants, np.linalg.inv(constants)
    bulk_voigt = c[:3, :3].sum() / 9
    shear_voigt = (np.trace(c[:3, :3]) - (c[0, 1] + c[0, 2] + c[1, 2]) + 3 * np.trace(c[3:, 3:])) / 15
    bulk_reuss = 1 / s[:3, :3].sum()
    shear_reuss = 15 / (4 * np.trace(s[:3, :3]) - 4 * (s[0, 1] + s[0, 2] + s[1, 2]) + 3 * np.trace(s[3:, 3:]))
    bulk, shear = (bulk_voigt + bulk_reuss) / 2, (shear_voigt + shear_reuss) / 2
    young = 9 * bulk * shear / (3 * bulk + shear)
    ratio = young / (2 * shear) - 1
    return {"bulk": float(bulk), "shear": float(shear), "young": float(young), "poisson_ratio": float(ratio)}
