"""Atoms of the library: formula, symmetry, density and bonds of every phase that has positions."""

import math
import warnings

import numpy as np
import pytest

from epitropy.catalogue import phase, phase_names, read_phase
from epitropy.chemistry import element_counts
from epitropy.crystals.library import has_structure, orbit, structure_of
from epitropy.crystals.neighbours import neighbours
from epitropy.crystals.settings import keeps_metric, settings_of, settings_that_fit
from epitropy.crystals.symmetry import density, space_group
from epitropy.errors import InputError
from epitropy.records.phase import UnitCell
from epitropy.records.structure import VACANCY

KNOWN = [n for n in phase_names() if has_structure(phase(n))]
EVERY = pytest.mark.parametrize("name", KNOWN)
LOOSE = 1e-11  # m: recalled positions have three or four digits
# What spglib calls it where the library does not: standard settings, and the block model without disorder of T
FOUND_AS = {"MoO3": "Pnma", "WO3": "P2_1/c", "Ti2Nb10O29": "C2/m", "Nb14W3O44": "I-4"}

# Oxygen around a cation, where it is not six
COORDINATION = {
    **{
        n: {"Li": 4, "Co": 4, "Co1": 4}
        for n in ("LiMn2O4", "Co3O4", "spinel", "LiNi0.5Mn1.5O4", "NiCo2O4", "Li4Ti5O12")
    },
    **{n: {"Zr": 7, "Hf": 7} for n in ("ZrO2", "HfO2")},
    **{n: {"Zr": 8, "Ce": 8} for n in ("ZrO2 cubic", "ZrO2 tetragonal", "CeO2")},
    **{n: {"W": 4, "Mo": 4, "Li1": 4, "Li2": 4} for n in ("Li2WO4", "Li2MoO4")},
    **{n: {"T": 4} for n in ("Nb12WO33", "Nb14W3O44", "Nb16W5O55")},
    "Li2O": {"Li": 4},
    "La2O3": {"La": 7},
    "LiAlO2 gamma": {"Al": 4, "Li": 4},
    "LiFePO4": {"P": 4},
    "Li2SiO3": {"Si": 4, "Li": 4},
    "Li2CO3": {"C": 3, "Li": 4},
    "LiOH": {"Li": 4, "H": 1},
    "Mn3O4": {"Mn1": 4},
    "SiO2": {"Si": 4},
    "ZnO": {"Zn": 4},
    "ZrW2O8": {"W1": 4, "W2": 4},
    "V2O5": {"V": 5},
    "Li7La3Zr2O12": {"La": 8, "Li1": 4, "Li2": 4},
}


def test_most_of_the_library_has_atoms():
    assert len(KNOWN) >= 70
    assert {"NCM90", "NiO", "Nb12WO33", "TiNb2O7", "ZrO2", "LiNbO3", "layered layer", "rock salt layer"} <= set(KNOWN)


@EVERY
def test_atoms_add_up_to_the_formula_and_the_density(name):
    crystal, made = phase(name), structure_of(phase(name))
    assert made.element_counts == pytest.approx(element_counts(crystal.formula), rel=0, abs=2e-3)
    assert density(made) == pytest.approx(crystal.density.value, rel=0.02, abs=0)
    assert made.cell == crystal.cell and made.formula_units == crystal.formula_units


@EVERY
def test_an_independent_program_finds_the_space_group_that_is_named(name):
    assert space_group(structure_of(phase(name)), LOOSE) == FOUND_AS.get(name, phase(name).space_group)


@EVERY
def test_positions_say_where_they_are_from(name):
    crystal, made = phase(name), structure_of(phase(name))
    assert made.source and made.grade == "assumed"  # none of the positions was read at its source
    assert not crystal.sites or crystal.sites_source


@EVERY
def test_no_two_atoms_overlap(name):
    made = structure_of(phase(name))
    i, j, distance = neighbours(made, 1.7e-10)
    for a, b, apart in zip(i, j, distance):
        kinds = {e for k in (a, b) for e in made.occupancy[made.labels[k]]}
        assert VACANCY in kinds or apart > (0.9e-10 if "H" in kinds else 1.2e-10)
        assert kinds & {"H", "C", "Si", "P", "V", "Mo", VACANCY}  # only these bonds are as short as that


@EVERY
def test_bonds_and_coordination_are_those_of_ionic_radii(name):
    """Mean distance to oxygen within 10 % of Shannon's radii for the number of neighbours that the type has."""
    made = structure_of(phase(name))
    labels = np.array(made.labels)
    i, j, distance = neighbours(made, 3.3e-10)
    for label in dict.fromkeys(made.labels):
        shares = made.occupancy[label]
        if "O" in shares or "H" in shares:
            continue
        wanted = COORDINATION.get(name, {}).get(label, 6)
        expected = sum(s * (radius(name, e, wanted) + 1.38) for e, s in shares.items() if e != VACANCY)
        expected /= sum(s for e, s in shares.items() if e != VACANCY)
        for atom in np.flatnonzero(labels == label)[:1]:  # one stands for its orbit
            bonds = np.sort([d for d, k in zip(distance[i == atom], j[i == atom]) if "O" in made.occupancy[labels[k]]])
            near = bonds[:wanted] * 1e10
            assert len(near) == wanted, label
            assert near.mean() == pytest.approx(expected, rel=0.1, abs=0), label
            assert len(bonds) == wanted or bonds[wanted] > 1.09 * bonds[wanted - 1], label  # the next are farther


def charge(name: str, element: str) -> float:
    """The usual charge; of the one element that has none, what neutrality leaves to it."""
    if name in CHARGES:
        return CHARGES[name][element]
    counts = element_counts(phase(name).formula)
    (free,) = set(counts) - set(USUAL) or {None}
    if element != free:
        return USUAL[element]
    return -sum(USUAL[e] * n for e, n in counts.items() if e != free) / counts[free]


def radius(name: str, element: str, around: int) -> float:
    """Shannon's radius [angstrom], between whole charges in proportion; the nearest tabulated coordination."""
    from pymatgen.core import Element

    rows = {int(k): v for k, v in Element(element).data["Shannon radii"].items()}
    found = {}
    for state, table in rows.items():
        numbers = {ROMAN[k]: v for k, v in table.items() if k in ROMAN}
        spins = numbers[min(numbers, key=lambda n: abs(n - around))] if numbers else {}
        if spins:
            found[state] = np.mean([s["ionic_radius"] for s in spins.values()])
    states = sorted(found)
    return float(np.interp(charge(name, element), states, [found[s] for s in states]))


USUAL = {
    "O": -2,
    "H": 1,
    "Li": 1,
    "Mg": 2,
    "Zn": 2,
    "Al": 3,
    "La": 3,
    "Y": 3,
    "Ti": 4,
    "Zr": 4,
    "Hf": 4,
    "Ce": 4,
    "Sn": 4,
}
USUAL |= {"C": 4, "Si": 4, "P": 5, "V": 5, "Nb": 5, "Ta": 5, "Mo": 6, "W": 6}
ROMAN = {k: n for n, k in enumerate(("III", "IV", "V", "VI", "VII", "VIII", "IX", "X"), 3)}
_LAYERED = {"Ni": 3, "Co": 3, "Mn": 4, "Al": 3, "Li": 1}
CHARGES = dict.fromkeys(("NCM90", "NMC811", "NMC622", "NMC111", "NCA", "layered layer"), _LAYERED)
CHARGES |= {n: {"Li": 1, "Ni": 2.43} for n in ("rock salt layer", "lithiated rock salt")}
CHARGES |= {"NiCo2O4": {"Ni": 2, "Co": 3}, "LiNi0.5Mn1.5O4": {"Li": 1, "Ni": 2, "Mn": 4}}
CHARGES |= {"Li1.3Nb0.3Mn0.4O2": {"Li": 1, "Nb": 5, "Mn": 3}}


# Length of a bond of unit valence to oxygen, angstrom: Brese and O'Keeffe, Acta Cryst. B47 (1991) 192; recalled
UNIT_BOND = {
    "H": 0.95,
    "Li": 1.466,
    "C": 1.39,
    "Mg": 1.693,
    "Al": 1.651,
    "Si": 1.624,
    "P": 1.617,
    "Ti": 1.815,
    "V": 1.803,
}
UNIT_BOND |= {"Cr": 1.724, "Mn": 1.74, "Fe": 1.745, "Co": 1.68, "Ni": 1.66, "Zn": 1.704, "Y": 2.019}
UNIT_BOND |= {
    "Zr": 1.937,
    "Nb": 1.911,
    "Mo": 1.907,
    "Sn": 1.905,
    "La": 2.172,
    "Ce": 2.028,
    "Hf": 1.923,
    "Ta": 1.92,
    "W": 1.917,
}
IDEAL = {n for n in KNOWN if phase(n).structure in ("wadsley-roth", "phenacite")} | {
    "Li3NbO4",
    "Li3Ni2NbO6",
}  # told in their sources
ODD = {("Mn3O4", "Mn1"), ("La2O3", "O2")}  # 2+ beside 3+; an oxygen with long bonds in the real crystal as well


@pytest.mark.parametrize("name", [n for n in KNOWN if n not in IDEAL])
def test_bond_valences_add_up_to_the_charge_of_every_ion(name):
    """sum exp((R0 - R)/0.37 angstrom) over an ion's bonds is its charge within a quarter: each coordinate counts."""
    made = structure_of(phase(name))
    i, j, distance = neighbours(made, 3.5e-10)
    for label in dict.fromkeys(made.labels):
        own = made.occupancy[label]
        found = 0.0
        for k in np.flatnonzero(i == made.labels.index(label)):
            other = made.occupancy[made.labels[j[k]]]
            if ("O" in own) != ("O" in other):
                cation = own if "O" in other else other
                unit = {e: UNIT_BOND[e] for e in cation if e != VACANCY}
                found += sum(cation[e] * math.exp((r - distance[k] * 1e10) / 0.37) for e, r in unit.items())
        wanted = 2 if "O" in own else sum(s * charge(name, e) for e, s in own.items() if e != VACANCY)
        assert found == pytest.approx(wanted, rel=0.255, abs=0) or (name, label) in ODD, label


def test_a_host_has_metal_and_lithium_layers_in_turn():
    made = structure_of(phase("NCM90"))
    z = {
        label: sorted(round(p[2], 3) for p, k in zip(made.positions, made.labels) if k == label)
        for label in ["M", "Li", "O"]
    }
    assert z["M"] == [0, 0.333, 0.667] and z["Li"] == [0.167, 0.5, 0.833] and len(z["O"]) == 6


def test_block_models_take_the_phases_own_cell_and_setting():
    """Ti2Nb10O29 is A2/m with a and c exchanged, Nb14W3O44 tetragonal: bonds stay those of octahedra."""
    for name in ("Ti2Nb10O29", "Nb14W3O44", "Nb12WO33", "Nb16W5O55", "TiNb2O7"):
        made = structure_of(phase(name))
        _, _, distance = neighbours(made, 2.3e-10)
        assert made.cell == phase(name).cell
        assert len(made.labels) == round(made.formula_units * sum(element_counts(phase(name).formula).values()))
        assert 1.70e-10 < distance.min() < 1.76e-10 or "T" not in made.labels
        assert distance.max() < 2.13e-10


def test_a_phase_without_positions_says_so_and_what_to_do():
    with pytest.raises(InputError, match="no atomic positions.*CIF"):
        structure_of(phase("Nb2O5"))
    with pytest.raises(InputError, match="no cell"):
        structure_of(read_phase("mine", {"formula": "NbO2", "density": "5 g/cm3"}))


MINE = {
    "formula": "NiO",
    "density": "6.8 g/cm3",
    "space_group": "Fm-3m",
    "formula_units": 4,
    "cell": {"a": "4.177 angstrom"},
    "sites": {"Ni": "0 0 0", "O": [0.5, 0.5, "1/2"]},
}


def test_ones_own_phase_may_have_sites():
    made = structure_of(read_phase("mine", MINE))
    assert made.element_counts == {"Ni": 1, "O": 1} and len(made.labels) == 8


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sites": {"Ni": "0 0"}}, "sites.Ni.position"),
        ({"sites": {"Ni": "0 0 x"}}, "sites.Ni.position"),
        ({"sites": {"Ni": "0 0 1/0"}}, "sites.Ni.position"),
        ({"sites": "Ni"}, "a label and its position"),
        ({"sites": {"metal": "0 0 0"}}, "sites.metal.elements"),
        ({"sites": {"M": {"position": "0 0 0", "elements": {"Ni": 0.6, "Co": 0.6}}}}, "add up to 1"),
        ({"sites": {"M": {"position": "0 0 0", "elements": {"nickel": 1}}}}, "symbols of elements"),
        ({"sites": {"M": {"position": "0 0 0", "element": "Ni"}}}, "sites.M.element"),
        ({"sites_grade": "sure"}, "sites_grade"),
    ],
)
def test_a_fault_in_ones_own_sites_is_named_by_its_path(change, says):
    with pytest.raises(InputError, match=says) as caught:
        read_phase("mine", MINE | change, "phases.mine")
    assert str(caught.value).startswith("phases.mine.sites") and "\n" not in str(caught.value)


def test_sites_that_do_not_give_the_formula_are_refused():
    with pytest.raises(InputError, match="those of NiO"):
        structure_of(read_phase("mine", MINE | {"sites": {"Ni": "0 0 0", "O": "1/4 1/4 1/4"}}))
    with pytest.raises(InputError, match="do not have its symmetry"):
        structure_of(read_phase("mine", MINE | {"cell": {"a": "4 angstrom", "c": "5 angstrom"}}))


# settings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["Fd-3m", "P2_1/c", "R-3m", "Pnma", "I4_1/amd", "Ia-3d"])
def test_operations_form_a_group_that_keeps_the_metric(symbol):
    first = settings_of(symbol)[0]
    matrices = {tuple(m.ravel()) for m in first.rotations}
    products = {tuple((a @ b).ravel()) for a in first.rotations[:8] for b in first.rotations[:8]}
    assert products <= matrices


def test_the_setting_follows_from_the_cell():
    hexagonal = UnitCell(a=2.9e-10, b=2.9e-10, c=14e-10, gamma=math.radians(120))
    rhombohedral = UnitCell(a=5e-10, b=5e-10, c=5e-10, alpha=0.6, beta=0.6, gamma=0.6)
    assert settings_that_fit(hexagonal, "R-3m")[0].letter == "R"
    assert settings_that_fit(rhombohedral, "R-3m")[0].letter == "P"
    assert settings_of("P2_1/n")[0].choice == "b2" and settings_of("P2_1/c")[0].choice == "b1"


def test_orbits_have_the_multiplicities_of_the_international_tables():
    setting = settings_of("Fd-3m")[0]
    wyckoff = {(1 / 8, 1 / 8, 1 / 8): 8, (1 / 2, 1 / 2, 1 / 2): 16, (0.26, 0.26, 0.26): 32, (0.1, 0.2, 0.37): 192}
    for position, sites in wyckoff.items():
        assert len(orbit(np.array(position), setting)) == sites


def test_metric_is_kept_or_not():
    cubic = settings_of("Fm-3m")[0].rotations
    assert keeps_metric(np.eye(3), cubic) and not keeps_metric(np.diag([1, 1, 1.01]), cubic)


def test_pymatgen_builds_the_same_crystals():
    """Structure.from_spacegroup expands the same representatives by tables of its own."""
    from pymatgen.core import Lattice, Structure

    for name in ("Al2O3", "ZrO2", "LiFePO4", "TiO2 rutile", "LiNbO3", "La2O3"):
        crystal, made = phase(name), structure_of(phase(name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = Structure.from_spacegroup(
                crystal.space_group,
                Lattice(crystal.cell.matrix * 1e10),
                [dict(site.elements) for site in crystal.sites],
                [site.position for site in crystal.sites],
            )
        apart = theirs.frac_coords[:, None] - made.positions
        distance = np.linalg.norm((apart - np.rint(apart)) @ made.cell.matrix, axis=2)
        assert sorted(distance.argmin(1)) == list(range(len(made.labels)))
        assert distance.min(1).max() < 1e-13
