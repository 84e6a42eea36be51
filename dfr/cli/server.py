"""A server of pages, with bounds on what a client may ask of it: where it listens, and to which names."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from dfr.errors import InputError
from dfr.web.connections import BoundedConnection
from dfr.web.guard import is_loopback

BACKLOG = 128
MOST_AT_ONCE = 200


def make_server(web: ASGIApp) -> uvicorn.Server:
    """The pages' server, with bounds on what a client may ask of it."""
    config = uvicorn.Config(
        web,
        http=BoundedConnection,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=65_536,
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=2,
        lifespan="off",
    )
    return uvicorn.Server(config)


@contextmanager
def serve_beside(web: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve pages in a thread of their own until the end of the block."""
    server = make_server(web)
    serving = threading.Thread(
        target=lambda: server.run(sockets=[listener]), name="pages-server", daemon=True
    )
    serving.start()
    try:
        yield
    finally:
        server.should_exit = True
        serving.join(timeout=5.0)


def address_of(host: str, port: int) -> str:
    """The address of a server as a browser takes it.

    >>> address_of("::1", 8340)
    'http://[::1]:8340'
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def allowed_hosts(host: str, port: int, further: list[str]) -> frozenset[str]:
    """The names this server answers to; an unspecified address is none."""
    names = (
        {"127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else {f"[{host}]" if ":" in host else host}
    )
    if host in ("0.0.0.0", "::"):
        if not further:
            raise InputError(
                f"--host {host} listens on every address", do="name the one in use with --allow-host"
            )
        names = {"127.0.0.1", "localhost"}
    return frozenset(f"{name.lower()}:{port}" for name in (*names, *further))


@contextmanager
def open_listener(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens at an address until the end of the block. Raises InputError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise InputError(
                f"{host}:{port}: {error.strerror}", do="choose another --port or --host"
            ) from error
        yield listener
