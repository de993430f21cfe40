"""The oxide that started it: (Mg,Co,Ni,Cu,Zn)O, five cations in equal shares on the one cation site of rock salt.

Rost et al., Nat. Commun. 6 (2015) 8485, 10.1038/ncomms9485: S = 1.61 R per mole of cation sites. By the usual rule (at
least five elements with 5 to 35 % each and S >= 1.5 R) it is a high-entropy material; leave one cation out and it is
not.
"""

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.assess import entropy_of

CATIONS = ["Mg", "Co", "Ni", "Cu", "Zn"]


def main() -> float:
    """Entropy of the oxide per mole of cation sites, in units of R."""
    whole = entropy_of(f"({','.join(CATIONS)})O")
    for without in [None, *CATIONS]:
        found = entropy_of(f"({','.join(c for c in CATIONS if c != without)})O")
        entropy, verdict = found.entropy, "yes" if found.entropy.high_entropy else "no"
        mismatch = 100 * found.descriptors[entropy.site].size_mismatch
        print(
            f"{f'without {without}' if without else 'all five':12} S = {entropy.per_cation_site / GAS_CONSTANT:.2f} R, "
            f"size mismatch {mismatch:.1f} %, high-entropy: {verdict}"
        )
    return whole.entropy.per_cation_site / GAS_CONSTANT


if __name__ == "__main__":
    main()
