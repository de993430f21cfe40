"""``epitropy figure`` as people call it."""

import os
import subprocess
import sys

import pytest

from epitropy.cli import main


def test_without_a_name_it_is_an_svg_with_text_in_the_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "epitropy.cli", "figure", "zhang2022"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Figure: zhang2022-figure.svg\n"
    assert [p.name for p in tmp_path.iterdir()] == ["zhang2022-figure.svg"]
    assert ">No precursors</text>" in (tmp_path / "zhang2022-figure.svg").read_text(encoding="utf-8")


def called(monkeypatch, folder, *arguments):
    """Exit code of the command line in a folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["epitropy", "figure", "zhang2022", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.mark.parametrize(("name", "begins"), [("one.png", b"\x89PNG"), ("one.pdf", b"%PDF"), ("ONE.SVG", b"<?xml")])
def test_a_figure_is_written_where_it_was_asked_for(name, begins, tmp_path, monkeypatch, capsys):
    assert not called(monkeypatch, tmp_path, "--cell", "reference", "-o", name, "--dpi", "60")
    assert capsys.readouterr().out == f"Figure: {name}\n"
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "figure.gif"], ".svg, .png, .pdf"),
        (["-o", "figure"], ".svg, .png, .pdf"),
        (["-o", "no/folder/figure.svg"], "folder"),
        (["--cell", "coated"], "reference, doped"),
        (["--time", "1.5"], "--time"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, says, tmp_path, monkeypatch, capsys):
    assert called(monkeypatch, tmp_path, *arguments) == 2
    told = capsys.readouterr()
    assert says in told.err and len(told.err.strip().splitlines()) == 1
    assert told.out == "" and list(tmp_path.iterdir()) == []
