"""Ways of lithium through layers whose cells are computed, a little different in every draw."""

from dataclasses import replace

from epitropy.alignment import particle
from epitropy.catalogue import phase


def test_ways_do_not_depend_on_which_layer_came_first():
    """Else a number would depend on what its process computed before; the same to the last digit."""
    known = phase("LiNbO3")
    layers = [
        replace(known, cell=replace(known.cell, c=known.cell.c * f), cell_grade="calculated") for f in (1.0, 1.05)
    ]
    plane = ((1, 0, 4),)
    found = []
    for order in (layers, layers[::-1]):
        particle._KNOWN.clear()
        told = {id(layer): particle.ways_of(layer, plane) for layer in order}
        found.append([told[id(layer)].facets for layer in layers])
    assert found[0] == found[1]
