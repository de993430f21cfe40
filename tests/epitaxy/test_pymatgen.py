"""pymatgen's own nets: the same sublattice pairs by its acceptance, equal strains; the benchmark runs all."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from epitropy.epitaxy.laws import strains_on
from epitropy.epitaxy.matching import Ground, all_coincidences
from epitropy.epitaxy.nets import Nets, adjugate, determinant, joined
from epitropy.epitaxy.sublattices import hermite_cells, hermite_form, ranges

MAX_AREA = 400.0  # A2, pymatgen's default, as are its tolerances
WIDE = 0.09  # principal strain that its tolerances on lengths and angles cannot exceed

SITES = {  # one set of positions that leaves each space group as it is
    "NCM90": (["Li", "Ni", "O"], [[0, 0, 0.5], [0, 0, 0], [0, 0, 0.2585]]),
    "NiO": (["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "spinel": (["Li", "Ni", "O"], [[0.125] * 3, [0.5] * 3, [0.2625] * 3]),
    "c-ZrO2": (["Zr", "O"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
    "t-ZrO2": (["Zr", "O"], [[0.75, 0.25, 0.75], [0.25, 0.25, 0.45]]),
    "m-ZrO2": (["Zr", "O"], [[0.2754, 0.0395, 0.2083], [0.07, 0.3317, 0.3447]]),
    "LiNbO3": (["Li", "Nb", "O"], [[0, 0, 0.2787], [0, 0, 0], [0.0476, 0.3433, 0.0633]]),
    "Li2ZrO3": (["Li", "Zr", "O"], [[0, 0.4, 0.25], [0, 0.0845, 0.25], [0.27, 0.577, 0.49]]),
    "Nb12WO33": (["W", "Nb", "Nb"], [[0, 0, 0], [0.11, 0.03, 0.27], [0.23, 0.07, 0.41]]),
}


def pymatgen_structure(phase):
    from pymatgen.core import Lattice, Structure

    return Structure.from_spacegroup(phase.space_group, Lattice(phase.cell.matrix * 1e10), *SITES[phase.name])


def theirs(film_vectors, host_vectors):
    """The number of pymatgen's matches, and (host sublattice, film cell on it) of each with its strains."""
    from pymatgen.analysis.interfaces.zsl import ZSLGenerator

    number, found = 0, {}
    for match in ZSLGenerator(max_area=MAX_AREA)(film_vectors, host_vectors):
        cells = [
            np.rint(np.array(edges) @ np.linalg.pinv(np.array(vectors))).astype(int)
            for edges, vectors in (
                (match.substrate_sl_vectors, host_vectors),
                (match.film_sl_vectors, film_vectors),
            )
        ]
        number += 1
        (key,) = keys(*(c[None] for c in cells))
        stretch = np.linalg.svd(match.match_transformation)[1]
        found[key] = np.sort(stretch[np.argsort(np.abs(stretch - 1))][-2:])[::-1] - 1
    return number, found


def keys(host_cells, film_cells):
    """(host sublattice, the film cell on its Hermite basis, up to the half turn) of coincidences."""
    forms = hermite_form(host_cells)
    change = forms @ adjugate(host_cells) // determinant(host_cells)[:, None, None]
    cells = (change @ film_cells).reshape(-1, 4)
    sign = np.sign(cells[np.arange(len(cells)), (cells != 0).argmax(1)])
    return list(map(tuple, np.hstack([forms.reshape(-1, 4), cells * sign[:, None]]).tolist()))


def bare_net(vectors, sign):
    """The net of two vectors with no symmetry but -1; sign -1: seen from its other side, (u, -v) for (u, v)."""
    first, second = vectors
    along = first @ second / np.linalg.norm(first)
    height = np.linalg.norm(np.cross(first, second)) / np.linalg.norm(first)
    return Nets(
        planes=np.array([[0, 0, 1]]),
        basis=np.array([[[np.linalg.norm(first), 0.0], [sign * along, height]]]),
        sixths=6 * np.eye(2, 3, dtype=int)[None],
        half=np.broadcast_to(np.eye(2, dtype=int), (1, 6, 2, 2)),
        exists=np.arange(6)[None] < 1,
        upright=np.ones((1, 6, 2), dtype=bool),
    )


def ours(film_vectors, host_vectors):
    """Strains of every coincidence of the same nets without symmetry, the film turned over too, with all multiples."""
    host, films = bare_net(host_vectors, 1), joined([bare_net(film_vectors, sign) for sign in (1, -1)])
    found = all_coincidences(Ground.of(host, MAX_AREA), films, max_area=MAX_AREA, max_strain=WIDE)
    largest = np.maximum(
        determinant(found.host_cells) * host.area, determinant(found.film_cells) * films.area[found.film_net]
    )
    times = (MAX_AREA / largest).astype(int)
    multiples = hermite_cells(int(times.max(initial=0)))
    row, place = ranges(0 * times, np.searchsorted(determinant(multiples), times, side="right"))
    host_cells, film_cells = (multiples[place] @ c[row] for c in (found.host_cells, found.film_cells))
    edges = np.pad(host_cells @ host.basis, ((0, 0), (0, 0), (0, 1)))
    strain = strains_on(film_cells @ films.basis[found.film_net[row]], edges)
    film_cells[found.film_net[row] == 1] *= [1, -1]
    return dict(zip(keys(host_cells, film_cells), strain))


def sublattice_pairs(found):
    """(host sublattice, film sublattice) of coincidences."""
    rows = np.array(list(found)).reshape(-1, 2, 2, 2)
    both = [map(tuple, hermite_form(rows[:, i]).reshape(-1, 4).tolist()) for i in (0, 1)]
    return set(zip(*both))


def accepted(pairs, film_vectors, host_vectors):
    """Those that pymatgen takes, by the one basis that it looks at for each sublattice."""
    from pymatgen.analysis.interfaces.zsl import is_same_vectors, reduce_vectors

    @cache
    def bases(form, film):
        cell = np.array(form, dtype=float).reshape(2, 2) @ (film_vectors if film else host_vectors)
        return np.array(reduce_vectors(*cell))

    return {(h, f) for h, f in pairs if is_same_vectors(bases(f, True), bases(h, False))}


def compare(film_vectors, host_vectors):
    """(number of their matches, lost by us, taken by us and not by them, largest difference of a strain)."""
    film_vectors, host_vectors = np.array(film_vectors), np.array(host_vectors)
    (number, them), us = theirs(film_vectors, host_vectors), ours(film_vectors, host_vectors)
    lost = [key for key in them if key not in us]
    both = accepted(sublattice_pairs(us), film_vectors, host_vectors) ^ sublattice_pairs(them)
    difference = max((np.abs(strain - us[key]).max() for key, strain in them.items() if key in us), default=0.0)
    return number, len(lost), len(both), float(difference)


@pytest.mark.parametrize(
    ("name", "film_planes", "host_planes"),
    [
        ("NiO", [(1, 1, 1), (1, 1, 0)], [(0, 0, 1), (1, 0, 1)]),
        ("t-ZrO2", [(1, 0, 1), (1, 1, 1)], [(0, 0, 1), (1, 0, 1)]),
        ("m-ZrO2", [(1, 1, -1), (0, 1, 0)], [(0, 0, 1), (1, 1, 1)]),
    ],
)
def test_every_match_of_pymatgen_on_its_own_nets(host, films, name, film_planes, host_planes):
    pytest.importorskip("pymatgen.analysis.interfaces")
    from pymatgen.analysis.interfaces.substrate_analyzer import SubstrateAnalyzer

    sets = SubstrateAnalyzer().generate_surface_vectors(
        pymatgen_structure(films[name]), pymatgen_structure(host), film_planes, host_planes
    )
    results = np.array([compare(film, ground) for film, ground, *_ in sets])
    assert results[:, 0].sum() > 20
    assert not results[:, 1:3].any()
    assert results[:, 3].max() < 1e-9
