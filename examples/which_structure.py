"""Which structure the host's cations take, from oxygen to hot nitrogen, by shipped energies of two potentials.

Run it to see the numbers. No potential is asked: energies ship as data.
"""

from epitropy.anneal.spec import Anneal
from epitropy.anneal.stage import decomposition_energy_at
from epitropy.constants import ATMOSPHERE
from epitropy.phases.energies import EV, energy_set
from epitropy.phases.laws import oxygen_potential
from epitropy.phases.pricing import Conditions, outcome, price

HOST = {"Ni": 0.9, "Co": 0.05, "Mn": 0.05}
FURNACES = ((700, 1.0), (700, 0.21), (700, 1e-5), (1000, 1e-5))  # degC, atm of oxygen
FROM_ZERO = 8.683e3  # J/mol, H(298) - H(0) of O2, NIST-JANAF


def structure(potential: str, celsius: float, atmospheres: float) -> str:
    """The best single phase of the host's cations, lithium and oxygen free to leave."""
    temperature, pressure = celsius + 273.15, atmospheres * ATMOSPHERE
    window = decomposition_energy_at(Anneal(), temperature, pressure)
    at = Conditions(temperature=temperature, oxygen_pressure=pressure, window=window)
    return outcome(price(energy_set(potential), HOST, HOST, at)).host


def main() -> float:
    """Chemical potential of oxygen at 1000 K and 1 atm over its energy at 0 K, eV an atom; published: -1.10."""
    print("degC    atm O2   7net-0       chgnet")
    for celsius, atmospheres in FURNACES:
        found = "   ".join(f"{structure(p, celsius, atmospheres):10s}" for p in ("7net-0", "chgnet"))
        print(f"{celsius:4.0f} {atmospheres:9.3g}   {found}")
    return (oxygen_potential(1000.0, ATMOSPHERE) + FROM_ZERO) / 2 / EV


if __name__ == "__main__":
    print(f"oxygen at 1000 K: {main():.2f} eV")
