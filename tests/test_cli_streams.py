"""Screens and pipes that cannot take everything."""

import os
import subprocess
import sys

import pytest


def epitropy(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "epitropy.cli", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **environment},
        timeout=300,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_screen_that_lacks_a_sign_shows_another(encoding):
    done = epitropy("recipe", "zhao2024", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert "Nb12WO33" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disc_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "epitropy.cli", "entropy", "LiNiO2", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1 and "written to" in done.stderr


def test_a_pipe_whose_reader_has_left_is_no_fault():
    command = f"{sys.executable} -m epitropy.cli schema --names | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert done.stderr == "" and done.stdout
