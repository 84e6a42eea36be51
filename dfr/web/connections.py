"""Connections (`BoundedConnection`): those whose headers are slow are ended, streams end with the server."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 20.0
"""The headers of a request that take longer end the connection, or a slow client could hold it for ever."""

LATE = b"the headers of the request took too long\n"
ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(LATE), LATE)
)
STREAMS = ("/api/events",)


class BoundedConnection(H11Protocol):
    """One connection; the headers of each request have `HEADERS_S` seconds to arrive."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Read what the client sends; while a request is incomplete its deadline stands."""
        if self._deadline is None and self._is_between_requests():
            self._wait_for_headers()
        super().data_received(data)
        if not self._is_between_requests() or self.transport.get_protocol() is not self:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End a stream at once when the server ends; other answers are finished."""
        super().shutdown()
        if (
            self.cycle is not None
            and not self.cycle.response_complete
            and self.scope["path"].endswith(STREAMS)
        ):
            self.transport.close()

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_headers(self) -> None:
        self._deadline = self.loop.call_later(HEADERS_S, self._refuse_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse_late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.write(ANSWER)
            self.transport.close()
