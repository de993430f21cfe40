"""Which cations meet in the layer, and what that is worth as entropy.

The article finds W, Nb, Zr, Co, Ni and Mn in one layer (Schweidler et al., Nature Energy 9 (2024) 240). Here the
bundled study is annealed at the medians of all inputs, and the cations are counted that hold at least half an atomic
percent of the layer's cation sites.
"""

from epitropy.constants import GAS_CONSTANT
from epitropy.process.front import front, mean_entropy
from epitropy.study import load_study

SEEN = 0.005  # of the cation sites, what energy-dispersive spectroscopy still sees


def main() -> int:
    cell = load_study("zhao2024").at({}).cells["coated"]
    profile = front(cell).profile
    for cation, share in profile.layer_composition.items():
        print(f"{cation:2} {100 * share:5.1f} % of the layer's cation sites")
    entropy = mean_entropy(profile)
    energy = entropy * cell.anneal.temperature.value / 1000
    print(f"S = {entropy / GAS_CONSTANT:.2f} R per mole of cation sites over layer and mixed zone")
    print(f"T S = {energy:.1f} kJ per mole of sites at the hold; 1.5 R would be 12.1")
    return sum(share >= SEEN for share in profile.layer_composition.values())


if __name__ == "__main__":
    print(main())
