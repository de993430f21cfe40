"""How far nickel moves in 5 h at 700 degC: 50 nm through the lattice of NiO, a micrometre along its grain boundaries.

A. Atkinson and R. I. Taylor, J. Mater. Sci. 13 (1978) 427, 10.1007/BF00647789, measured tracer nickel down to
700 degC: D = 1.5e-2 cm2/s exp(-242.7 kJ/mol / RT), and delta D = 3e-19 cm3/s along boundaries at 600 degC. This is why
a coating of a few nanometres mixes with its host in an anneal, and why boundaries can take in much of it.

Run it to see the numbers; `python examples/interdiffusion.py boundaries.png` also draws where the coating goes.
"""

import math
import sys
from dataclasses import replace

import numpy as np

from epitropy.anneal.boundaries import Paths, decay_depth, infiltrate
from epitropy.anneal.laws import boundary_spacing
from epitropy.anneal.programme import segments, thermal_time
from epitropy.anneal.spec import REFERENCE_TEMPERATURE, Anneal
from epitropy.constants import GAS_CONSTANT
from epitropy.laws import arrhenius
from epitropy.records.sourced import Sourced

D0, ACTIVATION = 1.5e-6, 242.7e3  # m2/s, J/mol
WIDTH = 1e-9  # m, the usual convention
ALONG, ALONG_ACTIVATION = 3e-25 / WIDTH, 180e3  # m2/s at 600 degC; J/mol: Stubican, Phil. Mag. A 68 (1993) 809
GRAIN = 0.4e-6  # m


def main() -> float:
    """Diffusion length of nickel in the lattice of NiO during 5 h at 700 degC [nm]."""
    hold, temperature = Sourced(value=5 * 3600.0, unit="s"), Sourced(value=973.15, unit="K")
    programme = segments(replace(Anneal(), time=hold, temperature=temperature))
    values = np.array(
        [
            D0 * math.exp(-ACTIVATION / (GAS_CONSTANT * REFERENCE_TEMPERATURE)),
            arrhenius(ALONG, ALONG_ACTIVATION, REFERENCE_TEMPERATURE, 873.15),
        ]
    )
    at_top = programme[programme[:, 1] == 0]
    lattice, boundary = thermal_time(at_top, values, [ACTIVATION, ALONG_ACTIVATION])
    ramped = thermal_time(programme, values, [ACTIVATION, ALONG_ACTIVATION])[0]
    paths = Paths(lattice=lattice, boundary=boundary, width=WIDTH, spacing=boundary_spacing(GRAIN))
    print(f"lattice of NiO, 5 h at 700 degC        {1e9 * math.sqrt(lattice):6.1f} nm")
    print(f"  with heating and cooling at 5 K/min  {1e9 * math.sqrt(ramped):6.1f} nm")
    print(f"boundaries, if they lost nothing       {1e6 * math.sqrt(boundary):6.1f} um")
    print(f"boundaries, losing to 0.4 um grains    {1e6 * decay_depth(paths):6.1f} um")
    return 1e9 * math.sqrt(lattice)


def article(celsius: float, hours: float):
    """The coating of the default study after an anneal, in the boundaries of 10 um particles of 0.4 um grains."""
    dials = {"temperature": celsius + 273.15, "time": hours * 3600.0}
    spec = Anneal()
    return infiltrate(
        replace(spec, **{name: replace(getattr(spec, name), value=value) for name, value in dials.items()}),
        film_cations={"Nb": 2.2e-4, "W": 1.8e-5, "Zr": 1.2e-5},
        grain_size=GRAIN,
        particle_radius=5e-6,
        host_site_density=49.0e3,
        film_site_density=33.9e3,
    )


def draw(path: str) -> None:
    """Coating taken in over depth for three times, and where niobium ends over temperature."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for hours in (0.5, 5, 50):
        found = article(700, hours)
        left.plot(found.depth * 1e6, found.profile * 1e9, label=f"{hours:g} h at 700 °C")
    left.set(xlabel="depth in the particle (µm)", ylabel="coating per area of boundary (nm)", xlim=(0, 3), ylim=0)
    left.legend(frameon=False)
    celsius = np.arange(500, 851, 10)
    shares = np.array([(f.share["Nb"], f.share_below["Nb"]) for f in (article(c, 5) for c in celsius)]).T * 100
    right.stackplot(celsius, *shares, 100 - shares.sum(axis=0), colors=["#3b6ea5", "#9dbbd8", "#efebdf"])
    right.text(765, 35, "through boundaries", ha="center", color="white")
    right.text(662, 74, "under the film", ha="center", va="center", rotation=50)
    right.text(555, 80, "left in the film", ha="center")
    right.set(xlabel="temperature, 5 h (°C)", ylabel="share of the niobium (%)", xlim=(500, 850), ylim=(0, 100))
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()
    for path in sys.argv[1:]:
        draw(path)
