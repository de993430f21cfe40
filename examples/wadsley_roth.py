"""Nb12WO33 from two numbers: its blocks are 3 x 4 octahedra. What it weighs, and where lithium has room.

Run it to see the numbers; `python examples/wadsley_roth.py block.png Nb12WO33.cif` also draws and writes it.
"""

import sys

from epitropy.catalogue import phase
from epitropy.crystals.block_picture import picture
from epitropy.crystals.files import write
from epitropy.crystals.neighbours import shortest_distances
from epitropy.crystals.symmetry import density, space_group
from epitropy.crystals.voids import openings
from epitropy.crystals.wadsley_roth import model, model_names


def main() -> float:
    """Density of Nb12WO33 on the ideal grid [g/cm3]; 4.76 from the cell of Roth and Wadsley (1965)."""
    print(f"{'model':<14}{'block':>6}{'group':>7}{'g/cm3':>7}{'columns':>9}{'along b':>9}{'across walls':>14}")
    for name in model_names():
        made = model(name)
        along, across = openings(made.structure)
        print(
            f"{name:<14}{made.m} x {made.n:<2}{space_group(made.structure):>7}{density(made.structure) / 1e3:7.2f}"
            f"{made.columns_per_formula_unit:9.2f}{along.clearance * 1e10:7.3f} A{across.clearance * 1e10:12.3f} A"
        )
    ours = model("Nb12WO33").structure
    contacts = ", ".join(f"{pair} {d * 1e10:.2f}" for pair, d in shortest_distances(ours).items())
    print("columns per formula unit; clearances to the nearest ion centre")
    print(f"Nb12WO33, shortest distances in A: {contacts}")
    print(f"Density of the measured cell: {phase('Nb12WO33').density.value / 1e3:.2f} g/cm3")
    return density(ours) / 1e3


if __name__ == "__main__":
    main()
    for path in sys.argv[1:]:
        if path.endswith(".png"):
            picture(model("Nb12WO33")).savefig(path, dpi=130)
        else:
            write(model("Nb12WO33").structure, path)
