"""Remake the made part of docs/validation.md and its figure: ``python docs/validation.py [DRAWS]``, some minutes."""

from __future__ import annotations

import sys
from pathlib import Path

from epitropy.calibrate.ensemble import DRAWS
from epitropy.calibrate.validation import validate
from epitropy.calibrate.workers import worker_pool
from epitropy.records.validation import Validation
from epitropy.report.validation_page import figure, markdown

HERE = Path(__file__).parent
MARK = "<!-- made by python docs/validation.py; what stands above is written by hand -->"


def remake(answer: Validation) -> None:
    """The page keeps what stands above the mark."""
    page = HERE / "validation.md"
    written = page.read_text(encoding="utf-8").split(MARK)[0]
    page.write_text(f"{written}{MARK}\n\n{markdown(answer, heading='')}", encoding="utf-8")
    figure(answer).figure.savefig(HERE / "pictures" / "validation.png", dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    with worker_pool() as workers:
        remake(validate(draws=int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS, pool=workers))
