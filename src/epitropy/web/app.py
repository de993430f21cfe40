"""The local app: one page, fast answers from warm processes, long work as jobs. Nothing of a study is kept here.

Every request carries the study as plain data, so two tabs cannot mix; only jobs and uploaded files have a name, too
long to guess, and a folder that goes when the app ends.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from .. import __version__
from ..errors import EpitropyError
from ..study import bundled_studies, study_text
from . import data, plain, stores
from .calls import Calls, Fault
from .guard import REPORT_POLICY, Guard, TooLarge
from .jobs import Jobs
from .kinds import KINDS
from .views import view

STATIC = files("epitropy.web").joinpath("static")


def create_app(port: int, sweeps: Path = Path(".")) -> Any:
    """The guarded app of one server on ``port`` of this machine; it lists the sweeps in one folder."""

    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory(prefix="epitropy-app-") as folder:
            app.state.folder = Path(folder)
            app.state.calls, app.state.jobs = Calls(), Jobs(Path(folder) / "jobs")
            warming = asyncio.create_task(app.state.calls.warm())
            try:
                yield
            finally:
                warming.cancel()
                app.state.calls.close()
                await app.state.jobs.close()

    app = FastAPI(
        title="epitropy", version=__version__, lifespan=alive, docs_url=None, redoc_url=None, openapi_url=None
    )
    _answer_faults(app)
    _studies(app)
    _uploads(app)
    _jobs(app)
    _stores(app, sweeps.resolve())
    app.mount("/static", StaticFiles(directory=str(STATIC)), name="static")

    @app.get("/")
    async def page() -> Response:
        return HTMLResponse(STATIC.joinpath("index.html").read_text(encoding="utf-8"))

    @app.get("/api/health")
    async def health() -> dict[str, str]:
        return {"version": __version__}

    guarded = Guard(app, port)
    guarded.state = app.state
    return guarded


def _answer_faults(app: FastAPI) -> None:
    """Every fault as one line of JSON, none as a traceback."""

    @app.exception_handler(Fault)
    async def fault(_: Request, error: Fault) -> Response:
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(EpitropyError)
    async def own(_: Request, error: EpitropyError) -> Response:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> Response:
        """A fault of our own: told as such, and in full on the terminal that runs the app."""
        return JSONResponse({"error": f"a fault of the app itself ({type(error).__name__}); please report it"}, 500)

    @app.exception_handler(TooLarge)
    async def large(_: Request, error: TooLarge) -> Response:
        return JSONResponse({"error": "more bytes than were announced; nothing was read"}, 413)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries."""
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Fault("the request is no JSON", 400) from None
    if not isinstance(found, dict):
        raise Fault("the request is no JSON object", 400)
    return found


def _studies(app: FastAPI) -> None:
    @app.get("/api/studies")
    async def studies() -> dict[str, str]:
        return bundled_studies()

    @app.get("/api/studies/{name}")
    async def study(name: str) -> dict[str, Any]:
        if name not in bundled_studies():  # never a path
            raise Fault(f"no bundled study '{name}'; there are {', '.join(bundled_studies())}", 404)
        return {"raw": plain.read(study_text(name), name)}

    @app.post("/api/read")
    async def read(request: Request) -> dict[str, Any]:
        """A YAML text, such as a file dragged in, as plain data; checked as any study."""
        body = await _body(request)
        raw = await app.state.calls.run(plain.read, str(body.get("yaml", "")), str(body.get("name", "study")))
        await app.state.calls.run(view, "form", raw, {})
        return {"raw": raw}

    @app.post("/api/yaml")
    async def written(request: Request) -> Response:
        body = await _body(request)
        text = await app.state.calls.run(plain.write, body.get("study"))
        return PlainTextResponse(text, media_type="application/yaml")

    @app.post("/api/view/{name}")
    async def shown(name: str, request: Request) -> Any:
        body = await _body(request)
        options = body.get("options") or {}
        if not isinstance(options, dict):
            raise Fault("options are no JSON object", 400)
        return await app.state.calls.run(view, name, body.get("study"), options)


def _uploads(app: FastAPI) -> None:
    @app.post("/api/upload")
    async def upload(request: Request) -> dict[str, Any]:
        """Keep a file of measured cells and say how it would be read; nothing is guessed, nothing confirmed yet."""
        name = data.safe_name(request.query_params.get("name", ""))
        token = secrets.token_urlsafe(9)
        folder = app.state.folder / "uploads" / token
        folder.mkdir(parents=True)
        try:
            with (folder / name).open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
        except BaseException:  # too large, or the page has left: nothing of it stays
            shutil.rmtree(folder, ignore_errors=True)
            raise
        data.forget_oldest(app.state.folder / "uploads")
        return {"token": token, "name": name}

    @app.post("/api/preview")
    async def preview(request: Request) -> Any:
        body = await _body(request)
        path = data.stored(app.state.folder / "uploads", str(body.get("token", "")))
        options = body.get("options") or {}
        if not isinstance(options, dict):
            raise Fault("options are no JSON object", 400)
        if options.get("scan"):
            return await app.state.calls.run(data.scan_preview, str(path), body.get("study"), options)
        return await app.state.calls.run(data.preview, str(path), options)


def _jobs(app: FastAPI) -> None:
    @app.post("/api/jobs/{kind}")
    async def start(kind: str, request: Request) -> dict[str, Any]:
        if kind not in KINDS:
            raise Fault(f"no job '{kind}'; there are {', '.join(KINDS)}", 404)
        body = await _body(request)
        study, options = body.get("study"), body.get("options") or {}
        if not isinstance(options, dict):
            raise Fault("options are no JSON object", 400)
        told = await app.state.calls.run(view, "form", study, {})  # a fault is told before anything starts
        made = KINDS[kind](told["name"], options, app.state.folder / "uploads")
        text = await app.state.calls.run(plain.write, study)
        inputs = {f"{told['name']}.yaml": text.encode(), **made.files}
        return app.state.jobs.start(kind, made.title, inputs, made.arguments).told()

    @app.get("/api/jobs/{name}")
    async def job(name: str) -> dict[str, Any]:
        return app.state.jobs.find(name).told()

    @app.get("/api/jobs/{name}/events")
    async def events(name: str) -> Response:
        found = app.state.jobs.find(name)

        async def lines() -> AsyncIterator[str]:
            async for told in app.state.jobs.follow(found):
                yield f"data: {json.dumps(told)}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    @app.post("/api/jobs/{name}/cancel")
    async def cancel(name: str) -> dict[str, Any]:
        found = app.state.jobs.find(name)
        await app.state.jobs.cancel(found)
        return found.told()

    @app.get("/api/jobs/{name}/files/{file}")
    async def result(name: str, file: str) -> Response:
        found = app.state.jobs.find(name)
        if file not in found.told()["files"]:  # a listed name is no path
            raise Fault(f"no file '{file}' among the results", 404)
        page = file.endswith((".html", ".svg"))
        return FileResponse(
            found.output / file,
            filename=None if page else file,
            headers={"content-security-policy": REPORT_POLICY} if page else {},
        )


def _stores(app: FastAPI, folder: Path) -> None:
    @app.get("/api/stores")
    async def listed() -> Any:
        return await app.state.calls.run(stores.stores, str(folder))

    @app.get("/api/stores/{name}")
    async def shown(name: str) -> Any:
        return await app.state.calls.run(stores.store, str(folder), name)

    @app.get("/api/stores/{name}/rows/{index}")
    async def opened(name: str, index: int) -> Any:
        return await app.state.calls.run(stores.row, str(folder), name, index)

    @app.get("/api/stores/{name}/page")
    async def page(name: str) -> Response:
        return FileResponse(stores.page_of(folder, name), headers={"content-security-policy": REPORT_POLICY})
