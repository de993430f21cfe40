"""Energies, forces and stresses belong together; many cells at once are the same as one by one."""

from functools import partial

import numpy as np
import pytest

from epitropy.atomistics.atoms import ELECTRONVOLT, to_ase
from epitropy.atomistics.potentials import load, potential_names, potential_of
from epitropy.atomistics.relax import Settings, shaken
from epitropy.atomistics.together import in_step
from epitropy.atomistics.work import Job, relax_all, relaxed

NAMES = potential_names()


@pytest.fixture(scope="module")
def rattled(crystal):
    return shaken(to_ase(crystal("ZrO2")), 3, Settings(rattle=0.1e-10, strain=0.01))


@pytest.mark.parametrize("name", NAMES)
def test_forces_are_the_slope_of_the_energy(name, rattled):
    ask, step = load(name, "cpu").evaluate, 5e-3
    here = ask([rattled])[0]
    for atom, axis in ((0, 0), (5, 2), (11, 1)):
        ends = []
        for sign in (1, -1):
            moved = rattled.copy()
            moved.positions[atom, axis] += sign * step
            ends.append(ask([moved])[0].energy)
        assert here.forces[atom, axis] == pytest.approx(-(ends[0] - ends[1]) / (2 * step), abs=0.03)
    assert np.abs(here.forces.sum(0)).max() < 1e-3  # no net force


@pytest.mark.parametrize("name", NAMES)
def test_stress_is_the_slope_of_the_energy_over_strain(name, rattled):
    ask, step = load(name, "cpu").evaluate, 2e-3
    here = ask([rattled])[0].stress
    for i, j in ((0, 0), (2, 2), (1, 2)):
        ends = []
        for sign in (1, -1):
            bend = np.zeros((3, 3))
            bend[i, j] += sign * step / 2
            bend[j, i] += sign * step / 2
            bent = rattled.copy()
            bent.set_cell(rattled.cell.array @ (np.eye(3) + bend), scale_atoms=True)
            ends.append(ask([bent])[0].energy)
        slope = (ends[0] - ends[1]) / (2 * step) / rattled.get_volume()
        assert here[i, j] == pytest.approx(slope, abs=4e-3), "stress in eV/angstrom3, tension positive"


@pytest.mark.parametrize("name", NAMES)
def test_shares_of_atoms_add_up_and_a_graph_of_several_cells_changes_nothing(name, crystal):
    cells = [shaken(to_ase(crystal(n)), k, Settings()) for k, n in enumerate(("NiO", "ZrO2", "Li2O", "LiCoO2"))]
    ask = load(name, "cpu").evaluate
    for one, cell in zip(ask(cells), cells):
        alone = ask([cell])[0]
        assert one.site_energies.sum() == pytest.approx(one.energy, abs=1e-3)
        assert one.energy == pytest.approx(alone.energy, abs=1e-3)
        assert one.forces == pytest.approx(alone.forces, abs=2e-3)
        assert one.stress == pytest.approx(alone.stress, abs=2e-4)


def test_relaxing_in_step_ends_where_one_by_one_ends(crystal, tmp_path, monkeypatch):
    jobs = [Job(structure=crystal(n), potentials=("7net-0",)) for n in ("NiO", "ZrO2", "MnO")]
    alone = [relaxed(job)[0] for job in jobs]
    monkeypatch.setenv("EPITROPY_CACHE", str(tmp_path / "other"))
    finished = []
    together = in_step([partial(relaxed, job) for job in jobs], "cpu", done=finished.append)
    assert finished == [1, 2, 3]
    for one, (other,) in zip(alone, together):
        assert other.usable and other.energy == pytest.approx(one.energy, abs=2e-3 * ELECTRONVOLT)
        assert other.structure.cell.a == pytest.approx(one.structure.cell.a, rel=1e-4)


def test_a_fault_in_one_of_many_is_raised(crystal):
    from epitropy.errors import InputError

    def broken(loader):
        raise InputError("x", "broken", "")

    with pytest.raises(InputError, match="broken"):
        in_step([broken], "cpu")


def test_two_processes_give_what_one_gives(crystal, tmp_path, monkeypatch):
    jobs = [Job(structure=crystal(n), potentials=("7net-0",), seed=2) for n in ("NiO", "CoO")]
    here = relax_all(jobs, workers=1)
    monkeypatch.setenv("EPITROPY_CACHE", str(tmp_path / "other"))
    there = relax_all(jobs, workers=2)
    for (one,), (two,) in zip(here, there):
        assert two.energy == pytest.approx(one.energy, abs=1e-4 * ELECTRONVOLT)


def test_a_potential_says_what_it_is():
    found = potential_of("7net-0")
    assert found.package == "sevenn" and len(found.checksum) == 16 and found.checksum in found.label
    assert len({potential_of(name).checksum for name in NAMES}) == len(NAMES)
