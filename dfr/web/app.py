"""The application: which address gives what. Files are read once at the start; no address names a path."""

from __future__ import annotations

import asyncio
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
from dfr.io.files import json_line
from dfr.web.face import Face
from dfr.web.guard import Doors, Guard
from dfr.web.wire import int_of, object_of, position_of, ring_of, text_of, whole_of

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

Answer = Callable[[dict[str, Any]], Any]


def make_app(face: Face, doors: Doors) -> ASGIApp:
    """The guarded application of one face."""
    routes = [
        Route("/", lambda request: RedirectResponse("/live" if face.draft is None else "/plan")),
        *(Route(f"/{page}", _file(f"{page}.html")) for page in PAGES),
        *(Route(f"/static/{name}", _file(name)) for name in static_files() if not name.endswith(".html")),
        Route("/favicon.ico", _file("icon.svg")),
        *_basemap(face),
        *_read_routes(face),
        *_change_routes(face),
        Route("/api/replay/tlog", _upload(face), methods=["POST"]),
        WebSocketRoute("/ws/live", _stream(face.vehicles, LIVE_HZ)),
        WebSocketRoute("/ws/progress", _stream(lambda: face.runs.progress, PROGRESS_HZ)),
    ]
    app = Starlette(routes=routes, exception_handlers={DfrError: _explained})
    app.router.redirect_slashes = False
    return Guard(app, doors=doors)


def static_files() -> dict[str, bytes]:
    """Every file that is served, by name."""
    folder = resources.files("dfr.web") / "static"
    return {item.name: item.read_bytes() for item in folder.iterdir() if _suffix(item.name) in MEDIA}


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


def _file(name: str) -> Callable[[Request], Response]:
    data = (resources.files("dfr.web") / "static" / name).read_bytes()
    media = MEDIA[_suffix(name)]

    def answer(request: Request) -> Response:
        del request
        return Response(data, media_type=media, headers={"cache-control": "no-cache"})

    return answer


def _basemap(face: Face) -> list[Route]:
    """The user's PMTiles file, which the page reads in ranges; there is no address where there is no file."""
    path = face.basemap
    if path is None:
        return []
    return [Route("/basemap.pmtiles", lambda request: FileResponse(path, media_type=BYTES), methods=["GET"])]


def _read_routes(face: Face) -> list[Route]:
    """What can be asked for; asking changes nothing."""

    def get(path: str, answer: Callable[[Mapping[str, str]], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            return _json(await run_in_threadpool(answer, request.query_params))

        return Route(path, endpoint, methods=["GET"])

    return [
        get("/api/about", lambda query: face.about()),
        get("/api/place", lambda query: face.place()),
        get("/api/plan", lambda query: face.plan()),
        get("/api/plan/hours", lambda query: face.drafted().hours()),
        get("/api/runs", lambda query: [run.as_dict() for run in face.runs.finished]),
        get(
            "/api/runs/compare",
            lambda query: face.runs.differences(int_of(query, "first"), int_of(query, "second")),
        ),
        get("/api/replay", lambda query: face.replays()),
        get(
            "/api/replay/shift", lambda query: face.shift(int_of(query, "run"), query.get("kind", "typical"))
        ),
        get("/api/replay/flight", lambda query: face.flight(query.get("name", ""))),
    ]


def _change_routes(face: Face) -> list[Route]:
    """What changes something: POST with a JSON object, nothing else."""

    def post(path: str, do: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            document = object_of(await request.body())
            return _json(await run_in_threadpool(do, document))

        return Route(path, endpoint, methods=["POST"])

    def edited(change: Callable[[dict[str, Any]], None]) -> Answer:
        def do(document: dict[str, Any]) -> Any:
            if document.get("version") != face.drafted().version:
                raise InputError("the plan was changed in another window", do="it is shown as it is now")
            change(document)
            return face.plan()

        return do

    def simulate(document: dict[str, Any]) -> Any:
        step = face.drafted().step
        face.runs.start(
            step.world,
            step.plan,
            replications=whole_of(document, "replications"),
            seed=whole_of(document, "seed"),
            label=f"{step.what}: {', '.join(site.name for site in step.plan.sites)}",
        )
        return face.runs.progress

    def ask(document: dict[str, Any]) -> Any:
        control = face.commanded(whole_of(document, "vehicle"))
        return control.ask(text_of(document, "command"), str(document.get("zone", "")))

    def confirm(document: dict[str, Any]) -> Any:
        return {"done": face.commanded(whole_of(document, "vehicle")).confirm(text_of(document, "key"))}

    def stop(document: dict[str, Any]) -> Any:
        del document
        face.runs.stop()
        return face.runs.progress

    return [
        post("/api/plan/preview", lambda d: face.drafted().preview(position_of(d))),
        post(
            "/api/plan/move", edited(lambda d: face.drafted().move_site(text_of(d, "site"), position_of(d)))
        ),
        post("/api/plan/place", edited(lambda d: face.drafted().place_dock(text_of(d, "site")))),
        post("/api/plan/take", edited(lambda d: face.drafted().take_dock(text_of(d, "site")))),
        post("/api/plan/boundary", edited(lambda d: face.drafted().redraw_boundary(ring_of(d)))),
        post("/api/plan/again", edited(lambda d: face.drafted().site_again())),
        post("/api/plan/undo", edited(lambda d: face.drafted().undo())),
        post("/api/plan/redo", edited(lambda d: face.drafted().redo())),
        post("/api/plan/save", edited(lambda d: face.drafted().save())),
        post("/api/simulate", simulate),
        post("/api/simulate/stop", stop),
        post("/api/live/ask", ask),
        post("/api/live/confirm", confirm),
    ]


def _upload(face: Face) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return _json(await run_in_threadpool(face.add_tlog, await request.body()))

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


def _explained(request: Request, error: Exception) -> Response:
    """A DfrError as JSON: what, and what to do."""
    del request
    code = getattr(error, "code", "dfr")
    status = 403 if isinstance(error, VehicleRefusedError) else 400
    return JSONResponse({"error": {"code": code, "message": str(error)}}, status_code=status)


def _json(document: object) -> Response:
    return PlainTextResponse(json_line(document), media_type="application/json")
