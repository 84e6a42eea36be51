"""The server of a folder of deployments (`make_workspace_app`): Home at `/`, deployments at `/d/SLUG/`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dfr.errors import DfrError, InputError
from dfr.web.app import (
    PAGES,
    explaining_app,
    json_response,
    object_of,
    text_of,
)
from dfr.web.assets import page_routes, serve_page
from dfr.web.guard import Access, Guard
from dfr.web.sparing import Sparing
from dfr.web.workspace import Workspace

LIVE_PARTS = ("/api/", "/ws/", "/basemap", "/brief")
"""What of a deployment needs it open; its pages are the same files for every deployment."""


def make_workspace_app(workspace: Workspace, access: Access) -> ASGIApp:
    """The application of a folder of deployments, behind its guard."""

    def get_route(path: str, answer: Callable[[], Any]) -> Route:
        async def answer_get(_request: Request) -> Response:
            return json_response(await run_in_threadpool(answer))

        return Route(path, answer_get, methods=["GET"])

    def post_route(path: str, act: Callable[[dict[str, Any]], Any]) -> Route:
        async def answer_post(request: Request) -> Response:
            return json_response(await run_in_threadpool(act, object_of(await request.body())))

        return Route(path, answer_post, methods=["POST"])

    async def add_file(request: Request) -> Response:
        files = split_files(await request.body(), request.query_params)
        return json_response({"slug": await run_in_threadpool(workspace.add_files, files)})

    async def lead_to_pages(request: Request) -> Response:
        slug = request.path_params["slug"]
        if not await run_in_threadpool(workspace.holds, slug):
            return _no_deployment()
        return RedirectResponse(f"./{quote(slug)}/plan")

    app = explaining_app(
        [
            Route("/", serve_page("home.html")),
            *page_routes(()),
            Route("/new", serve_page("new.html")),
            get_route("/api/home", workspace.describe_home),
            get_route("/api/home/choices", workspace.list_choices),
            post_route("/api/home/copy", lambda d: {"slug": workspace.copy_shipped(text_of(d, "name"))}),
            post_route("/api/home/places", lambda d: workspace.find_places(text_of(d, "text"))),
            post_route("/api/home/new", workspace.create),
            Route("/api/home/open", add_file, methods=["POST"]),
            Route("/d/{slug}", lead_to_pages),
            Mount("/d/{slug}", app=_DeploymentSwitch(workspace)),
        ]
    )
    return Guard(Sparing(app), access=access)


def split_files(body: bytes, query: QueryParams) -> list[tuple[str, bytes]]:
    """(name, content) of each file of a body that holds them one after the other, `size` for each `name`."""
    names = [name.replace("\\", "/").rpartition("/")[2] or "file" for name in query.getlist("name") or [""]]
    sizes = query.getlist("size") or [str(len(body))]
    if len(sizes) != len(names) or not all(size.isdecimal() and len(size) < 10 for size in sizes):
        raise InputError("the sizes of the files are not known", do="send one size for each name")
    ends = list(accumulate(map(int, sizes)))
    if ends[-1] != len(body):
        raise InputError(f"{len(body)} bytes came of {ends[-1]}", do="send the files again")
    return [(name, body[end - int(size) : end]) for name, size, end in zip(names, sizes, ends, strict=True)]


class _DeploymentSwitch:
    """Hands a request below /d/SLUG/ to the pages of that deployment."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._pages = explaining_app([Route("/", lambda _: RedirectResponse("plan")), *page_routes(PAGES)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket; a deployment that cannot be opened closes a socket."""
        slug, path = scope["path_params"]["slug"], scope["path"].removeprefix(scope["root_path"])
        if not await run_in_threadpool(self._workspace.holds, slug):
            await _refuse(scope, receive, send)
            return
        if not path.startswith(LIVE_PARTS):
            await self._pages(scope, receive, send)
            return
        try:
            opened = await run_in_threadpool(self._workspace.open_app, slug)
        except DfrError:
            if scope["type"] == "http":
                raise
            await _refuse(scope, receive, send)
            return
        await opened(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await _no_deployment()(scope, receive, send)


def _no_deployment() -> Response:
    words = "There is no such deployment in this folder. Go to / and choose one.\n"
    return PlainTextResponse(words, status_code=404)
