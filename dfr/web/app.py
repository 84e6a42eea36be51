"""The application: which address gives what, and what is asked as checked values.

Files are read once at the start; no address names a path.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from dfr.errors import DfrError, InputError, VehicleRefusedError
from dfr.geo import Position
from dfr.io.files import json_line
from dfr.web.guard import Access, Guard
from dfr.web.page_data import PageData

PAGES = ("plan", "simulate", "replay", "live")
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
BYTES = "application/octet-stream"
LIVE_HZ = 5.0
PROGRESS_HZ = 5.0
MOST_SOCKETS = 32
MOST_CORNERS = 500

Answer = Callable[[dict[str, Any]], Any]


def make_app(pages: PageData, access: Access) -> ASGIApp:
    """The application behind its guard, for the pages of one server."""
    routes = [
        Route("/", lambda request: RedirectResponse("/live" if pages.editor is None else "/plan")),
        *(Route(f"/{page}", _file(f"{page}.html")) for page in PAGES),
        *(Route(f"/static/{name}", _file(name)) for name in static_files() if not name.endswith(".html")),
        Route("/favicon.ico", _file("icon.svg")),
        *_basemap(pages),
        *_read_routes(pages),
        *_change_routes(pages),
        Route("/api/replay/tlog", _upload(pages), methods=["POST"]),
        WebSocketRoute("/ws/live", _stream(pages.vehicles, LIVE_HZ)),
        WebSocketRoute("/ws/progress", _stream(lambda: pages.runs.progress, PROGRESS_HZ)),
    ]
    app = Starlette(routes=routes, exception_handlers={DfrError: _explained})
    app.router.redirect_slashes = False
    return Guard(app, access=access)


def static_files() -> dict[str, bytes]:
    """Every file that is served, by name."""
    folder = resources.files("dfr.web") / "static"
    return {item.name: item.read_bytes() for item in folder.iterdir() if _suffix(item.name) in MEDIA}


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _file(name: str) -> Callable[[Request], Response]:
    data = (resources.files("dfr.web") / "static" / name).read_bytes()
    media = MEDIA[_suffix(name)]

    def answer(_request: Request) -> Response:
        return Response(data, media_type=media, headers={"cache-control": "no-cache"})

    return answer


def _basemap(pages: PageData) -> list[Route]:
    """The user's PMTiles file, which the page reads in ranges; there is no address where there is no file."""
    path = pages.basemap
    if path is None:
        return []
    return [Route("/basemap.pmtiles", lambda request: FileResponse(path, media_type=BYTES), methods=["GET"])]


def _read_routes(pages: PageData) -> list[Route]:
    """What can be asked for; asking changes nothing."""

    def get(path: str, answer: Callable[[Mapping[str, str]], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            return _json(await run_in_threadpool(answer, request.query_params))

        return Route(path, endpoint, methods=["GET"])

    return [
        get("/api/about", lambda query: pages.about()),
        get("/api/place", lambda query: pages.place()),
        get("/api/plan", lambda query: pages.plan()),
        get("/api/plan/hours", lambda query: pages.require_editor().hours()),
        get("/api/runs", lambda query: [run.as_dict() for run in pages.runs.finished]),
        get(
            "/api/runs/compare",
            lambda query: pages.runs.differences(int_of(query, "first"), int_of(query, "second")),
        ),
        get("/api/replay", lambda query: pages.replays()),
        get(
            "/api/replay/shift", lambda query: pages.shift(int_of(query, "run"), query.get("kind", "typical"))
        ),
        get("/api/replay/flight", lambda query: pages.flight(query.get("name", ""))),
    ]


def _change_routes(pages: PageData) -> list[Route]:
    """What changes something: POST with a JSON object, nothing else."""

    def post(path: str, do: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            document = object_of(await request.body())
            return _json(await run_in_threadpool(do, document))

        return Route(path, endpoint, methods=["POST"])

    def edited(change: Callable[[dict[str, Any]], None]) -> Answer:
        def do(document: dict[str, Any]) -> Any:
            if document.get("version") != pages.require_editor().version:
                raise InputError("the plan was changed in another window", do="it is shown as it is now")
            change(document)
            return pages.plan()

        return do

    def simulate(document: dict[str, Any]) -> Any:
        step = pages.require_editor().step
        pages.runs.start(
            step.world,
            step.plan,
            replications=whole_of(document, "replications"),
            seed=whole_of(document, "seed"),
            label=f"{step.what}: {', '.join(site.name for site in step.plan.sites)}",
        )
        return pages.runs.progress

    def ask(document: dict[str, Any]) -> Any:
        control = pages.control_of(whole_of(document, "vehicle"))
        return control.ask(text_of(document, "command"), str(document.get("zone", "")))

    def confirm(document: dict[str, Any]) -> Any:
        return {"done": pages.control_of(whole_of(document, "vehicle")).confirm(text_of(document, "key"))}

    def stop(_document: dict[str, Any]) -> Any:
        pages.runs.stop()
        return pages.runs.progress

    return [
        post("/api/plan/preview", lambda d: pages.require_editor().preview(position_of(d))),
        post(
            "/api/plan/move",
            edited(lambda d: pages.require_editor().move_site(text_of(d, "site"), position_of(d))),
        ),
        post("/api/plan/place", edited(lambda d: pages.require_editor().place_dock(text_of(d, "site")))),
        post("/api/plan/take", edited(lambda d: pages.require_editor().take_dock(text_of(d, "site")))),
        post("/api/plan/boundary", edited(lambda d: pages.require_editor().redraw_boundary(ring_of(d)))),
        post("/api/plan/again", edited(lambda d: pages.require_editor().site_again())),
        post("/api/plan/undo", edited(lambda d: pages.require_editor().undo())),
        post("/api/plan/redo", edited(lambda d: pages.require_editor().redo())),
        post("/api/plan/save", edited(lambda d: pages.require_editor().save())),
        post("/api/simulate", simulate),
        post("/api/simulate/stop", stop),
        post("/api/live/ask", ask),
        post("/api/live/confirm", confirm),
    ]


def _upload(pages: PageData) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return _json(await run_in_threadpool(pages.add_tlog, await request.body()))

    return endpoint


def _stream(state: Callable[[], Any], hertz: float) -> Callable[[WebSocket], Any]:
    """A socket that tells a state so often, and listens to nothing."""
    open_sockets: set[WebSocket] = set()

    async def endpoint(socket: WebSocket) -> None:
        if len(open_sockets) >= MOST_SOCKETS:
            await socket.close(code=1013)
            return
        await socket.accept()
        open_sockets.add(socket)
        gone = asyncio.ensure_future(_until_gone(socket))
        try:
            while not gone.done():
                await socket.send_text(json_line(await run_in_threadpool(state)))
                await asyncio.wait([gone], timeout=1.0 / hertz)
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass
        finally:
            open_sockets.discard(socket)
            gone.cancel()

    return endpoint


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


# -- requests as checked values --


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; no body is an empty one. Raises InputError where it is not there."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", do="send a JSON object") from error
    if not isinstance(document, dict):
        raise InputError("no JSON object", do="send one")
    return document


def text_of(document: Mapping[str, Any], key: str) -> str:
    """A text of a document. Raises InputError where it is not there."""
    value = document.get(key)
    if not isinstance(value, str):
        raise InputError(f"{key} is missing", do="send it as text")
    return value


def number_of(document: Mapping[str, Any], key: str) -> float:
    """A number of a document. Raises InputError where it is not there."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise InputError(f"{key} is missing", do="send it as a number")
    return float(value)


def whole_of(document: Mapping[str, Any], key: str) -> int:
    """A whole number of a document. Raises InputError for a fraction: nothing is rounded to a vehicle."""
    value = number_of(document, key)
    if not value.is_integer():
        raise InputError(f"{key} {value:g} is no whole number", do="send one")
    return int(value)


def int_of(query: Mapping[str, str], key: str) -> int:
    """A whole number of a query. Raises InputError where it is not there."""
    value = query.get(key, "")
    if not value.isdecimal() or len(value) > 9:
        raise InputError(f"{key}={value!r:.20} is no number", do="give one")
    return int(value)


def position_of(document: Mapping[str, Any]) -> Position:
    """The `lat_deg` and `lon_deg` of a document. Raises InputError where it is not there."""
    return Position(lat_deg=number_of(document, "lat_deg"), lon_deg=number_of(document, "lon_deg"))


def ring_of(document: Mapping[str, Any]) -> tuple[Position, ...]:
    """The `ring` of a document: [lon, lat] corners. Raises InputError where it is not there."""
    corners = document.get("ring")
    if not isinstance(corners, list) or not 3 <= len(corners) <= MOST_CORNERS:
        raise InputError("ring is missing", do=f"send 3 to {MOST_CORNERS} corners")
    pairs = [pair if isinstance(pair, list) and len(pair) == 2 else (None, None) for pair in corners]
    return tuple(position_of({"lon_deg": lon, "lat_deg": lat}) for lon, lat in pairs)


# -- answers --


def _explained(_request: Request, error: Exception) -> Response:
    """A DfrError as JSON: what, and what to do."""
    code = getattr(error, "code", "dfr")
    status = 403 if isinstance(error, VehicleRefusedError) else 400
    return JSONResponse({"error": {"code": code, "message": str(error)}}, status_code=status)


def _json(document: object) -> Response:
    return PlainTextResponse(json_line(document), media_type="application/json")
