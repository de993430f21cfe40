"""Site energies against direct sums, an independent program, and the symmetry of the crystal."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erfc

from epitropy.chemistry import formal_charges
from epitropy.crystals.neighbours import supercell
from epitropy.entropy.neutrality import balance
from epitropy.errors import InputError
from epitropy.transport.landscape import grid_shape, landscape
from epitropy.transport.pathways import EV

_spec = importlib.util.spec_from_file_location("structures", Path(__file__).with_name("structures.py"))
crystals = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(crystals)

# lowest site [eV] by bvlain 0.25.1 (MIT), softBV radii, 0.12 angstrom, 300 neighbours within 8 angstrom
BVLAIN = {"layered": -2.2879, "olivine": -1.9616, "anatase": -0.9453, "rutile": -0.1010, "rock_salt": 1.6532}


@pytest.mark.parametrize("name", BVLAIN)
def test_lowest_sites_agree_with_bvlain(name):
    lowest = landscape(getattr(crystals, name)()).energy.min() / EV
    assert lowest == pytest.approx(BVLAIN[name], abs=0.03)  # the grids differ


@pytest.mark.parametrize("name", ["layered", "olivine"])
def test_points_agree_with_a_plain_sum_over_images(name):
    """The sum written out in angstrom and eV, image by image."""
    structure = getattr(crystals, name)()
    energies = landscape(structure, spacing=0.4e-10)
    rng = np.random.default_rng(0)
    for _ in range(6):
        place = tuple(int(rng.integers(n)) for n in energies.energy.shape)
        fractional = np.array(place) / energies.energy.shape
        expected = plain_sum(structure, fractional)
        assert energies.energy[place] / EV == pytest.approx(expected, abs=2e-3, rel=2e-4)


def plain_sum(structure, fractional):
    charge = {"Ni": 3, "Fe": 2, "P": 5}
    radius = {"Ni": 1.21, "Fe": 1.26, "P": 1.10}
    shell = {"Ni": 4, "Fe": 4, "P": 3}
    shifts = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3), -1).reshape(-1, 3)
    total = 0.0
    for label, position in zip(structure.labels, structure.positions):
        r = np.linalg.norm((position - fractional + shifts) @ structure.cell.matrix, axis=1) * 1e10
        r = r[r < 8]
        if label == "O":
            total += (0.98816 / 2 * ((np.exp((1.940013 - r) / 0.516) - 1) ** 2 - 1)).sum()
        elif label in charge:
            q = charge[label] / np.sqrt(2 * shell[label])
            total += (14.39964 * q / r * erfc(r / 0.74 / (1.31 + radius[label]))).sum()
    return total


def test_the_map_has_the_symmetry_of_the_crystal():
    """Fourfold axis, mirror and the face centring of rock salt; the grid falls on itself."""
    energy = landscape(crystals.rock_salt()).energy
    n = energy.shape[0]
    scale = np.ptp(energy)
    assert np.allclose(energy, energy.transpose(1, 0, 2), atol=1e-9 * scale, rtol=0)
    assert np.allclose(energy, np.roll(energy, (n // 2, n // 2), (0, 1)), atol=1e-9 * scale, rtol=0)


def test_own_lithium_is_not_felt():
    """Its charge is: taken out of the compound, nickel would be 4+."""
    full = crystals.layered()
    kept = [k for k, label in enumerate(full.labels) if label != "Li"]
    bare = replace(full, labels=tuple(full.labels[k] for k in kept), positions=full.positions[kept])
    here = landscape(full, spacing=0.3e-10).energy
    assert np.array_equal(landscape(bare, spacing=0.3e-10, charges={"Ni": 3, "O": -2}).energy, here)
    assert landscape(bare, spacing=0.3e-10).energy.min() > here.min()


def test_a_site_that_elements_share_adds_by_shares():
    pure = crystals.rock_salt()
    mixed = replace(pure, occupancy={**pure.occupancy, "Ni": {"Ni": 0.25, "Mg": 0.75}})
    other = replace(pure, occupancy={**pure.occupancy, "Ni": {"Mg": 1.0}})
    nickel, magnesium, both = (landscape(s, spacing=0.3e-10).energy for s in (pure, other, mixed))
    assert np.allclose(both, 0.25 * nickel + 0.75 * magnesium, rtol=1e-9, atol=0)
    vacant = replace(pure, occupancy={**pure.occupancy, "Ni": {"Ni": 0.5, "Va": 0.5}})
    assert np.isfinite(landscape(vacant, spacing=0.3e-10).energy).all()


def test_a_supercell_repeats_the_map():
    once = landscape(crystals.rutile(), spacing=0.2e-10).energy
    twice = landscape(supercell(crystals.rutile(), (1, 2, 1)), spacing=0.2e-10).energy
    assert np.allclose(twice, np.tile(once, (1, 2, 1)), rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    "formula", ["Li Ni O O", "Nb12 W O33", "Li Fe P O4", "Ti Nb2 O7", "Li1.3 Nb0.3 Mn0.4 O2", "Co3 O4", "Li2 Mn O3"]
)
def test_charges_agree_with_the_entropy_room(formula):
    """Both read the same ladder; they are two short functions and must not drift apart."""
    import re

    amounts: dict[str, float] = {}
    for element, number in re.findall(r"([A-Z][a-z]?)([\d.]*)", formula):
        amounts[element] = amounts.get(element, 0.0) + float(number or 1)
    other = balance(list(amounts), [list(amounts.values())]).states[0]
    assert formal_charges(amounts) == pytest.approx(dict(zip(amounts, other)), abs=1e-9)


def test_bad_input_is_one_line():
    metal = crystals.crystal("Ni", "Fm-3m", (3.52, 3.52, 3.52, 90, 90, 90), ["Ni"], [[0, 0, 0]])
    with pytest.raises(InputError, match="no anion"):
        landscape(metal)
    with pytest.raises(InputError, match="ion"):
        landscape(crystals.rutile(), ion="Cs")
    with pytest.raises(InputError, match="0.02 to 0.5 angstrom"):
        landscape(crystals.rutile(), spacing=1e-9)
    with pytest.raises(InputError, match="A spacing of 0.0.. angstrom fits"):
        grid_shape(supercell(crystals.olivine(), (3, 3, 3)), 0.03e-10)
