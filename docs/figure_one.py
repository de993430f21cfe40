"""Writes docs/pictures/figure1.png from the article's study: ``python docs/figure_one.py``, a quarter of a minute."""

from __future__ import annotations

from pathlib import Path

from epitropy.report.figure_one import draw, file_bytes
from epitropy.report.scene import scene
from epitropy.study import load_study

PICTURE = Path(__file__).parent / "pictures" / "figure1.png"

if __name__ == "__main__":
    made = scene(load_study("zhao2024"))
    PICTURE.write_bytes(file_bytes(draw(made), ".png", made.hash, dpi=140))
