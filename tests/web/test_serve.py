"""The verb `app` from the outside: how it starts, what it says when it cannot, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from time import monotonic, sleep

import pytest

from epitropy.web.serve import free_port

from .conftest import OWN

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
    assert "Traceback" not in errors and "leaked" not in errors
    end = monotonic() + 15
    while _alive(process.pid):
        assert monotonic() < end, "processes of the app are left"
        sleep(0.1)


def test_a_job_ends_with_an_app_that_was_killed(raw):
    port = free_port(None)
    app = subprocess.Popen([*APP, "--port", str(port)], stdout=subprocess.PIPE, text=True, start_new_session=True)
    app.stdout.readline()
    body = json.dumps({"study": raw, "options": {"draws": 64}}).encode()
    headers = {**OWN, "content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/api/jobs/run", body, headers), timeout=120)
    end = monotonic() + 30
    while not (job := _job_of(app.pid)):
        assert monotonic() < end, "the job did not start"
        sleep(0.1)
    os.kill(app.pid, signal.SIGKILL)
    app.wait(10)
    end = monotonic() + 20
    while _alive(job):
        assert monotonic() < end, "the job goes on alone"
        sleep(0.1)


def _job_of(app):
    command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(app)]
    rows = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return next((int(row.split()[0]) for row in rows if "epitropy.cli run" in row), None)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
