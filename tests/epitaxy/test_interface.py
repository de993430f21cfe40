"""Interface models: bulk given back, atoms and charges that add up, duplicates against pymatgen, files re-read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epitropy.catalogue import phase
from epitropy.crystals.files import to_pymatgen
from epitropy.crystals.library import structure_of
from epitropy.crystals.neighbours import neighbours
from epitropy.epitaxy.interface import AUTO, comment, interface_models, write_models
from epitropy.epitaxy.interface_charges import Boundary, ions_to_leave_out
from epitropy.epitaxy.interface_contact import Face, nested_shift
from epitropy.epitaxy.slabs import ELEMENTARY_CHARGE, cut, distances, termination
from epitropy.epitaxy.stage import best_matches, shared_oxygen_continuation
from epitropy.errors import InputError
from epitropy.report.match_tables import model_rows

THIN = {"host_thickness": 8e-10, "film_thickness": 8e-10}
REACH = 4.5e-10


def atoms(name):
    return structure_of(phase(name))


def match_of(host, film, host_plane, film_plane, area=3e-19, strain=0.06):
    found = best_matches(
        phase(host),
        [phase(film)],
        host_planes=[host_plane],
        film_planes={film: [film_plane]},
        max_area=area,
        max_strain=strain,
    )
    return min(found, key=lambda m: (m.area, np.abs(m.principal_strain).max()))


@pytest.fixture(scope="module")
def continuation():
    found = best_matches(phase("NCM90"), [phase("NiO")], max_area=8e-20, max_strain=0.04)
    return shared_oxygen_continuation(found)[0]


def shells(structure):
    """Distances to all neighbours within reach, of every atom with its element; sorted."""
    i, _, apart = neighbours(structure, REACH)
    elements = [next(iter(structure.occupancy[k])) for k in structure.labels]
    return Counter((elements[k], *np.sort(apart[i == k]).round(14)) for k in range(len(elements)))


@pytest.mark.parametrize(
    ("name", "plane"),
    [
        ("NiO", (1, 1, 1)),
        ("NiO", (0, 0, 1)),
        ("LiNiO2", (0, 0, 1)),
        ("LiNiO2", (1, 0, 4)),
        ("ZrO2 cubic", (1, 1, 1)),
        ("ZrO2 tetragonal", (1, 0, 1)),
        ("LiNbO3", (0, 0, 1)),
    ],
)
def test_a_film_of_the_host_goes_on_as_the_host(name, plane):
    """Every cut joined to itself gives the bulk back: each atom has the bulk's neighbours, nothing is left out."""
    bulk = atoms(name)
    match = match_of(name, name, plane, plane, strain=1e-6)
    cuts = range(len(cut(bulk, plane).cuts))
    made = interface_models(bulk, bulk, match, shift=(0, 0), terminations=[(i, i) for i in cuts], **THIN)
    expected = shells(bulk)
    for model in made:
        ratio = model.atoms / len(bulk.labels)
        assert shells(model.structure) == {key: round(n * ratio) for key, n in expected.items()}
        assert model.structure.cell.volume == pytest.approx(ratio * bulk.cell.volume, rel=1e-9, abs=0)
        assert model.stoichiometric
        assert not any(model.boundary_charge.values())


@pytest.mark.parametrize("plane", [(0, 0, 1), (1, 1, 1)])
@pytest.mark.parametrize("origin", [(0, 0, 0), (0.5, 0, 0), (0.5, 0.5, 0.5)])
def test_ions_nest_where_the_crystal_puts_them(plane, origin):
    """Whatever the film's origin: cation over anion on (001), cubic and not hexagonal stacking on (111)."""
    bulk = atoms("NiO")
    match = match_of("NiO", "NiO", plane, plane, strain=1e-6)
    film = replace(bulk, positions=(bulk.positions + origin) % 1)
    models = interface_models(bulk, film, match, **THIN)
    best = min(models, key=lambda m: m.structure.cell.volume)
    assert shells(best.structure).keys() == shells(bulk).keys()


@pytest.mark.parametrize(("charge", "chosen"), [(2.0, (0, 0.5)), (-2.0, (0.5, 0))])
def test_of_equal_hollows_the_attracting_one_is_taken(charge, chosen):
    """A cation below one of two hollows between oxygens: cations above keep away from it, anions go there."""
    lower = Face(
        elements=np.array(["O", "O", "Ni"]),
        charge=np.array([-2.0, -2.0, 2.0]),
        in_plane=np.array([[0, 0], [0.5, 0.5], [0.5, 0]]),
        depth=np.array([0, 0, 2.4e-10]),
    )
    upper = Face(elements=np.array(["X"]), charge=np.array([charge]), in_plane=np.zeros((1, 2)), depth=np.zeros(1))
    nearest = {("O", "X"): 2.4e-10, ("Ni", "X"): 2.4e-10}
    found = nested_shift(lower, upper, 4e-10 * np.eye(2), nearest, np.eye(2))
    assert found == pytest.approx(chosen, abs=1e-12)


def test_a_shift_off_the_nest_needs_a_wider_gap():
    match = match_of("NiO", "NiO", (0, 0, 1), (0, 0, 1), strain=1e-6)
    nested, bridge = (
        interface_models(atoms("NiO"), atoms("NiO"), match, shift=s, **THIN)[0] for s in ("nested", (0.5, 0.0))
    )
    assert bridge.gap > nested.gap + 1e-11


def test_frames_strains_and_atoms(continuation):
    """On the host's cell; the film takes the match's strain; nothing but both slabs is in it."""
    host, film = atoms("NCM90"), atoms("NiO")
    for model in interface_models(host, film, continuation, film_poisson=phase("NiO").poisson_ratio.value, **THIN):
        edges = cut(host, continuation.host_plane, continuation.host_cell).edges
        assert model.structure.cell.matrix[:2, :2] == pytest.approx(edges, rel=1e-9, abs=1e-19)
        assert model.area == pytest.approx(continuation.host_area, rel=1e-9, abs=0)
        assert model.host_strain == pytest.approx([0, 0], abs=1e-12)
        assert model.film_strain == pytest.approx(continuation.principal_strain, abs=1e-12)
        assert model.film_normal_strain == pytest.approx(continuation.normal_strain, abs=1e-12)
        assert model.composition["Li"] == model.host_repeats
        assert model.composition["O"] == 2 * model.host_repeats + model.film_repeats
        assert model.formal_charge == 0
        assert not model.relaxed


def test_shared_oxygen_continuation(continuation):
    """O of the host carries Ni of NiO: an interface in which oxygen layers run on, at Ni-O and O-O of the crystals."""
    models = interface_models(atoms("NCM90"), atoms("NiO"), continuation, **THIN)
    assert len(models) == 4  # 4 x 2 pairs, two of each with the two interfaces exchanged
    model = next(m for m in models if (m.host_termination, m.film_termination) == ("O|Li", "O|Ni"))
    assert model.orientation == "(003)[100] || (111)[1-10]"
    assert (model.host_tasker, model.film_tasker) == (3, 3)
    # O2- between Ni3+ and Ni2+: 3/2 + 2/2 - 2 = +1/2 for every net cell
    left = model.boundary_charge["interface"] * model.area / ELEMENTARY_CHARGE
    assert left == pytest.approx(0.5, abs=1e-9)
    assert model.boundary_charge["second interface"] == -model.boundary_charge["interface"]
    assert model.shortest_distances["Ni-O"] == pytest.approx(model.bulk_distances["Ni-O"], rel=1e-9, abs=0)


def test_left_out_ions_make_the_faces_neutral(continuation):
    """A quarter of the nickel at one interface and of the oxygen at the other carry +-1/2 per net cell."""
    model = interface_models(
        atoms("NCM90"), atoms("NiO"), continuation, supercell=(2, 2), terminations=[(1, 1)], **THIN
    )[0]
    assert model.left_out == {"Ni": 1, "O": 1}
    assert not model.stoichiometric
    assert model.formal_charge == 0
    assert model.boundary_charge == {"interface": 0.0, "second interface": 0.0}
    whole = interface_models(
        atoms("NCM90"), atoms("NiO"), continuation, supercell=(2, 2), terminations=[(1, 1)], leave_out=False, **THIN
    )[0]
    lost = {e: whole.composition[e] - n for e, n in model.composition.items() if whole.composition[e] != n}
    assert lost == model.left_out


def boundary(name, charge, **open_ions):
    """open_ions: side_element -> (charge, number)."""
    return Boundary(name=name, charge=charge, open_ions={tuple(k.split("_")): v for k, v in open_ions.items()})


def test_some_of_the_ions_go_where_the_whole_charge_cannot():
    """(+2, -6, +4) e: the nickel that would take +2 is not there, 2 O and 2 Ni leave (+2, -2, 0)."""
    faces = [
        boundary("interface", 2.0, host_Ni=(3.0, 4), film_O=(-2.0, 4)),
        boundary("host surface", -6.0, host_O=(-2.0, 4)),
        boundary("film surface", 4.0, film_Ni=(2.0, 4)),
    ]
    assert ions_to_leave_out(faces, 0.0) == (None, ("host", "O", 2), ("film", "Ni", 2))


CHARGES = st.tuples(st.sampled_from([-2.0, 1.0, 2.0, 3.0, 2.95]), st.integers(1, 5))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 9), CHARGES, CHARGES), min_size=2, max_size=3),
    st.sampled_from([0.0, -0.25]),
)
def test_no_choice_of_ions_is_better(drawn, total):
    """Against all choices of one element and a number that does not overshoot by a whole ion."""
    faces = [boundary("b", float(charge), host_A=one, film_B=other) for charge, one, other in drawn]

    def goes(face, one):
        return 0.0 if one is None else one[2] * face.open_ions[one[:2]][0]

    def cost(chosen):
        gone = [goes(face, one) for face, one in zip(faces, chosen)]
        squares = sum((face.charge - q) ** 2 for face, q in zip(faces, gone))
        return round(abs(total - sum(gone)), 6), round(squares, 6), sum(one[2] for one in chosen if one)

    every = [
        [None, *((*k, n) for k, (q, most) in f.open_ions.items() for n in range(1, most) if f.charge / q > n - 1)]
        for f in faces
    ]
    assert cost(ions_to_leave_out(faces, total)) == min(map(cost, product(*every)))


def test_auto_takes_the_least_charged_cell_for_every_pair(continuation):
    """As it would be found by hand from all four supercells; the smaller one of equals."""
    host, film = atoms("NCM90"), atoms("NiO")
    found = interface_models(host, film, continuation, supercell="auto", vacuum=1e-9, **THIN)
    sizes = [interface_models(host, film, continuation, supercell=s, vacuum=1e-9, **THIN) for s in AUTO]
    assert {m.supercell for m in found} >= {(1, 1), (2, 2)}
    for model, *same in zip(found, *sizes, strict=True):
        assert {m.name for m in same} == {model.name}
        best = min(same, key=lambda m: round(abs(m.boundary_charge["interface"]), 6))
        assert (model.supercell, model.left_out) == (best.supercell, best.left_out)
        assert model.area == pytest.approx(np.prod(model.supercell) * continuation.host_area, rel=1e-9, abs=0)


def test_auto_stays_small():
    """Neutral faces need no supercell; above 150 A2 none is tried."""
    bulk, match = atoms("NiO"), match_of("NiO", "NiO", (0, 0, 1), (0, 0, 1), strain=1e-6)
    assert {m.supercell for m in interface_models(bulk, bulk, match, supercell="auto", **THIN)} == {(1, 1)}
    match = match_of("NCM90", "ZrO2", (1, 0, 1), (0, 1, 0), area=6e-19)
    models = interface_models(atoms("NCM90"), atoms("ZrO2"), match, supercell="auto", **THIN)
    assert {m.supercell for m in models} >= {(2, 1)}
    assert max(m.area for m in models) < 1.5e-18


def test_a_shift_is_along_the_edges_of_the_match():
    """Two cells side by side, each shifted as the one."""
    bulk, match = atoms("NiO"), match_of("NiO", "NiO", (0, 0, 1), (0, 0, 1), strain=1e-6)
    small, large = (
        interface_models(bulk, bulk, match, shift=(0.5, 0.25), supercell=s, **THIN)[0] for s in ((1, 1), (2, 1))
    )
    assert shells(large.structure) == {key: 2 * n for key, n in shells(small.structure).items()}
    assert small.shift == large.shift == (0.5, 0.25)


def test_shortest_pair_across_and_the_interfaces_own_charge():
    """NiO (111) 3 A apart: 2.09 A within either side is not across, nor is the surfaces' charge the interface's."""
    bulk, match = atoms("NiO"), match_of("NiO", "NiO", (1, 1, 1), (1, 1, 1), strain=1e-6)
    given = {"vacuum": 1e-9, "gap": 3e-10, "shift": (0.1, 0.2), "terminations": [(0, 0)], "leave_out": False}
    model = interface_models(bulk, bulk, match, **given, **THIN)[0]
    structure = model.structure
    side = np.array([k.split(".")[0] for k in structure.labels])
    images = np.array(list(product((-1, 0, 1), repeat=3)))
    apart = structure.positions[side == "film"][:, None, None] + images - structure.positions[side == "host"][:, None]
    shortest = np.linalg.norm(apart @ structure.cell.matrix, axis=-1).min()
    assert min(model.shortest_across.values()) == pytest.approx(shortest, rel=1e-9, abs=0)
    assert min(model.shortest_distances.values()) < 2.1e-10 < shortest
    row = dict(zip(*model_rows([model])))
    assert row["across / Å"].split()[1] == f"{shortest * 1e10:.2f}"
    assert model.boundary_charge["host surface"] and float(row["interface e/nm²"]) == 0
    apart = interface_models(bulk, bulk, match, **(given | {"gap": 6e-10}), **THIN)[0]
    assert apart.shortest_across == {} and model_rows([apart])[1][-1] == "> 4"


def test_drawn_atoms_name_the_ends_and_the_files_say_so(continuation):
    """Shared sites: the termination is of the atoms that are there, the comment tells the crystal's shares."""
    options = {"supercell": (2, 2), "leave_out": False, "vacuum": 1e-9}
    for model in interface_models(atoms("NCM90"), atoms("NiO"), continuation, **options, **THIN):
        made = model.structure
        height = made.positions[:, 2] * made.cell.c
        hosts = np.array([k.startswith("host.") for k in made.labels])
        elements = np.array([next(iter(made.occupancy[k])) for k in made.labels])
        top = Counter(elements[hosts & (height > height[hosts].max() - 1e-12)].tolist())
        divisor = np.gcd.reduce(list(top.values()))
        ends = "".join(f"{e}{n // divisor if n > divisor else ''}" for e, n in sorted(top.items()))
        assert model.host_termination.split("|")[0] == ends
        assert "0." not in model.host_termination
        assert f"host ends with {ends}, " in comment(model)
        assert "NCM90 of LiNi0.9Co0.05Mn0.05O2, whole atoms by random draw" in comment(model)


def test_ions_left_out_stand_in_the_comment(continuation):
    made = interface_models(
        atoms("LiNiO2"),
        atoms("NiO"),
        shared_oxygen_continuation(best_matches(phase("LiNiO2"), [phase("NiO")], max_area=8e-20))[0],
        supercell=(2, 2),
        terminations=[(1, 1)],
        **THIN,
    )[0]
    assert made.left_out == {"Ni": 1, "O": 1}
    assert "left out of the faces: 1 Ni, 1 O" in comment(made)
    assert "random" not in comment(made)


def test_every_second_ion_of_a_type_3_surface():
    """NiO (111) in vacuum: half of the ions of either face; then the dipole no longer grows with thickness."""
    match = match_of("NiO", "NiO", (1, 1, 1), (1, 1, 1), area=7.6e-20, strain=1e-6)
    options = {"vacuum": 1e-9, "supercell": (2, 1), "terminations": [(0, 0)], "host_thickness": 1e-9, "shift": (0, 0)}
    bulk = atoms("NiO")
    thin, thick = (interface_models(bulk, bulk, match, film_thickness=t, **options)[0] for t in (1e-9, 2e-9))
    assert thin.left_out == {"Ni": 1, "O": 1}
    assert thin.boundary_charge == {"interface": 0.0, "host surface": 0.0, "film surface": 0.0}
    assert thick.dipole == pytest.approx(thin.dipole, rel=1e-9, abs=0)
    whole = interface_models(bulk, bulk, match, film_thickness=1e-9, leave_out=False, **options)[0]
    assert abs(whole.dipole) > 5 * abs(thin.dipole)


def test_dipole_is_polarisation_times_thickness(continuation):
    host, film = atoms("LiNiO2"), atoms("NiO")
    match = shared_oxygen_continuation(best_matches(phase("LiNiO2"), [phase("NiO")], max_area=8e-20))[0]
    for model in interface_models(host, film, match, vacuum=1e-9, leave_out=False, shift=(0, 0), **THIN):
        i, j = (int(part[1:]) for part in model.name.split("_") if part[0] == "c" and part[1:].isdigit())
        lower = cut(host, match.host_plane, match.host_cell)
        upper = cut(film, match.film_plane, match.film_cell)
        expected = sum(
            termination(c, k).polarisation * area / model.area * n * c.spacing
            for c, k, n, area in (
                (lower, i, model.host_repeats, lower.area),
                (upper, j, model.film_repeats, upper.area),
            )
        )
        assert model.dipole == pytest.approx(expected, rel=1e-9, abs=0)


def test_strain_is_shared_by_stiffness_times_thickness(continuation):
    host, film = atoms("NCM90"), atoms("NiO")
    thick = {"host_thickness": 1.4e-9, "film_thickness": 2.8e-9, "terminations": [(1, 1)]}
    stiff = {"host_modulus": 150e9, "host_poisson": 0.2, "film_modulus": 200e9, "film_poisson": 0.3}

    def model(strain_on, **options):
        return interface_models(host, film, continuation, strain_on=strain_on, **thick, **options)[0]

    shared = model("shared", **stiff)
    force = [150e9 / 0.8 * 1.4 * shared.host_strain[0], 200e9 / 0.7 * 2.8 * shared.film_strain[0]]
    assert force[0] == pytest.approx(-force[1], rel=0.04)  # of first order in the misfit
    soft = model("shared", **(stiff | {"film_modulus": 1.0}))
    assert soft.film_strain == pytest.approx(model("film").film_strain, abs=1e-9)
    assert model("host").film_strain == pytest.approx([0, 0], abs=1e-12)
    assert model("host").host_strain == pytest.approx(1 / (1 + continuation.principal_strain) - 1, abs=1e-10)


def test_no_pair_comes_closer_than_in_the_crystals(continuation):
    cases = [
        (("NCM90", "NiO"), continuation),
        (("LiNiO2", "ZrO2 tetragonal"), match_of("LiNiO2", "ZrO2 tetragonal", (0, 0, 1), (0, 0, 1), area=1e-18)),
        (("LiNiO2", "NiO"), match_of("LiNiO2", "NiO", (1, 0, 4), (0, 0, 1), area=1e-18)),
    ]
    for (host, film), match in cases:
        for model in interface_models(atoms(host), atoms(film), match, **THIN):
            for pair, apart in model.shortest_distances.items():
                if pair in model.bulk_distances:
                    assert apart >= model.bulk_distances[pair] * (1 - 1e-9), (model.name, pair)
            # and they touch: a smaller gap brings some pair too close
            closer = interface_models(
                atoms(host),
                atoms(film),
                match,
                gap=model.gap - 2e-11,
                shift=model.shift,
                terminations=[tuple(int(p[1:]) for p in model.name.split("_") if p[0] == "c" and p[1:].isdigit())],
                vacuum=1e-9,
                **THIN,
            )[0]
            assert closer.shortest_distances != model.shortest_distances or closer.note


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(
    ("name", "plane", "shift"),
    [
        ("ZrO2 tetragonal", (0, 0, 1), (0, 0)),
        ("ZrO2 tetragonal", (0, 0, 1), (0.13, 0.29)),
        ("ZrO2 tetragonal", (0, 0, 1), (0.5, 0)),
        ("ZrO2 tetragonal", (1, 0, 1), (0, 0)),
        ("LiNbO3", (0, 0, 1), (0, 0)),
    ],
)
def test_one_model_of_every_orbit(name, plane, shift, periodic):
    """A crystal on itself, all elements renamed: as many as pymatgen's StructureMatcher tells apart among all pairs."""
    try:
        from pymatgen.core.structure_matcher import StructureMatcher
    except ImportError:  # where older versions have it
        from pymatgen.analysis.structure_matcher import StructureMatcher

    host = film = atoms(name)
    other = {"Zr": "Hf", "O": "S", "Li": "Na", "Nb": "Ta"}  # a shared oxygen plane would belong to either
    film = replace(film, occupancy={k: {other[e]: x for e, x in s.items()} for k, s in film.occupancy.items()})
    match = match_of(name, name, plane, plane, strain=1e-6)
    options = {"host_thickness": 1e-10, "film_thickness": 1e-10, "shift": shift, "leave_out": False}
    options |= {} if periodic else {"vacuum": 1e-9}  # bare surfaces keep host and film from changing places
    ours = interface_models(host, film, match, **options)
    cuts = range(len(cut(host, plane).cuts))
    every = [interface_models(host, film, match, terminations=[pair], **options)[0] for pair in product(cuts, cuts)]
    same = StructureMatcher(ltol=1e-3, stol=1e-3, angle_tol=0.05, primitive_cell=False, scale=False)
    theirs = same.group_structures([to_pymatgen(model.structure) for model in every])
    assert len(ours) == len(theirs) <= len(every)


def test_nesting_is_the_same_for_equal_pairs():
    """t-ZrO2 (001): the screw axis makes two pairs of each; both nest at one gap, whichever was modelled."""
    name, plane = "ZrO2 tetragonal", (0, 0, 1)
    match = match_of(name, name, plane, plane, strain=1e-6)
    options = {"host_thickness": 1e-10, "film_thickness": 1e-10, "vacuum": 1e-9, "leave_out": False}
    ours = interface_models(atoms(name), atoms(name), match, **options)
    pairs = list(product(range(6), range(6)))
    every = [interface_models(atoms(name), atoms(name), match, terminations=[p], **options)[0] for p in pairs]
    gaps = [Counter(round(model.gap * 1e10, 6) for model in models) for models in (ours, every)]
    assert {gap: 2 * n for gap, n in gaps[0].items()} == gaps[1]


@pytest.mark.parametrize(("film", "area"), [("Nb12WO33", 1e-18), ("ZrO2", 1e-18), ("LiNbO3", 6e-19), ("spinel", 4e-19)])
def test_other_films_on_the_host(film, area):
    host = phase("NCM90")
    match = min(best_matches(host, [phase(film)], max_area=area, max_strain=0.06), key=lambda m: m.area)
    models = interface_models(atoms("NCM90"), atoms(film), match, terminations=[(0, 0), (1, 1)], **THIN)
    for model in models:
        assert abs(model.formal_charge) < 0.5
        assert model.gap < 3.5e-10
        assert "whole atoms by random draw" in model.note
        assert set(model.composition) >= {"Li", "Ni", "O"}
        assert max(model.shortest_distances.values()) < 4.1e-10


def test_vacancies_are_left_out():
    host = atoms("LiNiO2")
    half = replace(host, occupancy={**host.occupancy, "Li": {"Li": 0.5, "Va": 0.5}})
    match = match_of("LiNiO2", "NiO", (0, 0, 1), (1, 1, 1), area=8e-20)
    model = interface_models(half, atoms("NiO"), match, supercell=(2, 1), terminations=[(1, 1)], **THIN)[0]
    assert model.composition["Li"] == model.host_repeats
    assert model.formal_charge == 0


@pytest.mark.filterwarnings("ignore:Issues encountered while parsing CIF")
def test_files_say_that_they_are_not_relaxed(continuation, tmp_path):
    from pymatgen.core import Structure

    models = interface_models(atoms("NCM90"), atoms("NiO"), continuation, **THIN)[:2]
    paths = write_models(models, tmp_path / "made")
    assert len(paths) == 7
    index = json.loads(paths[-1].read_text())["models"]
    for model, row in zip(models, index):
        assert (row["host_tasker"], row["film_tasker"], row["atoms"]) == (3, 3, model.atoms)
        assert row["orientation"] == model.orientation
        assert row["relaxed"] is False
        for name in row["files"]:
            text = (tmp_path / "made" / name).read_text()
            assert "unrelaxed interface model" in "".join(text.splitlines()[:3])
        read = [Structure.from_file(tmp_path / "made" / name) for name in row["files"] if not name.endswith("extxyz")]
        for again in read:
            assert {e.symbol: n for e, n in again.composition.items()} == model.composition
            assert again.volume == pytest.approx(model.structure.cell.volume * 1e30, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"strain_on": "both"}, "film, host or shared"),
        ({"strain_on": "shared"}, "without elastic constants"),
        ({"gap": 2.0}, "0 and 2 nm"),
        ({"vacuum": 15.0}, "100 nm"),
        ({"supercell": (0, 1)}, "whole numbers"),
        ({"supercell": "many"}, "auto, or two whole numbers"),
        ({"supercell": (12, 12), "host_thickness": 1e-8}, "at most 5000"),
        ({"terminations": [(0, 9)]}, "0 to 1"),
        ({"terminations": "some"}, "all, or pairs"),
        ({"shift": "deep"}, "nested"),
        ({"shift": (0, 0, 0)}, "one pair"),
        ({"host_thickness": -1.0}, "0 and 1 um"),
    ],
)
def test_bad_input_is_told(continuation, changes, told):
    with pytest.raises(InputError, match=told):
        interface_models(atoms("NCM90"), atoms("NiO"), continuation, **(THIN | changes))


def test_another_crystal_than_the_matched_one_is_refused(continuation):
    with pytest.raises(InputError, match="host cell"):
        interface_models(atoms("LiCoO2"), atoms("NiO"), continuation, **THIN)
    with pytest.raises(InputError, match="unstrained|lattice vectors"):
        interface_models(atoms("NiO"), atoms("NCM90"), continuation, **THIN)


def test_distances_of_the_model_are_those_of_its_atoms(continuation):
    model = interface_models(atoms("NCM90"), atoms("NiO"), continuation, **THIN)[0]
    found = {"-".join(p): d for p, d in distances(model.structure).items()}
    assert model.shortest_distances == pytest.approx(found, rel=1e-12, abs=0)
