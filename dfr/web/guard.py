"""Protects the server (`Guard`): checks Host, Origin, token and size before a request reaches a page.

Any web page that a user has open can send requests to 127.0.0.1. So the guard refuses a foreign Host (DNS
rebinding) and a foreign Origin (cross-site requests and sockets), and no GET changes anything.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
"""The largest request, besides an upload, is an edit of the boundary."""

MAX_UPLOAD_BYTES = 32 * 1024 * 1024
"""A tlog of an hour is about 10 MiB."""

BODY_S = 60.0
"""A body that takes longer is refused, or a slow client could hold a connection for ever."""

UPLOADS = ("/api/base/file", "/api/import/file", "/api/replay/log", "/api/home/open", "/api/calls")
"""How the addresses end that take an upload; a deployment's are below its own folder."""

COOKIE = "dfr_token"
BEARER = "Bearer "
SAFE_METHODS = frozenset({"GET", "HEAD"})

POLICY = "content-security-policy"
HEADERS = {
    POLICY: (
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
    """What a request needs: a host of these, as `name:port`, and the token where there is one.

    `opened` are the other servers that a page may ask: kinds of content (as a policy names them) with the
    one origin of each. `bearer`: a system that sends its token in Authorization needs no Origin, as no page
    of another site can send that.
    """

    hosts: frozenset[str]
    token: str | None = None
    opened: Mapping[str, str] = field(default_factory=dict)
    bearer: bool = False


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware: refuses forbidden requests and adds the security headers to every response."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app, self._access = app, access
        self._headers = {**HEADERS, POLICY: policy_with(access.opened)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        answer = self._refuse_request(scope)
        if scope["type"] == "websocket":
            if answer is not None:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        send_with_headers = _with_headers(send, self._headers)
        if answer is not None:
            await answer(scope, receive, send_with_headers)
            return
        await self._pass_bounded(scope, receive, send_with_headers)

    def _refuse_request(self, scope: Scope) -> Response | None:
        """The response to a forbidden request; None for an allowed one."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._access.hosts:
            return PlainTextResponse("this server does not answer to that host name\n", status_code=421)
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origins = headers.getlist("origin")
        own = (f"http://{host}", f"https://{host}")
        # No honest request has a second Origin beside ours.
        foreign = len(origins) != 1 or origins[0].lower() not in own
        by_system = (
            self._access.bearer and not origins and headers.get("authorization", "").startswith(BEARER)
        )
        if foreign and (changes or origins) and not by_system:
            needed = "; a system sends the header Authorization: Bearer TOKEN" if self._access.bearer else ""
            words = f"requests from other sites are refused{needed}\n"
            return PlainTextResponse(words, status_code=403)
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        token = self._access.token
        if token is None or _is_same_token(_token_cookie(headers), token):
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and scope["method"] == "GET" and _is_same_token(given, token):
            # The token leaves the address bar at once, and scripts never see it.
            response = RedirectResponse(scope["path"], status_code=303)
            response.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
            return response
        return PlainTextResponse("a token is needed: open the address that `dfr serve` printed\n", 401)

    async def _pass_bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body stays within its limit."""
        limit = MAX_UPLOAD_BYTES if scope["path"].endswith(UPLOADS) else MAX_BODY_BYTES
        length = Headers(scope=scope).get("content-length", "0")
        announced = int(length) if length.isascii() and length.isdigit() else limit + 1
        try:
            body = None if announced > limit else await asyncio.wait_for(_read_body(receive, limit), BODY_S)
        except TimeoutError:
            late = PlainTextResponse(f"the body took more than {BODY_S:.0f} s\n", status_code=408)
            await late(scope, receive, send)
            return
        if body is None:
            refused = PlainTextResponse(f"over the limit of {limit} bytes\n", status_code=413)
            await refused(scope, receive, send)
            return
        await self._app(scope, _BufferedBody(body, receive), send)


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    """The body of a request; None where it is over the limit, whatever its header says."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)


class _BufferedBody:
    """A body that was read, received once more; after it, what the client sends."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return message if message is not None else await self._receive()


def policy_with(opened: Mapping[str, str]) -> str:
    """The policy of the pages, opened for one other origin in each of some kinds of content."""
    parts = dict(part.split(" ", 1) for part in HEADERS[POLICY].split("; "))
    for kind, origin in opened.items():
        parts[kind] = f"{parts[kind]} {origin}" if kind in parts else origin
    return "; ".join(f"{kind} {sources}" for kind, sources in parts.items())


def origin_of(url: str) -> str:
    """The origin of an address, as a policy names it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def names_an_origin(parts: SplitResult) -> bool:
    """Whether an address is of one server that a policy can name: no user, nothing with a meaning there."""
    clean = all(character.isalnum() or character in ".-:[]" for character in parts.netloc)
    return bool(parts.hostname) and clean and (parts.port is None or parts.port > 0)


def _with_headers(send: Send, added: Mapping[str, str]) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            # A page may have a policy of its own, such as a brief, which runs no script at all.
            policy = headers.get(POLICY, added[POLICY])
            for name, value in {**added, POLICY: policy}.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
            message["headers"] = headers.raw
        await send(message)

    return send_with_headers


def _token_cookie(headers: Headers) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _is_same_token(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
