"""NiO on NCM90 as atoms: the continuation of the oxygen layers, every pair of terminations, ready for DFT.

Run it to see the models; `python examples/interface.py FOLDER` also writes them as CIF, POSCAR and extended XYZ.
"""

import sys

from epitropy.catalogue import phase
from epitropy.crystals.library import structure_of
from epitropy.epitaxy.interface import interface_models, write_models
from epitropy.epitaxy.stage import best_matches, shared_oxygen_continuation
from epitropy.records.epitaxy import LatticeMatch
from epitropy.records.interface import InterfaceModel


def continuation() -> LatticeMatch:
    """(003) of the host on (111) of NiO, oxygen row on oxygen row."""
    matches = best_matches(phase("NCM90"), [phase("NiO")], max_area=8e-20, max_strain=0.04)
    return shared_oxygen_continuation(matches)[0]


def models(match: LatticeMatch) -> tuple[InterfaceModel, ...]:
    """Four interface cells side by side, 2 nm of host, 1 nm of film, strain on the film."""
    host, film = phase(match.host), phase(match.film)
    return interface_models(
        structure_of(host),
        structure_of(film),
        match,
        host_thickness=2e-9,
        film_thickness=1e-9,
        film_poisson=film.poisson_ratio.value,
        supercell=(2, 2),
    )


def main() -> float:
    """Area of the common cell on the unstrained film [A2]; 7.57 is sqrt(3)/4 a^2 of NiO with a = 4.18 A."""
    match = continuation()
    print(f"{match.orientation}, {match.area * 1e20:.2f} A2, strain of the film {match.principal_strain[0]:+.2%}")
    print(f"{'host ends | film begins':<44}{'Tasker':>7}{'gap / A':>9}{'atoms':>7}  left out")
    for model in models(match):
        ends = f"{model.host_termination.split('|')[0]} | {model.film_termination.split('|')[1]}"
        missing = ", ".join(f"{n} {e}" for e, n in model.left_out.items()) or "nothing"
        charge = model.boundary_charge["interface"]
        left = f", {charge:+.2f} C/m2 stay" if abs(charge) > 1e-6 else ""
        types = f"{model.host_tasker}, {model.film_tasker}"
        print(f"{ends:<44}{types:>7}{model.gap * 1e10:9.2f}{model.atoms:7d}  {missing}{left}")
    return match.area * 1e20


if __name__ == "__main__":
    main()
    for folder in sys.argv[1:]:
        print(*write_models(models(continuation()), folder), sep="\n")
