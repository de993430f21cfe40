"""One colour an element, the same in every picture of atoms; set apart in lightness too, for all colour vision."""

from __future__ import annotations

COLOURS = {
    "Ni": "#A9B8C9",  # the host's main cation stays in the background
    "Co": "#0B5FA5",
    "Mn": "#B5479B",
    "Nb": "#F08A00",
    "W": "#2B2B2B",
    "Zr": "#00936E",
    "Ti": "#56B4E9",
    "Mg": "#8FBF3F",
    "Mo": "#7A3E1D",
    "Al": "#D9A5C7",
    "Hf": "#005F56",
    "Ta": "#8C6BB1",
    "V": "#C9A800",
    "Fe": "#B03A2E",
    "Sn": "#5C7C8A",
    "Li": "#FFFFFF",
    "O": "#F3C9C4",
}
OTHERS = ("#D55E00", "#3C4EC2", "#6B8E23", "#A0522D", "#20B2AA", "#C71585")


def colours_of(elements: tuple[str, ...]) -> dict[str, str]:
    """A colour for each element; those without one of their own take the others in turn.

    >>> colours_of(("Ni", "Y", "Ce"))["Y"] == OTHERS[0], colours_of(("Ni", "Y", "Ce"))["Ce"] == OTHERS[1]
    (True, True)
    """
    unknown = [e for e in elements if e not in COLOURS]
    return {e: COLOURS.get(e) or OTHERS[unknown.index(e) % len(OTHERS)] for e in elements}
