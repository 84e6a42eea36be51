"""What lies under the plan on a map (`BaseMap`): tiles of a server, a picture of the site, a drawing.

The picture and the drawing are files beside the scenario that a user adds on the page, for looking at alone.
Tiles are asked for by the browser, from the one server that `dfr serve --tiles` names.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dfr.errors import DfrError, InputError
from dfr.geo import Position
from dfr.io.base_drawing import SUFFIX
from dfr.io.base_import import read_base_file
from dfr.io.files import write_atomically
from dfr.io.site_photo import SitePhoto, is_photo, pin_photo, remove_photo, save_photo, site_photo
from dfr.web.guard import is_loopback, names_an_origin, origin_of
from dfr.web.page_words import words_for_page

VECTOR_ENDS = (".pbf", ".mvt")
PLACES = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TileServer:
    """Tiles at `url`, with {z}, {x} and {y} in it, and the words that their owner asks for on the map."""

    url: str
    attribution: str

    @property
    def opened(self) -> Mapping[str, str]:
        """What the policy of a page must open: pictures and data of the tiles' server."""
        return dict.fromkeys(("img-src", "connect-src"), origin_of(self.url))

    def as_dict(self) -> dict[str, Any]:
        """The tiles as a page asks for them; vector tiles are told by the end of the address."""
        vector = urlsplit(self.url).path.endswith(VECTOR_ENDS)
        return {"url": self.url, "attribution": self.attribution, "vector": vector}


def read_tile_server(url: str, attribution: str) -> TileServer:
    """The tile server of an address. Raises InputError for one that no page should be opened to."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not names_an_origin(parts) or not (parts.scheme == "https" or plain):
        raise InputError(f"--tiles {url}: not an https address", do="give https://HOST/.../{z}/{x}/{y}.png")
    missing = [place for place in PLACES if place not in parts.path + parts.query]
    if missing:
        raise InputError(f"--tiles {url}: has no {', '.join(missing)}", do="write where they belong")
    if not attribution.strip():
        raise InputError("--tiles needs the words that their owner asks for", do="give --tiles-by")
    return TileServer(url=url, attribution=attribution.strip())


class BaseMap:
    """The picture and the drawing beside one scenario; every public method may be called from any thread."""

    def __init__(self, scenario_file: Path, *, read_only: str = "") -> None:
        self._file, self._read_only = scenario_file, read_only
        self._lock = threading.Lock()
        self._photo: tuple[int, SitePhoto | None] = (-1, None)
        self.version = 0

    def describe(self) -> dict[str, Any]:
        """What the page draws; `problem` says why the picture beside the scenario cannot be drawn."""
        try:
            photo, problem = self.photo(), ""
        except DfrError as error:
            photo, problem = None, words_for_page(error)
        drawn = None if photo is None else {"corners": photo.corners, "note": photo.note}
        pinned = drawn is not None and self._file.with_name(f"{self._file.stem}.photo.tif").exists() is False
        return {"version": self.version, "photo": drawn, "pinned": pinned, "problem": problem}

    def photo(self) -> SitePhoto | None:
        """The picture of the site, None where there is none. Raises InputError where it cannot be drawn."""
        with self._lock:
            if self._photo[0] != self.version:
                self._photo = (self.version, site_photo(self._file))
            return self._photo[1]

    def add_file(self, data: bytes, name: str, near: Position, corners: object) -> None:
        """Keep a file that a user dropped, a picture or a drawing. Raises InputError for anything else."""
        self._require_writable()
        if is_photo(data):
            save_photo(self._file, data, corners)
        else:
            drawing = read_base_file(data, name=name[:80] or "the file", near=near)
            write_atomically(self._file.with_name(f"{self._file.stem}{SUFFIX}"), drawing)
        self.version += 1

    def pin(self, corners: object) -> None:
        """Move the corners of a picture that was pinned by hand."""
        self._require_writable()
        pin_photo(self._file, corners)
        self.version += 1

    def remove_photo(self) -> None:
        """Take the picture away."""
        self._require_writable()
        remove_photo(self._file)
        self.version += 1

    def _require_writable(self) -> None:
        if self._read_only:
            raise InputError(self._read_only)
