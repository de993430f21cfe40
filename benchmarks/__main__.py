"""Whole-command times and memory: ``make bench``. Ratios are taken side by side in this one run."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def timed(*arguments: str) -> tuple[float, float]:
    """Wall seconds, and peak memory in MB of the largest process so far."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "epitropy.cli", *arguments], check=True, capture_output=True)
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def first_table(*arguments: str) -> float:
    """Seconds until the nominal table stands on the screen."""
    started = time.perf_counter()
    command = [sys.executable, "-u", "-m", "epitropy.cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            if "retention" in line:
                seconds = time.perf_counter() - started
                process.terminate()
                return seconds
    raise RuntimeError("no table appeared")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "out")
        timed("run", "zhao2024", "--draws", "0", "-o", target)  # compile once
        rows = [
            ("epitropy --help", *timed("--help")),
            ("nominal run", *timed("run", "zhao2024", "--draws", "0", "-o", target)),
        ]
        rows.append(("whole run, 64 draws", *timed("run", "zhao2024", "-o", target)))
        print(f"{'nominal table on screen':26} {first_table('run', 'zhao2024', '-o', target):7.2f} s")
    for name, seconds, memory in rows:
        print(f"{name:26} {seconds:7.2f} s  {seconds / rows[1][1]:7.2f} x nominal  peak {memory:6.0f} MB so far")


if __name__ == "__main__":
    main()
