"""Where lithium runs: block channels, layers, and what that makes of a film on a particle.

Run it to see the numbers; `python examples/pathways.py channels.png` also draws the channels of Nb12WO33.
"""

import sys

from epitropy.catalogue import phase
from epitropy.crystals.library import structure_of
from epitropy.records.pathways import Face
from epitropy.sources import default
from epitropy.transport.film import film_resistances
from epitropy.transport.landscape import framework_charges, landscape
from epitropy.transport.pathways import EV, pathways, pathways_of

FACETS = [(0, 1, 0), (1, 0, 0), (0, 0, 1)]


def main(picture: str = "") -> float:
    """Barrier of olivine LiFePO4 along b [eV]; bvlain 0.25.1 finds 0.410 with the same parameters."""
    for name in ("Nb12WO33", "NCM90", "LiFePO4", "NiO"):
        found = pathways(structure_of(phase(name)))
        ways = ", ".join(f"{w.dimensions}D at {w.barrier / EV:.2f} eV" for w in found.ways)
        shut = [f"({label})" for label, facet in found.facets.items() if not facet.open]
        print(f"{name:<10} {ways:<28} shut: {' '.join(shut) or 'none'}")

    blocks = structure_of(phase("Nb12WO33"))
    energies = landscape(blocks)
    found = pathways_of(energies, facets=FACETS, charges=framework_charges(blocks))
    conductivity = default("layer.lithium_conductivity", "S/m")
    print("7 nm of Nb12WO33, its channels upright or lying, on the facets that pass lithium (70 % of the particle):")
    for plane in FACETS[:2]:
        faces = [
            Face(host_facet="104", film_plane=plane, share=0.7),
            Face(host_facet="003", film_plane=plane, share=0.3, host_open=False),
        ]
        film = film_resistances(found, thickness=7e-9, conductivity=conductivity, faces=faces)
        low, middle, high = (1e4 * r for r in (film.low, film.resistance, film.high))
        print(f"  {plane} up: {middle:.3g} ohm cm2 of particle, 80 % interval {low:.2g} to {high:.2g}")
    if picture:
        from epitropy.report.pathway_figures import pathway_figure

        pathway_figure(found, energies, blocks).figure.savefig(picture, dpi=150)
    return pathways(structure_of(phase("LiFePO4"))).easiest / EV


if __name__ == "__main__":
    main(*sys.argv[1:2])
