"""The picture holds what the record says."""

from __future__ import annotations

import numpy as np
import pytest

from epitropy.crystals.wadsley_roth import model
from epitropy.report.pathway_figures import _flat, _raster, pathway_figure
from epitropy.transport.landscape import framework_charges, landscape
from epitropy.transport.pathways import EV, pathways_of


@pytest.fixture(scope="module")
def blocks():
    structure = model("TiNb2O7").structure
    energies = landscape(structure, spacing=0.2e-10)
    return structure, energies, pathways_of(energies, charges=framework_charges(structure))


def test_figure_and_its_numbers(blocks, tmp_path):
    structure, energies, found = blocks
    drawing = pathway_figure(found, energies, structure)
    drawing.figure.savefig(tmp_path / "ways.png")
    assert (tmp_path / "ways.png").stat().st_size > 10_000
    rows = {row[0]: row for row in drawing.rows}
    assert rows["010"][1] == pytest.approx(found.facets["010"].through / EV, rel=1e-9)
    assert rows["010"][3] == "True" and rows["001"][3] == "False"
    assert "no activation energies" in drawing.caption


def test_channels_lie_in_the_windows_of_the_blocks(blocks):
    """Along every open column of the model the map is low, on its cations high."""
    structure, energies, _ = blocks
    edge = _flat(energies, 1)
    x, y, value = _raster(energies, 1, edge)

    def at(positions):
        flat = np.delete(positions % 1, 1, axis=1) @ edge
        inside = (flat >= [x[0], y[0]]).all(1) & (flat <= [x[-1], y[-1]]).all(1)
        columns = np.searchsorted(x, flat[inside, 0]).clip(0, x.size - 1)
        return value[np.searchsorted(y, flat[inside, 1]).clip(0, y.size - 1), columns]

    metals = structure.positions[[k for k, label in enumerate(structure.labels) if label == "M"]]
    assert at(model("TiNb2O7").windows).max() < 0.3 < 3 < at(metals).min()
