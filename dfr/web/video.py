"""The pictures of a shift's drones (`VideoGateway`): where a browser asks the user's own gateway for each.

dfr neither carries nor keeps a picture: the page asks the gateway itself, and its policy opens for that one
origin alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

from dfr.errors import InputError
from dfr.web.guard import names_an_origin, origin_of

OPTION = "--video"


class VideoKind(StrEnum):
    """How a browser gets a picture: by WHEP, or as a page of the gateway in a frame."""

    WHEP = "whep"
    IFRAME = "iframe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Whose picture it is: the drone as the board names it, its dock, its number there, its vehicle's number.

    Numbers count from 1; that of the vehicle is the order of the drones, as they are given.
    """

    drone: str
    dock: str
    number: int
    vehicle: int

    def names(self) -> dict[str, str]:
        """What a template may say, each as a piece of an address."""
        call_sign = self.drone.replace("/", "-")
        said = {
            "vehicle": str(self.vehicle),
            "call_sign": call_sign,
            "dock": self.dock,
            "number": str(self.number),
        }
        return {name: quote(text, safe="") for name, text in said.items()}


NAMES = tuple(Camera(drone="", dock="", number=0, vehicle=0).names())
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoGateway:
    """A gateway of the user's, by the template of its addresses."""

    kind: VideoKind
    template: str

    @property
    def opened(self) -> Mapping[str, str]:
        """What the policy of the page must open, and for which origin."""
        kind = "connect-src" if self.kind is VideoKind.WHEP else "frame-src"
        return {kind: origin_of(self.template)}

    def address_of(self, camera: Camera) -> str:
        """Where a browser asks for a drone's picture."""
        names = camera.names()
        return _PLACE.sub(lambda place: names[place[1]], self.template)

    def as_dict(self, cameras: list[Camera]) -> dict[str, Any]:
        """The addresses as the page asks for them, by drone."""
        return {"kind": self.kind.value, "addresses": {one.drone: self.address_of(one) for one in cameras}}


def read_video(text: str) -> VideoGateway:
    """The gateway of `[whep:|iframe:]URL`. Raises InputError for an address that no page should be opened to.

    >>> read_video("http://gateway:8889/{call_sign}/whep").opened
    {'connect-src': 'http://gateway:8889'}
    """
    before, colon, rest = text.partition(":")
    by_kind = colon and before in set(VideoKind)
    kind, template = (VideoKind(before), rest) if by_kind else (VideoKind.WHEP, text)
    places = _PLACE.findall(template)
    if unknown := [place for place in places if place not in NAMES]:
        names = ", ".join(f"{{{name}}}" for name in NAMES)
        raise InputError(f"{OPTION} {text!r}: nothing is named {{{unknown[0]}}}", do=f"use {names}")
    try:
        parts = urlsplit(template)
        named = parts.scheme in ("http", "https") and names_an_origin(parts)
    except ValueError:
        named = False
    if not named or any(character.isspace() or not character.isprintable() for character in template):
        raise InputError(
            f"{OPTION} {text!r}: no http or https address of one server",
            do="write http://HOST:PORT/PATH, with the names of drones in its path, and no user or password",
        )
    if re.search(r"[{}]", _PLACE.sub("", template)):
        raise InputError(f"{OPTION} {text!r}: a brace stands alone", do="close it")
    return VideoGateway(kind=kind, template=template)
