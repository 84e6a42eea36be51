"""Which kinds of data about the air a go needs, by jurisdiction, and where each kind is to be had.

Needs are those of small unmanned aircraft at the heights of `height_limit_m_agl` (120 m, 400 ft) and below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfr.scenario.air import ALL_KINDS, DataKind

IN_SIGHT = ALL_KINDS - {DataKind.AIRSPACE}
"""Within the pilot's or an observer's sight: whatever binds an unmanned aircraft, and what it can hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataNeeds:
    """The kinds of data a go needs within and beyond visual line of sight, and where to get them."""

    in_sight: frozenset[DataKind]
    beyond_sight: frozenset[DataKind]
    sources: Mapping[DataKind, str]

    def kinds(self, *, in_sight: bool) -> frozenset[DataKind]:
        """What a go needs."""
        return self.in_sight if in_sight else self.beyond_sight

    def where(self, kind: DataKind) -> str:
        """Where to get data of a kind, as what to do."""
        return self.sources.get(kind, f"load a file that holds {kind} for this place")


_SURVEY = (
    "list obstacles in a file with their heights, or state obstacles: {surveyed_by, read_at, tallest_m_agl}"
)
_NOTAMS = "read the NOTAMs and state notams: {read_by, read_at}, or give their texts with --notam"

DATA_NEEDS: dict[str, DataNeeds] = {
    "uk": DataNeeds(
        in_sight=IN_SIGHT,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.AIRSPACE: "load the airspace of the UK AIP, such as YAIXM "
            "(github.com/ahsparrow/airspace)",
            DataKind.AERODROME_ZONES: "load the ATZs and CTRs of the UK AIP, such as YAIXM "
            "(github.com/ahsparrow/airspace)",
            DataKind.UNMANNED_ZONES: "load the UAS airspace restrictions of NATS AIS "
            "(EG_UAS_FR_DS, AIXM, every 28 days, from the AIS page of digital datasets)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: _NOTAMS,
        },
    ),
    "eu": DataNeeds(
        in_sight=IN_SIGHT,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.UNMANNED_ZONES: "load the UAS geographical zones that the state publishes under "
            "article 15 of Regulation (EU) 2019/947 (ED-269 or ED-318)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: _NOTAMS,
        },
    ),
    "us": DataNeeds(
        in_sight=ALL_KINDS,
        beyond_sight=ALL_KINDS,
        sources={
            DataKind.AIRSPACE: "load the FAA's class airspace (GeoJSON, udds-faa.opendata.arcgis.com)",
            DataKind.AERODROME_ZONES: "load the FAA's class airspace with its surface areas "
            "(GeoJSON, udds-faa.opendata.arcgis.com)",
            DataKind.UNMANNED_ZONES: "load the FAA's UAS facility map and national security UAS flight "
            "restrictions (udds-faa.opendata.arcgis.com)",
            DataKind.OBSTACLES: _SURVEY,
            DataKind.RESTRICTIONS: "read the NOTAMs and TFRs and state notams: {read_by, read_at}, or give "
            "their texts with --notam",
        },
    ),
}
"""By jurisdiction. Class alone asks no permission of a small unmanned aircraft in sight in the UK since 2019
(S.I. 2019/261); in the USA it does (14 CFR 107.41)."""

NO_JURISDICTION = DataNeeds(in_sight=ALL_KINDS, beyond_sight=ALL_KINDS, sources={})
"""Where no set of rules is loaded: everything."""
