"""ED-269 UAS zones: JSON with positions as longitude and latitude, one or more volumes to a feature.

Ours, because no library that dfr depends on reads ED-269; `json_features` parses the JSON.
"""

from __future__ import annotations

from dfr.io.airspace.json_features import LISTS, read_features
from dfr.io.airspace.reading import AirspaceRead, Problems, ReadOutcome, VolumeDraft
from dfr.io.airspace.uas_zones import (
    LOCAL,
    UNITS_M,
    BadZoneError,
    Json,
    activation_of,
    authority_text,
    is_json,
    json_objects,
    limit_of,
    lost_corners,
    plain_text,
    read_ring,
    round_area,
    scattered_corners,
    text_of,
)
from dfr.world.hours import Activation, DailyHours

KIND = "ed269"


def read_ed269(data: bytes, *, name: str) -> AirspaceRead:
    """The zones of an ED-269 file and all that is wrong with it."""
    return read_features(data, name=name, kind=KIND, features_of=features_of, drafts_of=_drafts_of_feature)


def features_of(document: object) -> list[object]:
    """The list of features of a document, whatever it is called."""
    if isinstance(document, list):
        return document
    if is_json(document):
        for key in LISTS:
            items = document.get(key)
            items = items.get("features") if is_json(items) else items
            if isinstance(items, list):
                return items
    return []


def _drafts_of_feature(feature: object, line: int | None, problems: Problems) -> list[VolumeDraft]:
    if not is_json(feature):
        draft = VolumeDraft(line=line)
        problems.refuse(draft, line, "no-feature", "not an object")
        return [draft]
    volumes = json_objects(feature.get("geometry") or feature.get("airspaceVolume"))
    if not volumes:
        draft = _draft_of_feature(feature, line)
        problems.refuse(draft, line, "no-geometry", f"{draft.name}: no geometry")
        return [draft]
    return [_draft_of_volume(feature, volume, line, problems) for volume in volumes]


def _draft_of_feature(feature: Json, line: int | None) -> VolumeDraft:
    name = text_of(feature.get("name")) or text_of(feature.get("identifier"))
    reasons = feature.get("reason")
    words = [str(reason) for reason in reasons] if isinstance(reasons, list) else []
    words += [text_of(feature.get(key)) for key in ("otherReasonInfo", "restrictionConditions", "message")]
    return VolumeDraft(
        line=line,
        name=name,
        kind=text_of(feature.get("restriction")).upper(),
        contact=authority_text(feature.get("zoneAuthority")),
        exempt=text_of(feature.get("regulationExemption")),
        remarks=plain_text("; ".join(word for word in words if word))[:500],
    )


def _draft_of_volume(feature: Json, volume: Json, line: int | None, problems: Problems) -> VolumeDraft:
    draft = _draft_of_feature(feature, line)
    unit = volume.get("uomDimensions")
    try:
        draft.lower = limit_of(
            volume.get("lowerLimit"), volume.get("lowerVerticalReference"), unit, upper=False
        )
        draft.upper = limit_of(
            volume.get("upperLimit"), volume.get("upperVerticalReference"), unit, upper=True
        )
    except BadZoneError as bad:
        problems.refuse(draft, line, bad.code, f"{draft.name}: {bad}")
    try:
        _draw_shape(draft, volume.get("horizontalProjection"), unit)
    except BadZoneError as bad:
        shape = volume.get("horizontalProjection")
        values = [value for value in shape.values() if isinstance(value, list)] if is_json(shape) else None
        draft.outline = draft.outline or scattered_corners(values)
        lost = bad.reaches or lost_corners(values)
        problems.refuse(draft, line, bad.code, f"{draft.name}: {bad}", lost=lost)
    set_activation(draft, json_objects(feature.get("applicability")), line, problems)
    return draft


def set_activation(draft: VolumeDraft, periods: list[Json], line: int | None, problems: Problems) -> None:
    """The hours of a zone; hours that cannot be read are not known."""
    try:
        draft.activation = activation_of(periods)
    except BadZoneError as bad:
        draft.activation = Activation(otherwise=None, text=f"not readable: {bad}")
        problems.repair(draft, line, bad.code, f"{draft.name}: hours not known: {bad}")
    if any(isinstance(hours, DailyHours) and hours.zone is LOCAL for hours in draft.activation.periods):
        words = f"{draft.name}: hours without a zone: taken as UTC and as UK local time, whichever has them"
        problems.add(line, "hours-without-zone", words, ReadOutcome.NOTE)


def _draw_shape(draft: VolumeDraft, shape: object, unit: object) -> None:
    if not is_json(shape):
        raise BadZoneError("no-geometry", "no horizontal projection")
    form = str(shape.get("type"))
    if form == "Circle":
        scale = UNITS_M.get(str(unit).upper().strip(), 1.0)
        draft.outline = round_area(shape.get("center") or shape.get("centre"), shape.get("radius"), scale)
        return
    rings = shape.get("coordinates")
    if form != "Polygon" or not isinstance(rings, list) or not rings:
        raise BadZoneError("bad-geometry", f"{form[:20]!r} is neither a Circle nor a Polygon")
    draft.outline = read_ring(rings[0])
    draft.holes = [read_ring(hole) for hole in rings[1:]]
