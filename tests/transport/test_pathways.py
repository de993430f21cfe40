"""Dimensions and facets of crystals whose lithium paths are known, and invariance of the barriers."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from epitropy.crystals.neighbours import supercell
from epitropy.crystals.wadsley_roth import model
from epitropy.errors import InputError
from epitropy.jsonio import to_json
from epitropy.records.pathways import Landscape
from epitropy.transport.pathways import EV, pathways, pathways_of

_spec = importlib.util.spec_from_file_location("structures", Path(__file__).with_name("structures.py"))
crystals = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(crystals)

GRID = 0.06  # eV: what half a step off the saddle costs at 0.12 angstrom
HOST_FACETS = [(0, 0, 3), (1, 0, 4), (1, 0, 1), (0, 1, 2), (1, 1, 0)]

# E1, E2, E3 [eV] by bvlain 0.25.1 (MIT), softBV radii, 0.12 angstrom, 300 neighbours within 8 angstrom, same cells
BVLAIN = {
    "layered": (1.2207, 1.2207, math.inf),
    "olivine": (0.4102, 3.6133, 3.6230),
    "rutile": (0.2637, 2.6270, 2.6855),
    "anatase": (0.4883, 0.4883, 0.4883),
    "rock_salt": (2.6367, 2.6367, 2.6367),
}


@pytest.mark.parametrize("name", BVLAIN)
def test_barriers_agree_with_bvlain(name):
    found = pathways(getattr(crystals, name)())
    assert np.array(found.barriers) / EV == pytest.approx(np.array(BVLAIN[name]), abs=0.05)


def test_layered_hosts_open_every_facet_but_003():
    found = pathways(crystals.layered(), facets=HOST_FACETS)
    assert found.ways[0].dimensions == 2 and found.ways[0].plane == (0, 0, 1)
    assert [f.open for f in found.facets.values()] == [False, True, True, True, True]
    assert found.facets["003"].through > 4 * found.facets["104"].through
    assert found.facets["003"].along == pytest.approx(found.easiest, rel=1e-9, abs=0)


def test_inclination_of_layered_facets_is_the_angle_to_the_layers():
    """sin2 of the angle between the facet's normal and c."""
    found = pathways(crystals.layered(), facets=HOST_FACETS, spacing=0.2e-10)
    reciprocal = np.linalg.inv(crystals.layered().cell.matrix).T
    for plane in HOST_FACETS[1:]:
        normal = np.array(plane) @ reciprocal
        expected = 1 - (normal[2] / np.linalg.norm(normal)) ** 2
        assert found.facets["".join(map(str, plane))].inclination == pytest.approx(expected, rel=1e-6)
    assert found.facets["003"].inclination == 0.0


def test_olivine_runs_along_b_alone():
    found = pathways(crystals.olivine())
    assert found.ways[0].directions == ((0, 1, 0),)
    assert {label for label, f in found.facets.items() if f.open} == {"010", "110", "011", "111"}
    assert found.facets["010"].inclination == pytest.approx(1, rel=1e-9)


def test_spinel_runs_everywhere_alike():
    found = pathways(crystals.spinel())
    assert [w.dimensions for w in found.ways] == [3]
    assert close([f.through for f in found.facets.values()], [found.easiest] * len(found.facets))
    assert all(f.inclination == pytest.approx(1, rel=1e-9) for f in found.facets.values())


def test_rock_salt_without_lithium_passes_none():
    found = pathways(crystals.rock_salt())
    assert not any(f.open for f in found.facets.values())
    assert all(f.inclination == 0 for f in found.facets.values())


@pytest.mark.parametrize("name", ["Nb12WO33", "TiNb2O7"])
def test_blocks_let_lithium_along_their_channels_and_not_across(name):
    found = pathways(model(name).structure, facets=[(0, 1, 0), (1, 0, 0), (0, 0, 1), (2, 0, 5)])
    assert found.ways[0].directions == ((0, 1, 0),) and found.easiest < 0.3 * EV
    assert [f.open for f in found.facets.values()] == [True, False, False, False]
    assert min(f.through for label, f in found.facets.items() if label != "010") > 10 * found.easiest


@pytest.mark.parametrize("name", ["layered", "olivine", "rutile"])
def test_where_the_origin_lies_does_not_matter(name):
    structure = getattr(crystals, name)()
    moved = crystals.shifted(structure, [0.0371, 0.0113, 0.0207])
    assert close(pathways(moved).barriers, pathways(structure).barriers)


def test_a_supercell_has_the_barriers_of_its_cell():
    """And the facets of its own larger cell."""
    once, twice = pathways(crystals.rutile()), pathways(supercell(crystals.rutile(), (1, 1, 2)))
    assert close(once.barriers, twice.barriers)
    assert twice.facets["101"].open and not twice.facets["100"].open


@pytest.mark.parametrize("rows", [[[1, 0, 1], [0, 1, 0], [0, 0, 1]], [[1, 1, 0], [0, 1, 1], [0, 0, 1]]])
def test_another_unit_cell_has_the_same_barriers(rows):
    """Directions follow: u' M = u."""
    structure = crystals.rutile()
    other = pathways(crystals.in_cell(structure, rows))
    assert close(other.barriers, pathways(structure).barriers)
    assert np.abs(np.array(other.ways[0].directions[0]) @ rows).tolist() == [0, 0, 1]


def close(first, second):
    return np.array(first) == pytest.approx(np.array(second), abs=GRID * EV)


def test_barriers_converge_with_the_grid():
    """A saddle missed by h/2 costs of the order h2: the error falls with it."""
    fine = np.array(pathways(crystals.olivine(), spacing=0.07e-10).barriers[:1])
    errors = [abs(pathways(crystals.olivine(), spacing=h * 1e-10).barriers[0] - fine[0]) for h in (0.5, 0.12)]
    assert errors[1] < 0.02 * EV and errors[1] < errors[0]


def test_barriers_rise_with_the_dimensions():
    for name in ("layered", "olivine", "rutile", "spinel"):
        e1, e2, e3 = pathways(getattr(crystals, name)(), spacing=0.2e-10).barriers
        assert 0 < e1 <= e2 <= e3


def test_a_lower_site_apart_counts_for_the_threshold_alone():
    """A channel of 1.0 to 1.5 eV beside a pit at 0, shut off by 3 eV, and then by 1.2 eV."""
    energy = np.full((6, 6, 6), 9.0)
    energy[:, 0, 0], energy[3, 0, 0], energy[0, 0, 3] = 1.0, 1.5, 0.0
    for wall, barrier in ((3.0, 0.5), (1.2, 1.5)):
        energy[0, 0, 1:3] = wall
        made = Landscape(name="pit", ion="Li", cell=crystals.unit_cell(4, 4, 4), energy=energy * EV)
        found = pathways_of(made, facets=[(1, 0, 0)], charges={})
        assert found.ways[0].threshold / EV == pytest.approx(1.5, rel=1e-9)
        assert found.ways[0].barrier / EV == pytest.approx(barrier, rel=1e-9)
        assert found.facets["100"].through == found.ways[0].barrier


def test_the_record_is_plain_json():
    data = to_json(pathways(crystals.layered(), spacing=0.3e-10))
    assert data["facets"]["003"]["through_J"] is None or math.isfinite(data["facets"]["003"]["through_J"])
    assert data["ways"][0]["directions"] and data["spacing_m"] <= 0.3e-10


@pytest.mark.parametrize("plane", [(0, 0, 0), (1, 0), (1.5, 0, 0)])
def test_planes_that_are_none_are_refused(plane):
    with pytest.raises(InputError, match="three whole numbers"):
        pathways(crystals.rutile(), facets=[plane], spacing=0.3e-10)
