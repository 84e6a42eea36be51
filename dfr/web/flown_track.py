"""What a page says it has of the flown tracks (`dfr.link.flown_track`), so that it is sent the rest alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dfr.errors import InputError
from dfr.link.flown_track import FlownTrack

_PAIR = "[0-9]{1,12}:[0-9]{1,9}"
_KNOWN = re.compile(f"(?:{_PAIR}(?:,{_PAIR}){{0,299}})?")


def tracks_since(tracks: Sequence[FlownTrack], known: str) -> list[dict[str, Any]]:
    """What has been flown of each track beyond what a page knows (`read_known`)."""
    counts = read_known(known)
    counts += [(0, 0)] * (len(tracks) - len(counts))
    return [track.since(*count) for track, count in zip(tracks, counts, strict=False)]


def read_known(text: str) -> list[tuple[int, int]]:
    """What a page has of each vehicle, as `FLIGHT:COUNT,...`. Raises InputError for anything else."""
    if not _KNOWN.fullmatch(text):
        raise InputError(f"known={text!r:.60}", do="send FLIGHT:COUNT of each vehicle, with commas between")
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    return [(int(flight), int(count)) for flight, count in pairs]
