"""The verb `app` from the outside: how it starts, what it says when it cannot, how it ends."""

import os
import signal
import socket
import subprocess
import sys
from time import monotonic, sleep

import pytest

from epitropy.web.serve import free_port

APP = [sys.executable, "-m", "epitropy.cli", "app", "--no-browser"]


def _without(package):
    """The command in a Python that lacks one package."""
    code = f"import sys; sys.modules[{package!r}] = None; sys.argv = ['epitropy', 'app', '--no-browser']; "
    return [sys.executable, "-c", code + "from epitropy.cli import main; main()"]


@pytest.mark.parametrize("package", ["uvicorn", "fastapi"])
def test_a_missing_extra_is_told_in_one_line(package):
    ended = subprocess.run(_without(package), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert f"the package '{package}' is missing" in ended.stderr
    assert "pip install 'epitropy[app]'" in ended.stderr


def test_a_port_in_use_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run([*APP, "--port", str(port)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert f"port {port} in use" in ended.stderr


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "term", "closed terminal"]
)
def test_it_says_where_it_is_and_ends_quietly(how):
    """The signal comes the moment the address stands there, when the server has only just begun."""
    port = free_port(None)
    process = subprocess.Popen(
        [*APP, "--port", str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    said = process.stdout.readline()
    assert f"http://127.0.0.1:{port}/" in said
    os.kill(process.pid, how)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, -how), errors
    assert "Traceback" not in errors
    end = monotonic() + 15
    while _alive(process.pid):
        assert monotonic() < end, "processes of the app are left"
        sleep(0.1)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
