"""A layer on a host that breathes: which facets count, where it fails, and how thick it may be.

Run it to see the numbers; `python examples/strain.py strain.png` also draws misfit, stress and critical thickness.
"""

import sys

import numpy as np

from epitropy.catalogue import phase
from epitropy.hosts import host_curves
from epitropy.records.sourced import Sourced
from epitropy.report.strain_figures import Track, strain_figure
from epitropy.strain.facets import shares
from epitropy.strain.stage import facet_path, grain_path

TOUGHNESS = Sourced(value=0.5, unit="J/m2", distribution="lognormal", spread=(1.2,), source="oxide interfaces, assumed")
BOUNDARIES = Sourced(value=0.13, unit="J/m2", distribution="lognormal", spread=(0.5,), source="NMC, assumed")
LITHIUM = (1.0, 0.5, 0.3, 0.1)


def paths():
    """A layered layer and a rock-salt skin of 5 nm on all facets of the host, and grain against grain."""
    host = host_curves("ncm90", "ncm90")
    weights = shares(phase("NCM90").cell).weights
    films = {"layered layer": "layered layer", "rock salt layer": "rock-salt skin"}
    for name, title in films.items():
        yield facet_path(title, host, phase(name), shares=weights, thickness=5e-9), TOUGHNESS
    layer = phase("layered layer")
    args = {"shares": weights, "thickness": 5e-9, "held": 0.0}
    yield facet_path("layer relaxed at x = 1", host, layer, **args), TOUGHNESS
    yield grain_path(host, grain_size=0.4e-6, breathing=1.0, young_modulus=175e9, poisson_ratio=0.25), BOUNDARIES


def main() -> float:
    """Energy of a coherent rock-salt film on (003) at x = 1 [J/m2 per nm]."""
    particle = shares(phase("NCM90").cell)
    print("Shape of least surface energy: " + ", ".join(f"({f.facet}) {100 * f.share:.0f} %" for f in particle.facets))
    span = f"{100 * particle.open_low:.0f} to {100 * particle.open_high:.0f}"
    print(f"Lithium passes {100 * particle.open_share:.0f} % of the surface ({span})")
    print("Stress / GPa, and below it critical thickness / nm, on all facets of that shape")
    print(f"{'':<24}" + "".join(f"{f'x = {x:g}':>10}" for x in LITHIUM))
    for path, toughness in paths():
        stress = np.interp(LITHIUM, path.lithium, path.stress) / 1e9
        height = 1e9 * np.interp(LITHIUM, path.lithium, np.minimum(path.critical_thickness(toughness.value), 1e-5))
        print(f"{path.name:<24}" + "".join(f"{s:>10.2f}" for s in stress))
        print(f"{'':<24}" + "".join(f"{h:>10.1f}" if h < 1e4 else f"{'any':>10}" for h in height))
    host = host_curves("ncm90", "ncm90")
    basal = facet_path("(003)", host, phase("rock salt layer"), shares={"003": 1.0}, thickness=1e-9)
    return float(basal.energy_density[-1]) * 1e-9


if __name__ == "__main__":
    print(f"Rock salt on (003) of the lithiated host stores {main():.3f} J/m2 per nm")
    for path in sys.argv[1:]:
        strain_figure([Track(path=p, toughness=t) for p, t in paths()]).savefig(path, dpi=130)
