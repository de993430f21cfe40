"""The same law on other materials: solid electrolytes, disordered and sodium cathodes, Prussian blue, a liquid.

Compositions as published: disordered rock salt with fluorine (Lun et al., Nat. Mater. 20 (2021) 214,
10.1038/s41563-020-00816-0), NASICON (Zeng et al., Science 378 (2022) 1320, 10.1126/science.abq1346), LGPS-type
electrolyte (Li et al., Science 381 (2023) 50, 10.1126/science.add7138, recalled), Prussian blue with five metals.
Published entropies differ by their basis, so the most mixed site and the formula unit stand side by side.

Run it to see the numbers; `python examples/other_materials.py entropy.png` also draws them.
"""

import sys

from epitropy.constants import GAS_CONSTANT
from epitropy.entropy.assess import entropy_of

MATERIALS = {  # what: formula, structure
    "Ni-rich cathode": ("LiNi0.9Co0.05Mn0.05O2", "layered"),
    "its Co-free cousin": ("LiNi0.8Mn0.13Ti0.02Mg0.02Nb0.01Mo0.02O2", "layered"),
    "rock-salt oxide": ("(Mg,Co,Ni,Cu,Zn)O", ""),
    "disordered rock salt": ("Li1.3Mn2+0.2Mn3+0.2Ti0.1Nb0.2O1.7F0.3", "disordered rock salt"),
    "sodium cathode, P2": ("Na0.6Ti0.2Mn0.2Co0.2Ni0.2Ru0.2O2", "P2"),
    "NASICON electrolyte": ("Li(Ti0.25Zr0.25Sn0.25Hf0.25)2(PO4)3", "NASICON"),
    "argyrodite": ("Li5.5PS4.5Cl0.8Br0.7", "argyrodite"),
    "LGPS electrolyte": ("Li9.54[Si0.6Ge0.4]1.74P1.44S11.1Br0.3O0.6", "LGPS"),
    "Prussian blue": ("Na2Mn0.2Fe0.2Co0.2Ni0.2Cu0.2Fe(CN)6", "Prussian blue"),
    "Wadsley-Roth oxide": ("Nb14W3O44", "Nb14W3O44"),
    "liquid electrolyte": ("0.1 LiPF6 + 0.3 EC + 0.6 DMC", ""),
}

LABEL = {"textcoords": "offset points", "va": "center", "fontsize": 8}
BOX = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}


def main() -> float:
    """Entropy of the N-coordinated site of the Prussian blue with five metals, in units of R."""
    found = {what: entropy_of(*given) for what, given in MATERIALS.items()}
    print(f"{'':22}{'most mixed site':>18}{'S/R there':>11}{'S/R per formula':>17}  class")
    for what, one in found.items():
        s = one.entropy
        there, whole = s.by_site[s.site] / GAS_CONSTANT, s.per_formula_unit / GAS_CONSTANT
        verdict = "high-entropy" if s.high_entropy else s.band
        print(f"{what:22}{s.site:>18}{there:11.3f}{whole:17.3f}  {verdict}")
    if len(sys.argv) > 1 and sys.argv[1].endswith(".png"):
        draw(found, sys.argv[1])
    return found["Prussian blue"].entropy.by_site["M(N)"] / GAS_CONSTANT


def draw(found: dict, target: str) -> None:
    """Entropy of the most mixed site of each material, with the limits of the classes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    names = list(found)[::-1]
    values = [found[n].entropy.by_site[found[n].entropy.site] / GAS_CONSTANT for n in names]
    colours = ["#0072b2" if found[n].entropy.high_entropy else "#9a9a9a" for n in names]
    axes.barh(names, values, color=colours)
    for limit, text in ((1.0, "R"), (1.5, "1.5 R")):
        axes.axvline(limit, color="black", linewidth=0.8, linestyle="--")
        axes.annotate(text, (limit, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom")
    for k, (name, value) in enumerate(zip(names, values)):
        axes.annotate(f"{value:.2f}  {found[name].entropy.site}", (value, k), xytext=(5, 0), bbox=BOX, **LABEL)
    axes.set_xlim(0, 2.3)
    axes.set_xlabel(
        "S / R per mole of the most mixed site, whose name follows the number\nblue: high-entropy by the rule"
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    main()
