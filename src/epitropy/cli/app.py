"""The application itself: arguments that verbs share, progress on the error stream, faults as one line."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Annotated

import typer

from ..errors import EpitropyError

EVERY = 0.2  # s between two lines of progress
INTERRUPTED = 130  # what a shell expects after Ctrl-C
PIPE_CLOSED = 141  # and where the reader of a pipe left
PROGRESS, PROGRESS_LINES = "EPITROPY_PROGRESS", "lines"  # environment: progress as JSON lines, for a program to read

app = typer.Typer(
    name="epitropy",
    help="From what is weighed onto a battery cathode to the coating that forms and what it does for the cell.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="A bundled study (see 'epitropy studies') or a YAML file.")
]


class progress_bar:
    """Progress per stage on the error stream: a bar on a terminal, one line a stage elsewhere, or JSON lines."""

    def __init__(self, rate: bool = False) -> None:
        self.rate = rate

    def __enter__(self):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from ..report.numbers import significant

        self.console = Console(stderr=True)
        self.tasks: dict[str, int] = {}
        self.lines = os.environ.get(PROGRESS) == PROGRESS_LINES
        self.last = 0.0
        if self.lines:
            _leave_with_reader()
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
        if self.rate:

            class Rate(TextColumn):
                def render(self, task):
                    self.text_format = f"{significant(task.speed)}/s" if task.speed else ""
                    return super().render(task)

            columns.insert(3, Rate(""))
        drawn = self.console.is_terminal and not self.lines
        self.bar = Progress(*columns, console=self.console, transient=True) if drawn else None
        if self.bar:
            self.bar.start()
        return self

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self.lines:
            self._line(stage, done, total)
            return
        if self.bar is None:
            if stage not in self.tasks:
                self.tasks[stage] = 0
                self.console.print(f"{stage} ...", highlight=False)
            return
        if stage not in self.tasks:
            self.tasks[stage] = self.bar.add_task(stage, total=total)
        self.bar.update(self.tasks[stage], completed=done, total=total)

    def _line(self, stage: str, done: int, total: int) -> None:
        """At most a few lines a second, the ends of a stage always."""
        now = time.monotonic()
        if 0 < done < total and stage in self.tasks and now - self.last < EVERY:
            return
        self.tasks.setdefault(stage, 0)
        self.last = now
        print(json.dumps({"stage": stage, "done": done, "total": total}), file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.stop()


def _leave_with_reader() -> None:
    """End with the program that reads the lines of progress, which started this one; its death closes nothing here."""
    reader = os.getppid()

    def watch() -> None:
        while os.getppid() == reader:
            time.sleep(EVERY)
        os._exit(INTERRUPTED)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Run the command line; a fault of the input is one line and exit code 2."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows another in its place
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            _stopped()
        sys.exit(code)
    except EpitropyError as error:
        print(f"epitropy: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PIPE_CLOSED)
    except OSError as error:
        print(f"epitropy: {error.strerror or error}; allowed: a place that can be written to", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except Exception as error:
        # faults of the command line itself: unknown verbs and options show their own usage
        if not hasattr(error, "show"):
            if type(error).__name__ == "Abort":
                _stopped()
            raise
        error.show()
        sys.exit(getattr(error, "exit_code", 2))


def _stopped() -> None:
    print("epitropy: stopped; nothing was written", file=sys.stderr)
    sys.exit(INTERRUPTED)


def cycle_numbers(option: str, text: str) -> list[int]:
    """Cycle numbers as they are written on the command line, e.g. ``1,50,200``."""
    from ..errors import InputError

    parts = [p.strip() for p in text.split(",") if p.strip()]
    if not all(p.isdigit() and int(p) for p in parts):
        raise InputError(option, f"'{text}'", "cycle numbers, e.g. 1,50,200")
    return [int(p) for p in parts]
