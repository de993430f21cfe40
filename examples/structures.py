"""Atoms for other programs: the host at half charge, and a layer of four cations that continues its lattice.

Run it to see the numbers; `python examples/structures.py half.cif layer.extxyz` also writes both.
"""

import sys

from epitropy.crystals.files import write
from epitropy.crystals.hosts import delithiated, slab_thicknesses
from epitropy.crystals.neighbours import shortest_distances, supercell
from epitropy.crystals.ordering import decorated
from epitropy.hosts import host_curves

LAYER = {"Ni": 0.4, "Nb": 0.2, "Zr": 0.2, "W": 0.2}


def half_charged():
    """NCM90 with half of its lithium."""
    return delithiated("NCM90", 0.5, host_curves("ncm90", "ncm90"))


def layer():
    """A quasirandom layer on the metal sites of the full host."""
    full = delithiated("NCM90", 1.0, host_curves("ncm90", "ncm90"))
    return decorated(supercell(full, (5, 4, 1)), "M", LAYER, seed=1)


def main() -> float:
    """Metal-oxygen distance of the full host [angstrom]; the sum of Shannon's radii of Ni3+ and O2- is 1.94."""
    curves = host_curves("ncm90", "ncm90")
    print("lithium   M-O   MO2 slab   lithium slab, angstrom")
    for lithium in (1.0, 0.5, 0.3, 0.1):
        made = delithiated("NCM90", lithium, curves)
        slabs = "   ".join(f"{t * 1e10:8.2f}" for t in slab_thicknesses(made))
        print(f"{lithium:7.1f}  {shortest_distances(made)['M-O'] * 1e10:.3f} {slabs}")
    made = layer()
    print(f"layer: {len(made.structure.labels)} atoms, largest pair correlation {made.deviation:.3f}")
    return shortest_distances(delithiated("NCM90", 1.0, curves))["M-O"] * 1e10


if __name__ == "__main__":
    main()
    for path, made in zip(sys.argv[1:], (half_charged(), layer().structure)):
        write(made, path, "unrelaxed=T")
