"""Long work as the command that does it: one process group a job, progress by its lines, cancelled as a whole.

What the page shows as the command is what runs. A job that crashes takes nothing along; a job that is cancelled may be
started again, from the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cli.app import PROGRESS, PROGRESS_LINES
from .calls import Fault

REMEMBERED = 40  # jobs that have ended; the folders of older ones go
AT_ONCE = 2  # jobs that run; the rest wait
KEPT = 50  # lines of what a job printed
LONGEST_LINE = 2**22
WINDOWS = sys.platform == "win32"


@dataclass
class Job:
    """One command in its own folder; ``state`` is waiting, running, done, failed or cancelled."""

    name: str
    kind: str
    title: str
    shown: str  # the command as a user would type it
    folder: Path
    arguments: Sequence[str]
    state: str = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    said: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    process: asyncio.subprocess.Process | None = None
    version: int = 0

    def told(self) -> dict[str, Any]:
        files = sorted(p.name for p in self.output.iterdir() if p.is_file()) if self.output.is_dir() else []
        return {
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "command": self.shown,
            "state": self.state,
            "stage": self.stage,
            "done": self.done,
            "total": self.total,
            "said": self.said[-12:],
            "files": files,
        }

    @property
    def output(self) -> Path:
        return self.folder / "result"

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


class Jobs:
    """All jobs of this server, in a folder that goes with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, Job] = {}
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.tasks: set[asyncio.Task] = set()
        self.closing = False  # streams end, or the server would wait for them

    def start(self, kind: str, title: str, files: Mapping[str, bytes], arguments: Sequence[str]) -> Job:
        """Write the files, then run ``epitropy ARGUMENTS -o result`` among them when there is room."""
        name = secrets.token_urlsafe(9)
        folder = self.folder / name
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        shown = shlex.join(["epitropy", *arguments, "-o", "result"])
        job = Job(name=name, kind=kind, title=title, shown=shown, folder=folder, arguments=arguments)
        self.jobs[name] = job
        self._forget()
        task = asyncio.create_task(self._guarded(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return job

    def _forget(self) -> None:
        """What ended longest ago leaves, so that an app that stays open does not fill the disk."""
        ended = [n for n, job in self.jobs.items() if job.ended]
        for name in ended[:-REMEMBERED]:
            shutil.rmtree(self.jobs.pop(name).folder, ignore_errors=True)

    def find(self, name: str) -> Job:
        if name not in self.jobs:
            raise Fault("no such job; it may have ended with an earlier start of the app", 404)
        return self.jobs[name]

    async def cancel(self, job: Job) -> None:
        """End the job's process and all that it started."""
        if not job.ended:
            job.state = "cancelled"
            _end(job.process)
            await self._notify(job)

    async def follow(self, job: Job) -> AsyncIterator[dict[str, Any]]:
        """What there is to tell of a job, now and whenever it changes, until it has ended."""
        seen = -1
        while True:
            async with job.changed:
                while job.version == seen and not self.closing:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(job.changed.wait(), 1.0)
                seen = job.version
                told = job.told()
                ended = job.ended
            yield told
            if ended or self.closing:
                return

    async def close(self) -> None:
        for job in self.jobs.values():
            if not job.ended:
                job.state = "cancelled"
                _end(job.process)
        for task in list(self.tasks):
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(task, 5)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _guarded(self, job: Job) -> None:
        """Whatever happens, a job ends as something."""
        try:
            await self._run(job)
        except Exception as error:
            _end(job.process)
            job.said.append(f"It could not be run to its end ({type(error).__name__}: {error}).")
            job.state = "failed"
            await self._notify(job)

    async def _run(self, job: Job) -> None:
        async with self.slots:
            if job.ended:
                return
            job.state = "running"
            await self._notify(job)
            group: dict[str, Any] = {"creationflags": 0x200} if WINDOWS else {"start_new_session": True}
            job.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "epitropy.cli",
                *job.arguments,
                "-o",
                "result",
                cwd=job.folder,
                env={**os.environ, PROGRESS: PROGRESS_LINES, "COLUMNS": "100"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
                **group,
            )
            if job.ended:  # cancelled while it started
                _end(job.process)
            await asyncio.gather(self._read(job, job.process.stdout), self._read(job, job.process.stderr))
            code = await job.process.wait()
            if not job.ended:
                job.state = "done" if code == 0 else "failed"
                if code not in (0, 2):
                    job.said.append(f"The process ended with code {code} before it was done.")
            await self._notify(job)

    async def _read(self, job: Job, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            text = line.decode("utf-8", "replace").rstrip()
            progress = _progress(text)
            if progress:
                job.stage, job.done, job.total = progress
            else:
                job.said = [*job.said, text][-KEPT:]
            await self._notify(job)

    async def _notify(self, job: Job) -> None:
        async with job.changed:
            job.version += 1
            job.changed.notify_all()


def _progress(line: str) -> tuple[str, int, int] | None:
    """Stage, done and total of a line of progress; None of any other line."""
    if not line.startswith("{"):
        return None
    try:
        row = json.loads(line)
        return str(row["stage"]), int(row["done"]), int(row["total"])
    except (ValueError, KeyError, TypeError):
        return None


def _end(process: asyncio.subprocess.Process | None) -> None:
    """Kill a process with its group; one that has ended already is no fault."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if WINDOWS:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
