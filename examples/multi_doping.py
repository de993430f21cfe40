"""A cobalt-free cathode with six metals that is called high-entropy, and is not by the five-element rule.

LiNi0.8Mn0.13Ti0.02Mg0.02Nb0.01Mo0.02O2, R. Zhang et al., Nature 610 (2022) 67, 10.1038/s41586-022-05115-z. Nickel holds
80 % of the metal site, and only manganese lies within 5-35 %: S = 0.725 R. What it does for the lattice it does below
the threshold.
"""

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.answer import states_text
from epitropy.entropy.assess import entropy_of

FORMULA = "LiNi0.8Mn0.13Ti0.02Mg0.02Nb0.01Mo0.02O2"


def main() -> float:
    """Entropy of the metal site, in units of R."""
    found = entropy_of(FORMULA, "layered")
    entropy = found.entropy.by_site["M"] / GAS_CONSTANT
    print(f"S = {entropy:.3f} R per mole of metal sites; high-entropy: {'yes' if found.entropy.high_entropy else 'no'}")
    for reason in found.entropy.reasons:
        print(f"  {reason}")
    print(f"oxidation states: {states_text(found)}")
    return entropy


if __name__ == "__main__":
    main()
