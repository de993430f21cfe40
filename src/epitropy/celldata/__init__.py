"""What a laboratory measured on a cell, from whatever file it has: own CSV, Battery Data Format, exports of cyclers."""

from .columns import Column, Shown, parse_choices
from .reading import File, read_cells, read_file
from .said import Source
from .writing import bdf_cycles, own_csv, write_bdf_series

__all__ = [
    "Column",
    "File",
    "Shown",
    "Source",
    "bdf_cycles",
    "own_csv",
    "parse_choices",
    "read_cells",
    "read_file",
    "write_bdf_series",
]
