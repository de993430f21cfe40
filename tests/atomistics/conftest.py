"""Real potentials on small cells. Without the extra nothing here is collected; `make test-atoms` installs it."""

import importlib.util

import pytest

if importlib.util.find_spec("sevenn") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Every test asks the potentials itself."""
    monkeypatch.setenv("EPITROPY_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def crystal():
    """Atoms of a phase of the library in a smallest cell."""
    from epitropy.catalogue import phase
    from epitropy.crystals.library import structure_of
    from epitropy.crystals.symmetry import primitive

    return lambda name: primitive(structure_of(phase(name)))
