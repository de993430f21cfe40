"""What is weighed: molar mass and density of the coating's precursors, from formula and cell.

R. S. Roth and A. D. Wadsley, Acta Cryst. 19 (1965) 32, give the monoclinic cell of Nb12WO33
(C2, two formula units) that the library holds; with its formula it makes 4.76 g/cm3.
"""

from epitropy.catalogue import phase
from epitropy.chemistry import molar_mass
from epitropy.constants import AVOGADRO

PRECURSORS = ("Nb12WO33", "ZrO2", "ZrO2 tetragonal")


def cell_density(name: str) -> float:
    """Z M / (N_A V) in g/cm3."""
    crystal = phase(name)
    return crystal.formula_units * molar_mass(crystal.formula) / (AVOGADRO * crystal.cell.volume) / 1e3


def main() -> float:
    """Density of Nb12WO33 from its cell [g/cm3]."""
    for name in PRECURSORS:
        crystal = phase(name)
        print(
            f"{name:16} {molar_mass(crystal.formula) * 1e3:8.2f} g/mol  {cell_density(name):.2f} g/cm3 from the cell, "
            f"{crystal.density.value / 1e3:.2f} in the library ({crystal.density.grade}: {crystal.density.source})"
        )
    return cell_density("Nb12WO33")


if __name__ == "__main__":
    main()
