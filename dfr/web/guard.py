"""Who may ask: Host, Origin, token and size are checked before a request reaches a page.

The browser is the enemy's tool here: any page a user has open may send requests to 127.0.0.1. So a
foreign Host (DNS rebinding) and a foreign Origin (cross-site requests and sockets) are refused, and
nothing that changes anything is reachable by GET.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
"""No request but an upload is larger than an edit of a boundary."""

MAX_UPLOAD_BYTES = 32 * 1024 * 1024
"""A tlog of an hour is about 10 MiB."""

BODY_S = 60.0
"""A body that takes longer is given up: whoever drips it would hold a place for ever."""

UPLOADS = frozenset({"/api/replay/tlog"})
COOKIE = "dfr_token"
SAFE_METHODS = frozenset({"GET", "HEAD"})

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the server answers to: its hosts as `name:port`, and a token where one is needed."""

    hosts: frozenset[str]
    token: str | None = None


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware: refuses what must not get in, and puts the safety headers on what goes out."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        answer = self._refusal(scope)
        if scope["type"] == "websocket":
            if answer is not None:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        sender = _with_headers(send)
        if answer is not None:
            await answer(scope, receive, sender)
            return
        await self._bounded(scope, receive, sender)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to what may not get in; None for what may."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._access.hosts:
            return PlainTextResponse("this server does not answer to that name\n", status_code=421)
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origins = headers.getlist("origin")
        own = (f"http://{host}", f"https://{host}")
        # A second Origin beside ours is nobody's honest request.
        foreign = len(origins) != 1 or origins[0].lower() not in own
        if foreign and (changes or origins):
            return PlainTextResponse("requests from other sites are refused\n", status_code=403)
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        token = self._access.token
        if token is None or _same(_cookie(headers), token):
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and scope["method"] == "GET" and _same(given, token):
            # The token leaves the address bar at once, and scripts never see it.
            response = RedirectResponse(scope["path"], status_code=303)
            response.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
            return response
        return PlainTextResponse("a token is needed: open the address that `dfr serve` printed\n", 401)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body stays within its limit."""
        limit = MAX_UPLOAD_BYTES if scope["path"] in UPLOADS else MAX_BODY_BYTES
        length = Headers(scope=scope).get("content-length", "0")
        announced = int(length) if length.isascii() and length.isdigit() else limit + 1
        try:
            body = None if announced > limit else await asyncio.wait_for(_read(receive, limit), BODY_S)
        except TimeoutError:
            late = PlainTextResponse(f"the body took more than {BODY_S:.0f} s\n", status_code=408)
            await late(scope, receive, send)
            return
        if body is None:
            refused = PlainTextResponse(f"over the limit of {limit} bytes\n", status_code=413)
            await refused(scope, receive, send)
            return
        await self._app(scope, _Replayed(body, receive), send)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body of a request; None where it is longer than it may be, whatever it said of itself."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


class _Replayed:
    """A body that was read, told once more; after it, what the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return message if message is not None else await self._receive()


def _with_headers(send: Send) -> Send:
    async def sender(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
            message["headers"] = headers.raw
        await send(message)

    return sender


def _cookie(headers: Headers) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
