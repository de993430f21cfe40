"""Measured line scans: read, compared, fitted."""

from dataclasses import replace

import numpy as np
import pytest

from epitropy.errors import InputError
from epitropy.process.fit import fit_scan
from epitropy.process.front import front
from epitropy.process.scan import over_scan, read_scan
from epitropy.records.process import LineScan

CATIONS = ("Ni", "Co", "Mn", "Nb", "W", "Zr")


def scan_of(made, depth, *, noise=0.0, seed=0, resolution=0.0, species=CATIONS):
    blank = LineScan(
        name="scan.csv", species=species, depth=depth, fraction=np.ones((len(species), depth.size)), ignored=()
    )
    seen = over_scan(made.profile, blank, resolution=resolution)
    seen = seen + noise * np.random.default_rng(seed).normal(size=seen.shape)
    return replace(blank, fraction=seen / seen.sum(axis=0))


def written(folder, text):
    path = folder / "scan.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


ROWS = "\n".join(f"{d};{45 - d},5;{2 + d};50" for d in range(8))


def test_a_scan_is_read_and_normalised_to_the_cations(tmp_path):
    scan = read_scan(written(tmp_path, "depth (nm);Ni at.%;Nb_at_percent;O at.%\n" + ROWS), CATIONS)
    assert scan.species == ("Ni", "Nb") and scan.ignored == ("O at.%",)
    assert scan.depth[:2].tolist() == [0.0, 1e-9]
    assert scan.fraction[0, 0] == pytest.approx(45.5 / 47.5, rel=1e-12)
    assert np.allclose(scan.fraction.sum(axis=0), 1, rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("depth;Ni;Nb;O", "depth_nm"),
        ("nm;Ni;Nb;O", "depth_nm"),
        ("depth_nm;C;F;O", "at least two of Ni"),
    ],
)
def test_a_scan_without_depth_or_cations_is_refused(tmp_path, head, said):
    with pytest.raises(InputError, match=said):
        read_scan(written(tmp_path, head + "\n" + ROWS), CATIONS)


def test_too_few_points_are_refused(tmp_path):
    with pytest.raises(InputError, match="at least 5"):
        read_scan(written(tmp_path, "depth_nm;Ni;Nb\n1;2;3\n2;3;4\n"), CATIONS)


def test_points_off_the_particle_are_left_out(tmp_path):
    """Counts next to nothing must not become fractions."""
    rows = "\n".join(f"{d};{-0.3 + 0.4 * (d % 2)};0,2" for d in range(-3, 0)) + "\n" + ROWS
    scan = read_scan(written(tmp_path, "depth_nm;Ni at%;Nb at%\n" + rows.replace(";50", "")), CATIONS)
    assert scan.outside == 3 and scan.depth.size == 8 and scan.fraction.min() >= 0


def test_depths_above_the_surface_are_refused(tmp_path):
    rows = "\n".join(f"{d};90;10" for d in range(-3, 9))
    with pytest.raises(InputError, match="line 2: depth -3 nm"):
        read_scan(written(tmp_path, "depth_nm;Ni;Nb\n" + rows), CATIONS)


def test_errors_beside_the_shares_are_not_taken_for_them(tmp_path):
    rows = "\n".join(f"{d};90;0.15;10;0.15" for d in range(8))
    scan = read_scan(written(tmp_path, "depth_nm;Ni at%;Ni error;Nb at%;Nb_error\n" + rows), CATIONS)
    assert scan.fraction[0] == pytest.approx(0.9) and scan.ignored == ("Ni error", "Nb_error")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("depth_nm;Ni wt%;Nb wt%", "weight percent"),
        ("depth_nm;Ni;Ni at%;Nb", "one column of Ni"),
    ],
)
def test_columns_that_mislead_are_refused(tmp_path, head, said):
    rows = "\n".join(";".join([str(d), *["9"] * head.count(";")]) for d in range(8))
    with pytest.raises(InputError, match=said):
        read_scan(written(tmp_path, head + "\n" + rows), CATIONS)


def test_weight_percent_beside_atomic_percent_is_left_out(tmp_path):
    rows = "\n".join(f"{d};90;10;80;20" for d in range(8))
    scan = read_scan(written(tmp_path, "depth_nm;Ni at.%;Nb at.%;Ni wt%;Nb wt%\n" + rows), CATIONS)
    assert scan.fraction[0] == pytest.approx(0.9)


def test_depth_counts_inwards_from_the_outer_surface(made):
    deep = np.array([0.0, made.profile.layer_thickness + 2e-6])
    seen = over_scan(made.profile, scan_of(made, deep))
    assert seen[:, 0] == pytest.approx(made.profile.fraction[:, -1], abs=1e-12)
    assert seen[:, 1] == pytest.approx([0.9, 0.05, 0.05, 0, 0, 0], abs=1e-6)


def test_a_probe_rounds_the_ends_of_a_ramp(made):
    """A ramp of width 20 nm stays a ramp, and its edges round as the Gaussian's integral says."""
    from scipy.stats import norm

    fine = np.linspace(-200e-9, made.profile.layer_thickness, 20001)
    ramp = np.clip(0.5 + (fine + 50e-9) / 20e-9, 0, 1)
    sharp = replace(
        made.profile,
        depth=fine,
        cell_width=np.full(fine.size, fine[1] - fine[0]),
        sites=np.ones(fine.size),
        fraction=np.array([ramp, 1 - ramp]),
        initial_fraction=np.array([np.ones(fine.size), np.zeros(fine.size)]),
        species=("Ni", "Nb"),
    )
    away = np.linspace(-16e-9, 16e-9, 17)  # from the middle of the ramp
    depth = made.profile.layer_thickness + 50e-9 - away
    blank = LineScan(name="", species=("Ni", "Nb"), depth=depth, fraction=np.ones((2, 17)), ignored=())
    seen = over_scan(sharp, blank, resolution=3e-9)[0]

    def above(x):  # integral of the normal distribution up to x: a ramp that starts at 0, blurred
        return x * norm.cdf(x) + norm.pdf(x)

    exact = (above((away + 10e-9) / 3e-9) - above((away - 10e-9) / 3e-9)) * 3 / 20
    assert seen == pytest.approx(exact, abs=5e-4)


def test_more_numbers_than_data_are_refused(alone, made):
    few = scan_of(made, np.linspace(1, 20, 5) * 1e-9, species=("Ni", "Nb"))
    with pytest.raises(InputError, match="at least 7 points"):
        fit_scan(alone, few, resolution=1e-9)


def test_a_fit_finds_the_diffusivities_that_made_the_scan(alone):
    point = {"anneal.diffusivity_host.Nb": 0.8, "anneal.diffusivity_host.Ni": 0.3, "anneal.diffusivity_host.W": 0.7}
    truth = alone.at(point)
    scan = scan_of(front(truth.cells["coated"]), np.arange(0.5, 90, 1.5) * 1e-9, noise=0.005, resolution=1e-9)
    fit = fit_scan(alone, scan, resolution=1e-9)
    found = {n.name: n for n in fit.numbers}
    values = truth.inputs()
    for name, factor in zip(point, (1.6, 2.0, 2.5)):  # the prior for Nb is seven times off
        assert abs(np.log(found[name].value / values[name].value)) < np.log(factor), name
        assert found[name].informed > 0.5
    assert fit.noise == pytest.approx(0.005, rel=0.4)
    niobium = found["anneal.diffusivity_host.Nb"]
    assert niobium.informed > 0.9 and np.log(niobium.high / niobium.low) < 1.0


def test_a_silent_scan_leaves_the_priors_alone(alone, made):
    """Points deep in the host say nothing about the film's kinetics."""
    scan = scan_of(made, made.profile.layer_thickness + np.linspace(3e-6, 4e-6, 8), noise=0.005)
    for n in fit_scan(alone, scan, resolution=1e-9).numbers:
        if ".Nb" in n.name or ".W" in n.name:
            assert n.informed < 0.1
            assert n.value == pytest.approx(n.prior.at(0.5).value, rel=0.2, abs=0)


def test_intervals_are_neither_too_narrow_nor_too_wide(alone):
    """Scans of drawn truths: deviations over their standard deviation scatter like a normal variable."""
    from epitropy.calibrate.ensemble import quantiles

    names = [f"anneal.diffusivity_host.{s}" for s in ("Ni", "Nb", "W", "Zr")]
    deviations = []
    for seed, point in enumerate(quantiles(names, 3)):
        truth = alone.at(point)
        scan = scan_of(front(truth.cells["coated"]), np.arange(0.5, 120, 2.0) * 1e-9, noise=0.005, seed=seed)
        for n in fit_scan(alone, scan, resolution=0.0).numbers:
            if n.name in names:
                width = np.log(n.high / n.low) / 2 / 1.2816
                deviations.append(np.log(n.value / truth.inputs()[n.name].value) / width)
    assert 0.3 < np.sqrt(np.mean(np.square(deviations))) < 1.8
