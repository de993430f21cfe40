"""What cannot be: one clear line that names the place, from a study file as from Python."""

from importlib.resources import files

import pytest

from epitropy.errors import InputError
from epitropy.study import load_study


def study_with(tmp_path, line):
    """The article's study with one more line in its anneal."""
    lines = files("epitropy").joinpath("studies/zhao2024.yaml").read_text(encoding="utf-8").splitlines()
    name = line.split(":")[0]
    block = lines.index("anneal:")
    rest = [row for row in lines[block + 1 :] if not row.startswith(f"  {name}:")]
    path = tmp_path / "study.yaml"
    path.write_text("\n".join([*lines[: block + 1], f"  {line}", *rest]), encoding="utf-8")
    return load_study(str(path))


@pytest.mark.parametrize(
    "line, where, given",
    [
        ("temperature: -300 degC", "anneal.temperature", "-300 degC"),
        ("temperature: -5 K", "anneal.temperature", "-278.15 degC"),
        ("time: -1 h", "anneal.time", "-1 h"),
        ("diffusivity_host: {Nb: -4e-17 cm2/s}", "diffusivity_host.Nb", "-4e-17 cm2/s"),
        ("diffusivity_film: {Ni: 0 cm2/s}", "diffusivity_film.Ni", "0 cm2/s"),
        ("mixing_enthalpy: {Ni: 5 kJ/mol}", "mixing_enthalpy.Ni", "'Ni'"),
        ("mixing_enthalpy: {Ni-Nb: 5 nm}", "mixing_enthalpy", "nm"),
    ],
)
def test_a_study_that_cannot_be_is_refused_in_one_line(tmp_path, line, where, given):
    with pytest.raises(InputError) as error:
        study_with(tmp_path, line)
    message = str(error.value)
    assert where in message and given in message and "\n" not in message


def test_a_study_may_state_a_mixing_enthalpy(tmp_path):
    study = study_with(tmp_path, "mixing_enthalpy: {Ni-Nb: 5 kJ/mol}")
    (number,) = study.cells["coated"].anneal.mixing_enthalpy.values()
    assert number.value == 5000.0
