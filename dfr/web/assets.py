"""The files of the pages (`page_routes`): scripts and styles at addresses that change with their content.

All are below one folder, named by the digest of them all, so that a browser keeps them for good and scripts
import each other as they are written. The pages themselves are asked for again each time.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dfr.web.sparing import takes_gzip

MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
VERSION_DIGITS = 16

MAP_PRELOADS = """\
<link rel="preload" as="script" href="static/maplibre-gl-csp.js">
<link rel="preload" as="fetch" href="static/maplibre-gl-csp-worker.js" crossorigin fetchpriority="low">
"""
"""The map's library fills the line while smaller files wait for their turns; what is read comes before it."""

MODULE = re.compile(r'<script type="module" src="static/([\w-]+\.js)">')
IMPORT = re.compile(r'^(?:import|export) [^;]*from "\./([\w-]+\.js)";', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is sent, plain and compressed."""

    data: bytes
    zipped: bytes
    media: str


def page_routes(pages: Sequence[str]) -> list[BaseRoute]:
    """The routes of pages and of the files that they need: the same for everybody."""
    version = static_version()
    return [
        *(Route(f"/{page}", serve_page(f"{page}.html")) for page in pages),
        *(
            Route(f"/static/{version}/{name}", _serve_asset(name))
            for name in static_files()
            if not name.endswith(".html")
        ),
        Route("/favicon.ico", _serve_asset("icon.svg")),
    ]


@cache
def static_files() -> dict[str, bytes]:
    """Every file that is served, by its name."""
    folder = resources.files("dfr.web") / "static"
    return {item.name: item.read_bytes() for item in folder.iterdir() if _suffix_of(item.name) in MEDIA}


@cache
def static_version() -> str:
    """The digest of all files: the folder that they are served below."""
    found = hashlib.sha256()
    for name, data in sorted(static_files().items()):
        found.update(f"{name} {len(data)}\n".encode() + data)
    return found.hexdigest()[:VERSION_DIGITS]


def serve_page(name: str) -> Callable[[Request], Response]:
    """The endpoint that sends a page; what it asks of `static/` is at the root of the server."""
    text = _with_preloads(static_files()[name].decode())

    def send_page(request: Request) -> Response:
        # Below /d/SLUG the root is two folders up: one copy of the files serves every deployment.
        below = request.scope.get("root_path", "").strip("/")
        up = "../" * len(below.split("/")) if below else ""
        body = text.replace('="static/', f'="{up}static/{static_version()}/')
        return Response(body, media_type=MEDIA[".html"], headers={"cache-control": ASK_AGAIN})

    return send_page


def _with_preloads(page: str) -> str:
    """A page that names every module that its script imports, so that all come in one round trip."""
    scripts = MODULE.findall(page)
    found: list[str] = []
    while scripts:
        name = scripts.pop()
        wanted = IMPORT.findall(static_files()[name].decode())
        scripts += [other for other in wanted if other not in found]
        found += [other for other in dict.fromkeys(wanted) if other not in found]
    links = "".join(f'<link rel="modulepreload" href="static/{name}">\n' for name in sorted(found))
    return page.replace("</head>", f"{links}{MAP_PRELOADS if 'map.js' in found else ''}</head>", 1)


def _serve_asset(name: str) -> Callable[[Request], Response]:
    def send_asset(request: Request) -> Response:
        asset = _asset(name)
        zipped = takes_gzip(request.headers)
        headers = {"cache-control": FOR_GOOD, "etag": f'W/"{static_version()}"', "vary": "accept-encoding"}
        if zipped:
            headers["content-encoding"] = "gzip"
        return Response(asset.zipped if zipped else asset.data, media_type=asset.media, headers=headers)

    return send_asset


@cache
def _asset(name: str) -> Asset:
    data = static_files()[name]
    return Asset(data=data, zipped=gzip.compress(data, 9, mtime=0), media=MEDIA[_suffix_of(name)])


def _suffix_of(name: str) -> str:
    return name[name.rfind(".") :]
