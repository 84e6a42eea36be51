"""The kinds of data about the air above a place. No source holds them all."""

from __future__ import annotations

from enum import StrEnum


class DataKind(StrEnum):
    """A kind of data that a file or a reading can hold, and that a go may need.

    `AIRSPACE` is controlled airspace, danger, prohibited and restricted areas as crewed aviation has them;
    `UNMANNED_ZONES` are zones that bind unmanned aircraft only or by a law of their own: flight restriction
    zones with their runway protection zones, prisons, geographical zones.
    """

    AIRSPACE = "airspace"
    AERODROME_ZONES = "aerodrome zones"
    UNMANNED_ZONES = "unmanned-aircraft zones"
    OBSTACLES = "obstacles"
    RESTRICTIONS = "restrictions by NOTAM"


ALL_KINDS = frozenset(DataKind)
ZONE_KINDS = ALL_KINDS - {DataKind.OBSTACLES}
"""Kinds whose data are zones."""


def in_order(kinds: frozenset[DataKind]) -> list[DataKind]:
    """Kinds in the order in which they are shown."""
    return [kind for kind in DataKind if kind in kinds]
