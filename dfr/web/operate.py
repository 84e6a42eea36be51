"""The web side of a live shift (`operate_app`): its board, its commands, and the endpoint for CAD systems.

Everybody needs a token of their own: a person's browser keeps it in a cookie, a system sends it in the header
`Authorization: Bearer ...`. Without one nothing is told and nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dfr.errors import DfrError, InfeasibleError, InputError, LinkTimeoutError, NonCompliantError
from dfr.io.files import json_line
from dfr.io.incidents.inbox import Arrival, FloodError
from dfr.io.incidents.json_text import read_json_object
from dfr.io.incidents.reading import read_incident
from dfr.operate.clock import ShiftDefectError
from dfr.operate.desk import Desk, utc_now
from dfr.operate.people import NotAllowedError, People, Person, Role, TokenError
from dfr.operate.room import ShiftSetup
from dfr.sim.events import drone_id
from dfr.web.assets import page_routes
from dfr.web.flown_track import tracks_since
from dfr.web.guard import BEARER, Access, Guard
from dfr.web.layers import plan_layers, static_layers, to_lonlat
from dfr.web.page_words import words_for_page
from dfr.web.video import Camera, VideoGateway

PAGES = ("operate",)
COOKIE = "dfr_operate"

STATUSES: Mapping[type[DfrError], int] = {
    TokenError: 401,
    NotAllowedError: 403,
    FloodError: 429,
    InfeasibleError: 409,
    NonCompliantError: 409,
    LinkTimeoutError: 503,
    ShiftDefectError: 503,
}
"""Statuses of errors that are no bad request."""

Command = Callable[[Person, Mapping[str, Any]], object]


def operate_app(
    desk: Desk,
    people: People,
    access: Access,
    *,
    now: Callable[[], datetime] = utc_now,
    video: VideoGateway | None = None,
) -> ASGIApp:
    """The application of a shift's server, behind its guard; `video` is where its drones' pictures are."""
    who = _Visitors(people, now)

    async def receive_call(request: Request) -> Response:
        person, data = who.identify(request), await request.body()
        incident, arrival = await run_in_threadpool(lambda: desk.receive(person, read_incident(data)))
        document = {"call": None if incident is None else incident.number, "arrival": arrival.value}
        return JSONResponse(document, status_code=201 if arrival is Arrival.NEW else 200)

    async def show_board(request: Request) -> Response:
        person = who.identify(request)
        return _json(await run_in_threadpool(lambda: desk.board(person)))

    async def show_tracks(request: Request) -> Response:
        tracks = desk.tracks(who.identify(request))
        return _json(tracks_since(tracks, request.query_params.get("known", "")))

    async def show_place(request: Request) -> Response:
        person = who.identify(request)
        seen = video if person.role.may_act_as(Role.VIEWER) else None
        return _json(await run_in_threadpool(lambda: describe_place(desk, seen)))

    def command(path: str, act: Command) -> Route:
        async def answer(request: Request) -> Response:
            person, data = who.identify(request), await request.body()
            return _json(await run_in_threadpool(lambda: act(person, read_json_object(data))))

        return Route(path, answer, methods=["POST"])

    routes = [
        Route("/", who.enter, methods=["GET"]),
        *page_routes(PAGES),
        Route("/api/place", show_place, methods=["GET"]),
        Route("/api/board", show_board, methods=["GET"]),
        Route("/api/tracks", show_tracks, methods=["GET"]),
        Route("/api/calls", receive_call, methods=["POST"]),
        command("/api/ask", lambda person, body: _ask(desk, person, body)),
        command("/api/confirm", lambda person, body: desk.confirm(person, _text(body, "key"))),
        command("/api/inbound", lambda person, body: _inbound(desk, person, body)),
        command("/api/acknowledge", lambda person, body: _acknowledge(desk, person, body)),
    ]
    app = Starlette(routes=routes, exception_handlers={DfrError: _explain})
    return Guard(app, access=access)


def describe_place(desk: Desk, video: VideoGateway | None = None) -> dict[str, Any]:
    """What the page draws once: the site and the plan, the grades of calls, where pictures are."""
    setup = desk.setup
    scenario = setup.world.scenario
    layers = static_layers(setup.world) | plan_layers(setup.world, setup.plan)
    return {
        "title": scenario.title,
        "grades": [grade.id for grade in scenario.demand.priorities],
        "centre": to_lonlat(setup.plan.sites[0].position),
        "layers": layers,
        "ceiling_m": scenario.operation.height_limit_m_agl,
        "video": None if video is None else video.as_dict(list_cameras(setup)),
    }


def list_cameras(setup: ShiftSetup) -> list[Camera]:
    """The drones of a shift, in the order of their vehicles."""
    numbered = [(dock.id, number) for dock in setup.shift.inputs.docks for number in range(dock.drones)]
    return [
        Camera(drone=drone_id(dock, number), dock=dock, number=number + 1, vehicle=count)
        for count, (dock, number) in enumerate(numbered, start=1)
    ]


class _Visitors:
    """Who asks: by the token of a header, or of a cookie that the first visit set."""

    def __init__(self, people: People, now: Callable[[], datetime]) -> None:
        self._people, self._now = people, now

    def identify(self, request: Request) -> Person:
        """The person of a request. Raises TokenError."""
        given = request.headers.get("authorization", "")
        token = given.removeprefix(BEARER) if given.startswith(BEARER) else request.cookies.get(COOKIE, "")
        return self._people.identify(token, self._now())

    async def enter(self, request: Request) -> Response:
        """The first visit: the token leaves the address bar at once, and scripts never see it."""
        token = request.query_params.get("token", "")
        if not token:
            self.identify(request)
            return RedirectResponse("/operate", status_code=303)
        self._people.identify(token, self._now())
        response = RedirectResponse("/operate", status_code=303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
        return response


def _ask(desk: Desk, person: Person, body: Mapping[str, Any]) -> object:
    call = body.get("call", -1)
    if not isinstance(call, int) or isinstance(call, bool):
        raise InputError("call is no number", do="send the number of a call of the board")
    return desk.ask(
        person,
        _text(body, "command"),
        call=call,
        drone=_text(body, "drone"),
        traffic=_text(body, "traffic"),
    )


def _inbound(desk: Desk, person: Person, body: Mapping[str, Any]) -> object:
    return {"words": desk.inbound_now(person, _text(body, "traffic"))}


def _acknowledge(desk: Desk, person: Person, body: Mapping[str, Any]) -> object:
    number = body.get("alert")
    if not isinstance(number, int):
        raise InputError("alert is no number", do="send the number of an alert of the board")
    desk.acknowledge(person, number)
    return {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise InputError(f"{name} is no text", do="send a text")
    return value


def _json(document: object) -> Response:
    return PlainTextResponse(json_line(document), media_type="application/json")


def _explain(_request: Request, error: Exception) -> Response:
    """A DfrError as JSON: what happened and what to do."""
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)
    code = getattr(error, "code", "dfr")
    return JSONResponse({"error": {"code": code, "message": words_for_page(error)}}, status_code=status)
