"""Bad input: one line, before anything slow."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.atomistics import potentials
from epitropy.atomistics.atoms import check_cell
from epitropy.atomistics.mixing import decoration, host_cell, host_of, mix, whole_atoms
from epitropy.atomistics.potentials import load
from epitropy.atomistics.tables import plan
from epitropy.atomistics.work import Job, relax_all
from epitropy.errors import InputError


def test_elements_that_no_training_set_held(crystal):
    cell = replace(crystal("CoO"), occupancy={"Co": {"Po": 1.0}, "O": {"O": 1.0}})
    for name in potentials.potential_names():
        with pytest.raises(InputError, match="Po, on which"):
            check_cell(cell, load(name, "cpu"))


def test_atoms_that_overlap(crystal):
    cell = crystal("CoO")
    with pytest.raises(InputError, match="apart; allowed: 0.7 angstrom"):
        check_cell(replace(cell, positions=np.array([[0, 0, 0], [0.05, 0, 0]])), load("7net-0", "cpu"))


def test_one_atom_is_no_crystal(crystal):
    cell = crystal("CoO")
    alone = replace(cell, labels=("Co",), positions=cell.positions[:1])
    with pytest.raises(InputError, match="one atom"):
        check_cell(alone, load("7net-0", "cpu"))


def test_memory_is_estimated_first(crystal, monkeypatch):
    monkeypatch.setattr("epitropy.atomistics.atoms.free_memory", lambda device: 5e6)
    with pytest.raises(InputError, match="GB are free"):
        check_cell(crystal("ZrO2"), load("7net-0", "cpu"))


def test_a_gpu_that_is_not_there():
    import torch

    if torch.cuda.is_available():
        assert load("7net-0", "cuda").device == "cuda"
    else:
        with pytest.raises(InputError, match="no GPU is there"):
            load("7net-0", "cuda")


def test_unknown_names():
    with pytest.raises(InputError, match="unknown potential 'mace'"):
        load("mace", "cpu")
    with pytest.raises(InputError, match="device: 'tpu'"):
        load("chgnet", "tpu")


def test_a_missing_extra_is_one_line(monkeypatch):
    find = potentials.importlib.util.find_spec
    monkeypatch.setattr(potentials.importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))
    with pytest.raises(InputError) as told:
        potentials.require_extra()
    assert str(told.value) == "atomistics: not installed: torch. Install the extra: pip install 'epitropy[atomistics]'."


def test_mixed_sites_must_be_arranged_first():
    from epitropy.catalogue import phase
    from epitropy.crystals.library import structure_of

    with pytest.raises(InputError, match="several elements on one site"):
        relax_all([Job(structure=structure_of(phase("NMC811")), potentials=("7net-0",))], workers=1)


def test_shares_become_whole_atoms():
    cell = host_cell(host_of("layered", plan()["hosts"]["layered"]))
    assert whole_atoms(cell, {"Ni": 0.9, "Nb": 0.1})[0] == {"Ni": 11, "Nb": 1}
    for wrong in ({}, {"Ni": -1.0, "Nb": 2.0}, {"Ni": 0.0}):
        with pytest.raises(InputError, match="composition"):
            whole_atoms(cell, wrong)
    with pytest.raises(InputError, match="5 atoms for 12 sites"):
        decoration(cell, {"Ni": 5}, 1)


def test_what_is_refused_is_not_averaged(crystal):
    """Two steps converge nothing: no energy, and every arrangement is told."""
    from epitropy.atomistics.relax import Settings

    host = host_of("fluorite", plan()["hosts"]["fluorite"])
    (found,) = mix([(host, {"Zr": 6, "Nb": 1, "Ni": 1})], ("chgnet",), settings=Settings(steps=2), workers=1)
    assert np.isnan(found.energy) and found.decorations == 0 and len(found.refused) == 3
