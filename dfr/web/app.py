"""The web application (`make_app`): its routes, and requests as checked values.

Files are read once at the start; no address names a path on the disk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from dfr.errors import DfrError, InputError, VehicleRefusedError
from dfr.geo import Position
from dfr.io.files import json_line
from dfr.scenario.edits import read_edit
from dfr.web.assets import page_routes
from dfr.web.brief import brief_endpoint
from dfr.web.editor import EditStep
from dfr.web.features import feature_forms
from dfr.web.guard import Access, Guard
from dfr.web.page_data import PageData
from dfr.web.page_words import words_for_page
from dfr.web.plan_state import PlanNews, StalePlanError, plan_events
from dfr.web.positions import describe_place, find_place, place_of
from dfr.web.run_charts import run_charts
from dfr.web.sparing import Sparing

PAGES = ("plan", "simulate", "replay", "live")
BYTES = "application/octet-stream"
LIVE_HZ = 5.0
PROGRESS_HZ = 5.0
MOST_SOCKETS = 32

STATE_HEADER = "dfr-state"
"""Names the state of the plan that an answer is of."""

STATUSES = {VehicleRefusedError: 403, StalePlanError: 409}
"""Statuses of errors that are no bad request."""

Answer = Callable[[dict[str, Any]], Any]


def make_app(pages: PageData, access: Access) -> ASGIApp:
    """The application of a server of one deployment, behind its guard."""
    return Guard(Sparing(deployment_app(pages)), access=access)


def deployment_app(pages: PageData) -> Starlette:
    """The pages of one deployment, to be served at the root or below a folder of its own."""
    routes = [
        Route("/", lambda request: RedirectResponse("live" if pages.editor is None else "plan")),
        *page_routes(PAGES),
        *_basemap_routes(pages),
        Route("/brief", brief_endpoint(pages), methods=["GET"]),
        Route("/api/events", _event_stream(pages), methods=["GET"]),
        *_read_routes(pages),
        *_change_routes(pages),
        Route("/api/replay/log", _upload_endpoint(pages), methods=["POST"]),
        Route("/api/import/file", _import_endpoint(pages), methods=["POST"]),
        Route("/api/base/file", _base_file_endpoint(pages), methods=["POST"]),
        Route("/api/base/photo", _photo_endpoint(pages), methods=["GET"]),
        WebSocketRoute("/ws/live", _state_stream(pages.vehicle_states, LIVE_HZ)),
        WebSocketRoute("/ws/progress", _state_stream(lambda: pages.runs.progress, PROGRESS_HZ)),
    ]
    return explaining_app(routes)


def explaining_app(routes: Sequence[BaseRoute]) -> Starlette:
    """An application of these routes that answers a DfrError in words."""
    app = Starlette(routes=routes, exception_handlers={DfrError: explain_error})
    app.router.redirect_slashes = False
    return app


def _basemap_routes(pages: PageData) -> list[Route]:
    """The route to the user's PMTiles file, which the page reads in ranges; none without a file."""
    path = pages.basemap
    if path is None:
        return []
    return [Route("/basemap.pmtiles", lambda request: FileResponse(path, media_type=BYTES), methods=["GET"])]


def _read_routes(pages: PageData) -> list[Route]:
    """The routes that read; they change nothing."""

    def get_route(path: str, answer: Callable[[Mapping[str, str]], Any]) -> Route:
        async def answer_get(request: Request) -> Response:
            return json_response(await run_in_threadpool(answer, request.query_params))

        return Route(path, answer_get, methods=["GET"])

    def plan_route(path: str, answer: Callable[[EditStep], Any]) -> Route:
        """An answer about the plan; its header names the state of the plan that it is of."""

        def answer_of_plan() -> Response:
            step = pages.require_editor().step
            return json_response(answer(step), state=step.state)

        async def answer_get(_request: Request) -> Response:
            return await run_in_threadpool(answer_of_plan)

        return Route(path, answer_get, methods=["GET"])

    return [
        get_route("/api/about", lambda query: pages.describe_server()),
        get_route("/api/place", lambda query: pages.fixed_layers()),
        get_route("/api/base", lambda query: pages.base_map().describe()),
        get_route("/api/plan", lambda query: pages.plan_state()),
        plan_route("/api/checklist", pages.checklist),
        plan_route("/api/plan/hours", pages.hours),
        plan_route("/api/plan/isochrones", pages.isochrones),
        plan_route("/api/plan/saving", pages.explain_saving),
        get_route("/api/live/tracks", lambda query: pages.tracks(query.get("known", ""))),
        get_route("/api/forms", lambda query: feature_forms()),
        get_route("/api/coordinates", lambda query: describe_place(place_of(query))),
        get_route("/api/find", lambda query: find_place(query.get("text", ""))),
        get_route("/api/runs", lambda query: [run.as_dict() for run in pages.runs.finished]),
        get_route(
            "/api/runs/compare",
            lambda query: pages.runs.compare_runs(int_of(query, "first"), int_of(query, "second")),
        ),
        get_route("/api/runs/charts", lambda query: run_charts(pages.runs.find_run(int_of(query, "run")))),
        get_route("/api/replay", lambda query: pages.list_replays()),
        get_route(
            "/api/replay/shift",
            lambda query: pages.replay_shift(int_of(query, "run"), query.get("kind", "typical")),
        ),
        get_route("/api/replay/flight", lambda query: pages.replay_flight(query.get("name", ""))),
    ]


def _change_routes(pages: PageData) -> list[Route]:
    """The routes that change something: each takes a POST with a JSON object."""

    def post_route(path: str, act: Answer) -> Route:
        async def answer_post(request: Request) -> Response:
            document = object_of(await request.body())
            found = await run_in_threadpool(act, document)
            return found if isinstance(found, Response) else json_response(found)

        return Route(path, answer_post, methods=["POST"])

    def edit_plan(change: Callable[[dict[str, Any]], None]) -> Answer:
        def apply_change(document: dict[str, Any]) -> Any:
            with pages.require_editor().edit_of(text_of(document, "state")):
                change(document)
                return pages.plan_state()

        return apply_change

    def preview_times(document: dict[str, Any]) -> Any:
        editor = pages.require_editor()
        step, place = editor.step, position_of(document)
        return json_response(editor.preview_times(place, of=step), state=step.state)

    def start_simulation(document: dict[str, Any]) -> Any:
        step = pages.require_editor().step
        pages.runs.start_run(
            step.world,
            step.plan,
            replications=whole_of(document, "replications"),
            seed=whole_of(document, "seed"),
            label=pages.require_editor().describe_plan(step),
            state=step.state,
        )
        return pages.runs.progress

    def ask_command(document: dict[str, Any]) -> Any:
        control = pages.control_of(whole_of(document, "vehicle"))
        return control.ask_for(text_of(document, "command"), str(document.get("zone", "")))

    def confirm_command(document: dict[str, Any]) -> Any:
        return {"done": pages.control_of(whole_of(document, "vehicle")).confirm_key(text_of(document, "key"))}

    def stop_simulation(_document: dict[str, Any]) -> Any:
        pages.runs.stop_run()
        return pages.runs.progress

    return [
        post_route("/api/plan/preview", preview_times),
        post_route(
            "/api/plan/edit", edit_plan(lambda d: pages.require_editor().apply(read_edit(d.get("edit"))))
        ),
        post_route("/api/plan/fact", edit_plan(pages.state_fact)),
        post_route(
            "/api/plan/place", edit_plan(lambda d: pages.require_editor().place_dock(text_of(d, "site")))
        ),
        post_route(
            "/api/plan/take", edit_plan(lambda d: pages.require_editor().take_dock(text_of(d, "site")))
        ),
        post_route("/api/plan/again", edit_plan(lambda d: pages.require_editor().site_again())),
        post_route("/api/plan/undo", edit_plan(lambda d: pages.require_editor().undo())),
        post_route("/api/plan/redo", edit_plan(lambda d: pages.require_editor().redo())),
        post_route(
            "/api/plan/save",
            edit_plan(lambda d: pages.require_editor().save(keep_docks=d.get("keep_docks") is True)),
        ),
        post_route("/api/import/calls", pages.show_calls),
        post_route("/api/import/apply", edit_plan(pages.take_over)),
        post_route("/api/base/pin", lambda d: pages.change_base_map(lambda base: base.pin(d.get("corners")))),
        post_route("/api/base/remove", lambda d: pages.change_base_map(lambda base: base.remove_photo())),
        post_route("/api/simulate", start_simulation),
        post_route("/api/simulate/stop", stop_simulation),
        post_route("/api/live/ask", ask_command),
        post_route("/api/live/confirm", confirm_command),
    ]


def _event_stream(pages: PageData) -> Callable[[Request], Any]:
    """Server-sent events: the standing of the plan, at once and at each change."""

    async def stream_events(_request: Request) -> Response:
        news = PlanNews() if pages.editor is None else pages.editor.news
        if news.listeners >= MOST_SOCKETS:
            raise InputError(f"{MOST_SOCKETS} pages are open already", do="close one")
        return StreamingResponse(plan_events(news, pages.standing), media_type="text/event-stream")

    return stream_events


def _upload_endpoint(pages: PageData) -> Callable[[Request], Any]:
    async def answer_upload(request: Request) -> Response:
        return json_response(await run_in_threadpool(pages.add_log, await request.body()))

    return answer_upload


def _import_endpoint(pages: PageData) -> Callable[[Request], Any]:
    async def show_file(request: Request) -> Response:
        name, wanted = (request.query_params.get(key, "") for key in ("name", "as"))
        return json_response(await run_in_threadpool(pages.show_import, await request.body(), name, wanted))

    return show_file


def _base_file_endpoint(pages: PageData) -> Callable[[Request], Any]:
    """Takes a picture or a drawing to lie under the plan; a picture without a place brings its corners."""

    async def take_file(request: Request) -> Response:
        data, query = await request.body(), request.query_params
        name, corners = query.get("name", ""), corners_of(query.get("corners", ""))
        found = await run_in_threadpool(
            pages.change_base_map, lambda base: base.add_file(data, name, pages.site_centre(), corners)
        )
        return json_response(found)

    return take_file


def _photo_endpoint(pages: PageData) -> Callable[[Request], Any]:
    async def send_photo(_request: Request) -> Response:
        photo = await run_in_threadpool(lambda: pages.base_map().photo())
        if photo is None:
            raise InputError("there is no picture of the site", do="add one on the Plan page")
        return Response(photo.data, media_type=photo.media)

    return send_photo


def _state_stream(state: Callable[[], Any], hertz: float) -> Callable[[WebSocket], Any]:
    """A socket that sends a state so many times a second and listens to nothing."""
    open_sockets: set[WebSocket] = set()

    async def stream_state(socket: WebSocket) -> None:
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

    return stream_state


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


# -- values of a request, checked --


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty body is an empty object. Raises InputError for anything else."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"the body is not JSON ({error})", do="send a JSON object") from error
    if not isinstance(document, dict):
        raise InputError("the body is not a JSON object", do="send a JSON object")
    return document


def text_of(document: Mapping[str, Any], key: str) -> str:
    """A text in a document. Raises InputError where it is missing."""
    value = document.get(key)
    if not isinstance(value, str):
        raise InputError(f"{key} is missing", do="send it as text")
    return value


def number_of(document: Mapping[str, Any], key: str) -> float:
    """A number in a document. Raises InputError where it is missing."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise InputError(f"{key} is missing", do="send it as a number")
    return float(value)


def whole_of(document: Mapping[str, Any], key: str) -> int:
    """A whole number in a document. Raises InputError for a fraction: a vehicle's number is never rounded."""
    value = number_of(document, key)
    if not value.is_integer():
        raise InputError(f"{key} {value:g} is not a whole number", do="send a whole number")
    return int(value)


def int_of(query: Mapping[str, str], key: str) -> int:
    """A whole number in a query. Raises InputError where it is missing."""
    value = query.get(key, "")
    if not value.isdecimal() or len(value) > 9:
        raise InputError(f"{key}={value!r:.20} is not a whole number", do="give a whole number")
    return int(value)


def corners_of(text: str) -> list[list[float]] | None:
    """Corners as a query gives them, lon,lat,lon,lat and so on; None where these are no numbers."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)]


def position_of(document: Mapping[str, Any]) -> Position:
    """The `lat_deg` and `lon_deg` in a document. Raises InputError where one is missing."""
    return Position(lat_deg=number_of(document, "lat_deg"), lon_deg=number_of(document, "lon_deg"))


# -- answers --


def explain_error(_request: Request, error: Exception) -> Response:
    """A DfrError as JSON: what happened and what to do."""
    code = getattr(error, "code", "dfr")
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)
    return JSONResponse({"error": {"code": code, "message": words_for_page(error)}}, status_code=status)


def json_response(document: object, *, state: str = "") -> Response:
    """A document as the pages read it; `state` names the state of the plan that it is of."""
    headers = {STATE_HEADER: state} if state else {}
    return PlainTextResponse(json_line(document), media_type="application/json", headers=headers)
