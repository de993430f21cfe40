"""Potentials by name: loaded once a process, asked about many cells at a time."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..records.atoms import Potential
from ..sources import table

if TYPE_CHECKING:
    from ase import Atoms

EXTRA = "Install the extra: pip install 'epitropy[atomistics]'."
DEFAULT, SECOND = "7net-0", "chgnet"
DEVICES = ("cpu", "cuda", "auto")
_ABSENT = {"chgnet": {*range(84, 89)}}  # as for SevenNet: the shared training set holds no Po, At, Rn, Fr, Ra


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Energy [eV] and its shares by atom (n,), forces (n, 3) [eV/angstrom], stress (3, 3) [eV/angstrom3]."""

    energy: float
    site_energies: np.ndarray
    forces: np.ndarray
    stress: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A potential ready to be asked; ``elements`` are the atomic numbers that it was trained on."""

    potential: Potential
    elements: frozenset[int]
    device: str
    bytes_per_atom: float
    evaluate: Callable[[Sequence[Atoms]], list[Evaluation]]  # all cells in one graph


def potential_names() -> tuple[str, ...]:
    """Names of the potentials that can be asked.

    >>> potential_names()
    ('7net-0', '7net-mf-0', 'chgnet')
    """
    return tuple(table("potentials.toml"))


def require_extra() -> None:
    """One line for a missing extra, before anything slow."""
    missing = [p for p in ("torch", "ase", "sevenn", "chgnet") if importlib.util.find_spec(p) is None]
    if missing:
        raise InputError("atomistics", f"not installed: {', '.join(missing)}", "", EXTRA)


@cache
def potential_of(name: str) -> Potential:
    """Version and checksum of a potential, without loading it."""
    require_extra()
    row = _row(name)
    try:
        found = version(row["package"])
    except PackageNotFoundError:
        raise InputError("potential", f"'{name}' needs {row['package']}", "", EXTRA) from None
    folder = Path(importlib.util.find_spec(row["package"]).origin).parent
    digest = hashlib.sha256((folder / row["weights"]).read_bytes()).hexdigest()[:16]
    return Potential(name=name, package=row["package"], version=found, checksum=digest, source=row["source"])


@cache
def load(name: str, device: str = "auto") -> Loaded:
    """A potential on a device: "cpu", "cuda", or "auto" for a GPU where there is one.

    Raises `InputError` for an unknown name, a missing extra, and a GPU that is asked for but not there.
    """
    known = potential_of(name)
    row, place = _row(name), device_of(device)
    make = {"sevenn": _sevennet, "chgnet": _chgnet}[row["package"]]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        elements, evaluate = make(row, place)
    return Loaded(
        potential=known, elements=elements, device=place, bytes_per_atom=row["bytes_per_atom"], evaluate=evaluate
    )


def _row(name: str) -> dict[str, Any]:
    rows = table("potentials.toml")
    if name not in rows:
        raise InputError("potential", f"unknown potential '{name}'", ", ".join(rows))
    return rows[name]


def device_of(asked: str) -> str:
    """Either cpu or cuda, for what was asked; a GPU that is not there is refused."""
    import torch

    if asked not in DEVICES:
        raise InputError("device", f"'{asked}'", ", ".join(DEVICES))
    here = torch.cuda.is_available()
    if asked == "cuda" and not here:
        raise InputError("device", "cuda, but no GPU is there", "cpu or auto", "Leave out --device, or say cpu.")
    return "cuda" if here and asked != "cpu" else "cpu"


def _sevennet(row: dict[str, Any], device: str) -> tuple[frozenset[int], Callable]:
    import sevenn._keys as key
    from sevenn.atom_graph_data import AtomGraphData
    from sevenn.calculator import SevenNetCalculator
    from sevenn.train.dataload import unlabeled_atoms_to_graph
    from torch_geometric.loader.dataloader import Collater

    made = SevenNetCalculator(row["model"], device=device, modal=row.get("modal"))
    made.model.set_is_batch_data(True)
    together = Collater([], follow_batch=None, exclude_keys=None)

    def graph(atoms: Atoms) -> Any:
        found = AtomGraphData.from_numpy_dict(unlabeled_atoms_to_graph(atoms, made.cutoff, with_shift=False))
        if made.modal:
            found[key.DATA_MODALITY] = made.modal
        return found

    def evaluate(cells: Sequence[Atoms]) -> list[Evaluation]:
        output = made.model(together([graph(atoms) for atoms in cells]).to(device))
        energy, shares, forces, stress = (
            output[k].detach().cpu().numpy().astype(float)
            for k in (key.PRED_TOTAL_ENERGY, key.ATOMIC_ENERGY, key.PRED_FORCE, key.PRED_STRESS)
        )
        ends = np.cumsum([len(atoms) for atoms in cells])[:-1]
        parts = zip(energy, np.split(shares.ravel(), ends), np.split(forces, ends), stress)
        return [
            Evaluation(energy=float(e), site_energies=w, forces=f, stress=_full(-s[[0, 1, 2, 4, 5, 3]]))
            for e, w, f, s in parts
        ]

    return frozenset(made.type_map), evaluate


def _full(voigt: np.ndarray) -> np.ndarray:
    """xx, yy, zz, yz, xz, xy to a symmetric matrix."""
    xx, yy, zz, yz, xz, xy = voigt
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _chgnet(row: dict[str, Any], device: str) -> tuple[frozenset[int], Callable]:
    from ase.units import GPa
    from chgnet.model.model import CHGNet
    from pymatgen.io.ase import AseAtomsAdaptor

    model = CHGNet.load(model_name=row["model"], use_device=device, verbose=False)
    model.graph_converter.set_isolated_atom_response("ignore")

    def evaluate(cells: Sequence[Atoms]) -> list[Evaluation]:
        graphs = [model.graph_converter(AseAtomsAdaptor.get_structure(atoms)) for atoms in cells]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of torch, about a line of chgnet's own
            found = model.predict_graph(graphs, task="efs", return_site_energies=True, batch_size=len(cells))
        return [
            Evaluation(
                energy=float(one["e"]) * len(atoms),
                site_energies=one["site_energies"].astype(float),
                forces=one["f"].astype(float),
                stress=one["s"].astype(float) * GPa,
            )
            for atoms, one in zip(cells, found if isinstance(found, list) else [found])
        ]

    trained = frozenset(range(1, 95)) - _ABSENT[row["package"]]
    return trained, evaluate
