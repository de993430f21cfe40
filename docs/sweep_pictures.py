"""Writes docs/pictures/sweep-*.png from finished sweeps: ``python docs/sweep_pictures.py DIR`` with DIR/partners."""

from __future__ import annotations

import sys
from pathlib import Path

from epitropy.report.figure_one import file_bytes
from epitropy.report.sweep_figures import drawings
from epitropy.sweep.export import sweep_of
from epitropy.sweep.folder import open_folder

HERE = Path(__file__).parent
DRAWN = {
    "sweep-partners": ("partners", "over-coated-retention-200"),
    "sweep-thickness": ("thickness", "trade-off"),
    "design-tailored": ("tailored", "searched-coated-retention-200"),
    "design-sensitivity": ("tailored", "sensitivity"),
}


def main(folder: Path) -> None:
    for picture, (name, drawing) in DRAWN.items():
        found = open_folder(folder / name)
        (chosen,) = (d for d in drawings(found, sweep_of(found)) if d.name == drawing)
        (HERE / "pictures" / f"{picture}.png").write_bytes(file_bytes(chosen, ".png", name, 130))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
