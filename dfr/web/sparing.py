"""Fewer bytes on a bad line (`Sparing`): answers are compressed, and not sent to a page that has them."""

from __future__ import annotations

import gzip
import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 500
"""Less is not worth compressing."""

LEVEL = 6
TEXTS = ("text/", "application/json", "image/svg+xml")
NOT_MODIFIED_DROPS = ("content-length", "content-type", "content-encoding")


class Sparing:
    """ASGI middleware for answers that are sent whole; streams and ranges pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Reducer(scope, send))


class _Reducer:
    """Holds back the start of an answer until its first part shows whether that is all of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._request, self._method, self._send = Headers(scope=scope), scope["method"], send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)
            body = self._reduce(start, message.get("body", b"")) if whole else message.get("body", b"")
            await self._send(start)
            message = {**message, "body": body}
        await self._send(message)

    def _reduce(self, start: Message, body: bytes) -> bytes:
        """The body to send, and the headers of `start` as they then are."""
        headers = MutableHeaders(raw=start["headers"])
        if start["status"] == 200 and self._method == "GET":
            headers.setdefault("etag", f'W/"{hashlib.sha256(body).hexdigest()[:24]}"')
            headers.setdefault("cache-control", "private, no-cache")
            if _is_known(headers["etag"], self._request.get("if-none-match", "")):
                start["status"], body = 304, b""
                for name in NOT_MODIFIED_DROPS:
                    del headers[name]
                start["headers"] = headers.raw
                return body
        if self._is_worth(headers, body):
            body = gzip.compress(body, LEVEL, mtime=0)
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(body))
        headers.add_vary_header("accept-encoding")
        start["headers"] = headers.raw
        return body

    def _is_worth(self, headers: MutableHeaders, body: bytes) -> bool:
        return (
            len(body) >= LEAST_BYTES
            and "content-encoding" not in headers
            and headers.get("content-type", "").startswith(TEXTS)
            and takes_gzip(self._request)
        )


def takes_gzip(request: Headers) -> bool:
    """Whether a browser takes compressed answers."""
    offers = [offer.replace(" ", "").lower() for offer in request.get("accept-encoding", "").split(",")]
    return any(offer == "gzip" or (offer.startswith("gzip;q=") and offer != "gzip;q=0") for offer in offers)


def _is_known(etag: str, known: str) -> bool:
    """Whether the page has it already, by the weak comparison of RFC 9110, section 13.1.2."""
    return etag.removeprefix("W/") in [item.strip().removeprefix("W/") for item in known.split(",")]
