"""Maps over settings."""

import pytest

from epitropy.errors import InputError
from epitropy.process.front import front, reading
from epitropy.process.vary import anneal_map, axis


def test_the_issue_of_the_furnace(alone):
    """600 to 800 degC and 1 to 10 h, inclusive of both ends."""
    temperature = axis("anneal.temperature=600:800:25", alone)
    time = axis("anneal.time=1h:10h:1h", alone)
    assert len(temperature.values) == 9 and temperature.values[0] == 873.15 and temperature.values[-1] == 1073.15
    assert [t / 3600 for t in time.values] == list(range(1, 11))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("anneal.temperature=700", (973.15,)),
        ("anneal.temperature=973.15 K, 1023.15 K", (973.15, 1023.15)),
        ("anneal.temperature=700 degC:750 degC:50 K", (973.15, 1023.15)),
        ("coating.dose=0.5:1.5:0.5", (0.005, 0.01, 0.015)),
        ("coating.agglomerate_diameter=20 nm:60 nm:20 nm", (20e-9, 40e-9, 60e-9)),
        ("anneal.time=10h:1h:-3h", (36000.0, 25200.0, 14400.0, 3600.0)),
    ],
)
def test_numbers_without_a_unit_are_in_the_unit_that_people_use(alone, text, values):
    assert axis(text, alone).values == pytest.approx(values, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("anneal.temperature", "START:STOP:STEP"),
        ("anneal.temperature=", "START:STOP:STEP"),
        ("anneal.temperature=600:800", "START:STOP:STEP"),
        ("anneal.temprature=600", "Did you mean anneal.temperature"),
        ("anneal.temperature=600:800:-25", "towards the stop"),
        ("anneal.temperature=600:800:0", "towards the stop"),
        ("anneal.temperature=600:800:x", "a number of kelvins"),
        ("anneal.time=1 kg", "wrong dimension"),
        ("anneal.time=soon", "soon"),
        ("anneal.time=0:1e9:1e-3", "at most"),
        ("anneal.gas=air", "no input of this study"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(alone, text, said):
    with pytest.raises(InputError, match=said):
        axis(text, alone)


def test_an_input_that_does_nothing_here_is_refused(alone):
    with pytest.raises(InputError, match="no effect on the anneal"):
        anneal_map(alone, [axis("protocol.upper_voltage=4.2,4.3", alone)])
    with pytest.raises(InputError, match="one input given twice"):
        anneal_map(alone, [axis("anneal.time=1h", alone), axis("anneal.time=2h", alone)])


def test_a_node_is_the_study_with_those_settings(alone):
    """The map at 750 degC and 2 h is what the study gives when it states them."""
    found = anneal_map(alone, [axis("anneal.temperature=750", alone), axis("anneal.time=2h", alone)])
    (node,) = found.nodes
    from dataclasses import replace

    study = alone.changed("anneal.temperature", lambda v: replace(v, value=1023.15))
    study = study.changed("anneal.time", lambda v: replace(v, value=7200.0))
    assert node.median.zone_width == pytest.approx(reading(front(study.cells["coated"])).zone_width, rel=1e-12)


def test_hotter_and_longer_mixes_further_and_dissolves_more(alone):
    axes = [axis("anneal.temperature=600:800:100", alone), axis("anneal.time=1h,10h", alone)]
    nodes = anneal_map(alone, axes).nodes  # the last axis runs fastest
    widths = [n.median.zone_width for n in nodes]
    left = [n.median.undissolved_share for n in nodes]
    assert all(widths[2 * i] < widths[2 * i + 1] for i in range(3)) and widths[0] < widths[2] < widths[4]
    assert all(left[2 * i] > left[2 * i + 1] for i in range(3)) and left[0] > left[2] > left[4]


def test_intervals_come_from_the_same_draws_at_every_node(alone):
    found = anneal_map(alone, [axis("anneal.time=1h,5h", alone)], draws=4)
    for node in found.nodes:
        assert node.low.zone_width < node.median.zone_width < node.high.zone_width
    again = anneal_map(alone, [axis("anneal.time=5h", alone)], draws=4)
    assert again.nodes[0].median.zone_width == found.nodes[1].median.zone_width


@pytest.mark.parametrize(
    "text", ["anneal.temperature=-300,700", "anneal.time=-1h,2h", "anneal.diffusivity_host.Ni=-1e-15,1e-15"]
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_computed(alone, text):
    with pytest.raises(InputError, match=f"--vary {text.split('=')[0]}"):
        axis(text, alone)


def test_a_node_counts_the_draws_that_failed(alone, monkeypatch):
    from epitropy.process import vary

    calls = iter(range(100))

    def sometimes(cell, tolerance):
        if next(calls) < 3:
            raise InputError("anneal.mixing_enthalpy.Ni-Nb", "a spinodal", "less")
        return front(cell, tolerance)

    monkeypatch.setattr(vary, "front", sometimes)
    bad, good = anneal_map(alone, [axis("anneal.time=1h,5h", alone)], draws=4).nodes
    assert bad.median is None and bad.failed == 3 and "spinodal" in bad.failure
    assert good.median is not None and good.failed == 0
