"""A film by facets: parallel conductors, spreads, and facets that pass none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epitropy.errors import InputError
from epitropy.records.pathways import Face, FacetWay, Pathways
from epitropy.records.sourced import Sourced
from epitropy.transport.film import film_resistances, leak_share, oxygen_permeance_ratio

SIGMA = Sourced(value=1e-6, unit="S/m", distribution="lognormal", spread=(2.3,))
NO_LEAK = Sourced(value=1e-12)
Z90 = 1.2815515655446004


def way(inclination):
    through = 1e-20 if inclination else math.inf
    return FacetWay(through=through, along=1e-20, direction=None, open=inclination > 0, inclination=inclination)


FOUND = Pathways(
    name="made up",
    ion="Li",
    ways=(),
    facets={"010": way(1.0), "110": way(0.25), "100": way(0.0)},
    grid=(1, 1, 1),
    spacing=1e-11,
    lowest_site=(0.0, 0.0, 0.0),
    charges={},
)


def film(*faces, conductivity=SIGMA, leak=NO_LEAK):
    return film_resistances(FOUND, thickness=7e-9, conductivity=conductivity, faces=faces, leak=leak)


def test_an_open_film_all_over_is_seventy_ohm():
    """7 nm at 1e-8 S/cm, and the interval is that of the lognormal conductivity."""
    found = film(Face(host_facet="104", film_plane=(0, 1, 0), share=1.0))
    assert found.resistance * 1e4 == pytest.approx(70, rel=1e-9)
    assert math.log(found.high / found.resistance) == pytest.approx(2.3 * Z90, rel=0.03)
    assert found.low * found.high == pytest.approx(found.resistance**2, rel=1e-6, abs=0)


@given(st.floats(0.05, 0.5), st.floats(0.05, 0.5))
def test_facets_conduct_side_by_side(first, second):
    faces = [
        Face(host_facet="104", film_plane=(0, 1, 0), share=first),
        Face(host_facet="101", film_plane=(1, 1, 0), share=second),
    ]
    found = film(*faces)
    parallel = sum(face.share / row.resistance for face, row in zip(faces, found.faces))
    assert 1 / found.resistance == pytest.approx(parallel, rel=1e-9)
    assert found.open_share == pytest.approx(first + 0.25 * second, rel=1e-9)


def test_a_tilted_channel_conducts_by_cosine_squared():
    straight, tilted = (film(Face(host_facet="104", film_plane=p, share=1.0)) for p in ((0, 1, 0), (1, 1, 0)))
    assert tilted.resistance == pytest.approx(4 * straight.resistance, rel=1e-9)


def test_a_blocked_film_leaks_by_its_share_alone():
    straight = film(Face(host_facet="104", film_plane=(0, 1, 0), share=1.0))
    blocked = film(Face(host_facet="104", film_plane=(1, 0, 0), share=1.0), leak=leak_share())
    assert blocked.resistance == pytest.approx(straight.resistance / leak_share().value, rel=0.05)
    assert blocked.high / blocked.low > straight.high / straight.low  # the leak's own spread comes on top
    assert not blocked.faces[0].open and blocked.open_share == leak_share().value


def test_003_of_the_host_passes_none_whatever_lies_on_it():
    shut = Face(host_facet="003", film_plane=(0, 1, 0), share=0.6, host_open=False)
    clear = Face(host_facet="104", film_plane=(0, 1, 0), share=0.4)
    assert film(shut).resistance == math.inf and film(shut).open_share == 0
    assert film(shut, clear).resistance == pytest.approx(film(clear).resistance, rel=1e-12)
    assert film(shut, clear).faces[0].resistance == math.inf


def test_a_known_conductivity_leaves_no_interval():
    exact = film(Face(host_facet="104", film_plane=(0, 1, 0), share=1.0), conductivity=Sourced(value=1e-6))
    assert exact.low == exact.resistance == exact.high


def test_bad_faces_are_refused():
    with pytest.raises(InputError, match=r"planes asked of pathways: \(010\)"):
        film(Face(host_facet="104", film_plane=(0, 0, 1), share=1.0))
    with pytest.raises(InputError, match="at most 1"):
        film(*[Face(host_facet="104", film_plane=(0, 1, 0), share=0.7)] * 2)
    with pytest.raises(InputError, match="a share of 0 to 1"):
        Face(host_facet="104", film_plane=(0, 0, 0), share=0.5)
    with pytest.raises(InputError, match="thickness"):
        film_resistances(FOUND, thickness=0.0, conductivity=SIGMA, faces=[])


@given(st.floats(1e-10, 1e-7), st.floats(1e-10, 1e-7))
def test_a_thicker_layer_lets_less_oxygen_through(layer, skin):
    even = Sourced(value=1.0, distribution="lognormal", spread=(2.3,))
    found = oxygen_permeance_ratio(even, layer_thickness=layer, skin_thickness=skin)
    assert found.ratio == pytest.approx(skin / layer, rel=1e-12)
    assert math.log(found.high / found.low) == pytest.approx(2 * 2.3 * Z90, rel=1e-9)
    doubled = oxygen_permeance_ratio(even, layer_thickness=2 * layer, skin_thickness=skin)
    assert doubled.ratio == pytest.approx(found.ratio / 2, rel=1e-12)
