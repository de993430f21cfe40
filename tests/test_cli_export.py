"""``epitropy export`` from outside: a script that stands alone, with the package's own numbers."""

import ast
import os
import re
import runpy
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pybamm
import pytest

from epitropy.cycling import pybamm_life
from epitropy.cycling.pybamm_cell import PARAMETER_SET
from epitropy.halfcell.export import ORIGIN, among, cell_numbers, origin, script
from epitropy.study import leaves, load_study

ALONE = """
import runpy, sys
sys.modules["epitropy"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
ENVIRONMENT = {**os.environ, "PYBAMM_DISABLE_TELEMETRY": "true"}


def epitropy(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "export", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env=ENVIRONMENT,
    )


def alone(path, *arguments):
    """The script in a Python of its own, without the package."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def study():
    return load_study("zhao2024")


@pytest.fixture(scope="module")
def coated(study):
    return cell_numbers(study)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    done = epitropy("zhao2024", "--to", "pybamm", "-o", "cell.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Script: cell.py; it needs PyBaMM and numpy: pip install 'pybamm>=26.9,<26.11'"]
    return folder / "cell.py"


def test_script_has_the_numbers_of_the_package(exported, coated):
    told = runpy.run_path(str(exported))
    assert told["MODEL"]._asdict() == coated.model._asdict()
    for own, other in zip(coated.tables, told["TABLES"]):
        np.testing.assert_array_equal(own, other)
    assert told["PROGRAM"].shape == (202, 5)


def test_script_runs_alone_and_tells_the_same_capacities(exported, coated):
    printed = alone(exported, "5")
    told = np.array([float(c) for c in re.findall(r"cycle +\d+ +([\d.]+) mAh/g", printed)])
    rows = np.array([[0.1, 0.1, 0.0, 0.0, 0.0]] * 2 + [[1.0, 1.0, 0.0, 0.0, 1.0]] * 3)
    own = pybamm_life.simulate(coated.model, coated.tables, rows)
    np.testing.assert_allclose(told, own.rows[:, 0] / 3600, rtol=2e-5)
    assert "imbalance of lithium" in printed


def test_script_skips_cycles(exported):
    printed = alone(exported, "30", "--skip")
    assert 10 < len(re.findall("mAh/g", printed)) < 26


def test_script_shows_a_plain_simulation(exported):
    charged, discharged = map(float, re.findall(r"([\d.]+) mAh/g", alone(exported, "--experiment")))
    assert 180 < discharged < 250 and abs(charged - discharged) < 20


def test_script_needs_pybamm_and_numpy_only_and_defines_each_name_once(exported):
    tree = ast.parse(exported.read_text(encoding="utf-8"))
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module or "." for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {m.split(".")[0] for m in modules} - set(sys.stdlib_module_names) == {"numpy", "pybamm"}
    names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    names += [t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
    assert len(names) == len(set(names))


def test_every_number_has_its_sources(exported, coated):
    told = runpy.run_path(str(exported))["SOURCES"]
    for number in (*coated.model._fields, *coated.tables._fields):
        assert ORIGIN[number][0] and any(among(name, origin(number, coated=True)) for name in told), number
    for name, (_, _, grade, source) in told.items():
        assert grade in ("measured", "calculated", "derived", "assumed", "chosen") and source, name
    assert told["calibration.capacity.200"][2] == "measured"
    text = exported.read_text(encoding="utf-8")
    assert "# kg/m2, assumed: cell.loading" in text


@pytest.mark.parametrize("name", ["bare", "coated"])
def test_numbers_change_with_no_input_that_is_not_named(study, name):
    """Each input moved alone, scales as they are; of the layer's a few stand for all."""
    from epitropy.calibrate.ensemble import prepare
    from epitropy.calibrate.scales import build

    found = cell_numbers(study, name)
    few = ("coating.dose", "anneal.temperature", "layer.lithium_conductivity", "layer.oxygen_ratio")
    layer = ("coating.", "anneal.", "layer.")

    def numbers(cell):
        formed, tables = prepare(cell)
        return build(cell, formed, found.scenario, found.scales)._asdict() | tables._asdict()

    before = numbers(found.cell)
    moved = {}
    for path, value in leaves(found.cell):
        if among(path, layer) and (name == "bare" or path not in few):
            continue
        near = replace(value, distribution="fixed", spread=(), value=value.value * 1.001 or 1e-3)
        after = numbers(changed(found.cell, path, near))
        moved[path] = {n for n in before if not np.array_equal(before[n], after[n])}
    wrong = {
        (path, n) for path, names in moved.items() for n in names if not among(path, origin(n, coated=name == "coated"))
    }
    assert not wrong
    assert sum(bool(names) for names in moved.values()) > 30


def changed(node, path, value):
    """A record with one number replaced, by its dotted path."""
    head, _, rest = path.partition(".")
    if isinstance(node, dict) or not hasattr(node, "__dataclass_fields__"):
        return {**node, head: changed(node[head], rest, value) if rest else value}
    return replace(node, **{head: changed(getattr(node, head), rest, value) if rest else value})


def test_parameter_set_is_registered_and_runs(study):
    assert PARAMETER_SET in pybamm.parameter_sets
    values = pybamm.ParameterValues(PARAMETER_SET)
    bare = cell_numbers(study, "bare").model
    assert values["Host density [kg.m-3]"] == bare.density
    assert values["Kinetic scale"] == bare.kinetic_scale  # calibrated
    model = pybamm.Model("CoatedHalfCell")
    solution = pybamm.Simulation(model, parameter_values=values).solve([0, 60])
    assert solution.termination == "final time"


def test_an_existing_file_stays(exported):
    before = exported.read_bytes()
    done = epitropy("zhao2024", "--to", "pybamm", "-o", "cell.py", cwd=exported.parent)
    assert done.returncode == 2 and "'cell.py' exists" in done.stderr and "--force" in done.stderr
    assert exported.read_bytes() == before
    done = epitropy("zhao2024", "--to", "pybamm", "-o", "cell.py", "--force", "--cell", "coated", cwd=exported.parent)
    assert done.returncode == 0 and exported.read_bytes() == before  # the same answer again


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "matlab"), "--to: unknown tool 'matlab'; allowed: pybamm"),
        (("--to", "pybamm", "--cell", "x"), "'x' is no cell of this study"),
        (("--to", "pybamm", "--scenario", "x"), "unknown scenario 'x'"),
        (("--to", "pybamm", "--scenario", "all"), "--scenario: all; allowed: one scenario"),
        (("--to", "pybamm", "-o", "."), "'.' is a folder"),
    ],
)
def test_bad_input_is_one_line(tmp_path, arguments, message):
    done = epitropy("zhao2024", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr
    assert "Traceback" not in done.stderr and not list(tmp_path.iterdir())


def test_export_needs_no_pybamm(tmp_path):
    """The text is written without PyBaMM at hand."""
    code = "import sys; sys.modules['pybamm'] = None; from epitropy.cli import main; main()"
    arguments = ("export", "zhao2024", "--to", "pybamm", "--cell", "bare")
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "zhao2024-bare-pybamm.py").stat().st_size > 1e5


def test_script_text_is_the_same_twice(study, coated):
    assert script(study, coated) == script(study, coated)
