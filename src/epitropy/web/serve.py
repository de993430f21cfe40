"""Start the app on this machine and open it in a browser."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import webbrowser
from pathlib import Path

import uvicorn

from ..errors import InputError
from .app import create_app

ADDRESS = "127.0.0.1"
USUAL = 8765
TRIED = 20  # ports from the usual one on


def free_port(wanted: int | None) -> int:
    """The wanted port if nobody has it, or the first free one from the usual on."""
    for port in [wanted] if wanted else range(USUAL, USUAL + TRIED):
        with socket.socket() as probe:
            if os.name == "posix":  # elsewhere it would let a port in use be taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    given = f"port {wanted}" if wanted else f"ports {USUAL} to {USUAL + TRIED - 1}"
    raise InputError(
        "--port", f"{given} in use or not allowed", "a free port from 1024 to 65535", "Give another --port."
    )


def serve(port: int | None, browser: bool, sweeps: Path) -> None:
    """Serve until interrupted. Listens on 127.0.0.1 alone, so no other machine reaches it."""
    chosen = free_port(port)
    url = f"http://{ADDRESS}:{chosen}/"
    app = create_app(chosen, sweeps)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """Say the address once it can be opened."""
            await super().startup(sockets)
            if self.started:
                print(f"epitropy: {url}  (Ctrl-C ends it)", flush=True)
                if browser:
                    threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()

        def handle_exit(self, sig: int, frame: object) -> None:
            """Streams of jobs end first, as the server waits for what is open."""
            if self.started:
                app.state.jobs.closing = True
            super().handle_exit(sig, frame)

    server = Server(
        uvicorn.Config(app, host=ADDRESS, port=chosen, log_level="warning", timeout_graceful_shutdown=3, ws="none")
    )
    for name in ("SIGTERM", "SIGHUP"):  # they end the app as Ctrl-C does, nothing is left behind
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), server.handle_exit)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
