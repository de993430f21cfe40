"""What a request must look like before anything is read of it: from this machine, from our own page, small enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

LARGEST = 64 * 1024 * 1024  # bytes of an upload
LARGEST_STUDY = 2 * 1024 * 1024  # bytes of anything else
UPLOAD = "/api/upload"
OWN_HEADER = "x-epitropy"  # a page of another origin cannot send it without a preflight, which is refused
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self' blob:; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-downloads allow-popups"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Guard:
    """Refuses foreign hosts and origins and bodies that are too large, and sets headers on every answer."""

    def __init__(self, app: Any, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        fault = self._fault(scope["method"], scope["path"], headers)
        sender = _with_headers(send)
        if fault:
            status, said = fault
            await JSONResponse({"error": said}, status)(scope, receive, sender)
            return
        limit = LARGEST if scope["path"] == UPLOAD else LARGEST_STUDY
        await self.app(scope, _limited(receive, limit), sender)

    def _fault(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if host not in self.hosts:
            return 403, f"host '{host}' is refused; allowed: {', '.join(sorted(self.hosts))}"
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{h}" for h in self.hosts}:
            return 403, f"origin '{origin}' is refused; only this app's own page may ask"
        if method not in ("GET", "HEAD", "POST"):
            return 405, f"{method} is refused; allowed: GET, HEAD, POST"
        if method == "POST" and OWN_HEADER not in headers:
            return 403, f"a POST without the header {OWN_HEADER} is refused; only this app's own page may ask"
        limit = LARGEST if path == UPLOAD else LARGEST_STUDY
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            return 413, f"{length} bytes; allowed: up to {limit // 2**20} MB"
        return None


class TooLarge(Exception):
    """A body that goes on beyond its limit, whatever its header said."""


def _limited(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def read() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge
        return message

    return read


def _with_headers(send: Send) -> Send:
    async def sender(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            known = {k.lower() for k, _ in message["headers"]}
            added = {"content-security-policy": POLICY, **HEADERS}
            rows = [(k.encode(), v.encode()) for k, v in added.items() if k.encode() not in known]
            message = {**message, "headers": [*message["headers"], *rows]}
        await send(message)

    return sender
