"""The part of the page on what to measure next, from a hand-made plan."""

from dataclasses import replace

from epitropy.report.measurement_figures import measurement_bits
from epitropy.report.measurement_tables import advice, section


def without_bits(headline):
    plan = headline.measurements
    nothing = tuple(
        replace(m, scenario_bits=0.0, mechanism_bits=0.0, interval_bits=0.0, apart=(), value=0.0)
        for m in plan.measurements
    )
    return replace(headline, measurements=replace(plan, measurements=nothing, pair=None))


def test_the_page_tells_what_to_measure_first(full):
    said = advice(full.headline)
    assert said.startswith("Measure first: skin by TEM, on the coated cell.")
    assert "from 86-102 % to about 8.0 points and tell outer/series from outer/inactive" in said
    assert "takes about 4 person-days" in said
    assert "8.1" in section(full.headline)


def test_where_nothing_separates_it_is_said_and_nothing_is_drawn(full, study):
    flat = without_bits(full.headline)
    assert advice(flat).startswith("No candidate measurement would tell")
    assert measurement_bits(replace(full, headline=flat), study) is None
    assert advice(replace(full.headline, measurements=None)) == section(None) == ""


def test_the_figure_holds_every_candidate(full, study):
    drawing = measurement_bits(full, study)
    assert len(drawing.rows) == len(full.headline.measurements.measurements)
    assert drawing.rows[0][2:4] == (0.5, 1.0)


def test_of_a_retention_that_is_reported_no_interval_is_told(full, study):
    plan = replace(full.headline.measurements, retention_reported=True)
    known = replace(full.headline, measurements=plan)
    said = advice(known)
    assert "interval" not in said and "points" not in said and "only what tells them apart counts" in said
    assert "interval after" not in section(known) and "interval after" in section(full.headline)
    assert "interval" not in measurement_bits(replace(full, headline=known), study).caption
