"""Edits of a scenario as typed values, and the changes of plain data that each makes.

`Edit` is what a page or an import sends; `changes_of` says what it means for a file. Positions are
[lat, lon] in degrees, as in the file. What spans several features is kept true here: the shares of zones sum
to 1, and obstacles stay where they are when the dock beside them moves.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dfr.errors import InputError
from dfr.geo import Position, bearing_deg, distance_m, offset
from dfr.scenario.changes import Change, Insert, Put, Remove, apply_change
from dfr.scenario.features import SITES, SPECS, ZONES, Feature, FeatureKind, Shape, list_features, value_at
from dfr.scenario.schema_parts import Loc

DEGREE_DIGITS = 6
"""Degrees are written to about 0.1 m."""

SHARE_DIGITS = 4
COPY_OFFSET_M = 40.0
"""How far beside the original a copy is put, so that both are seen (assumed)."""

MOST_EDITS = 5000
MOST_LEVELS = 12
"""A scenario has half as many."""

_UNKNOWN_WITHOUT = frozenset({FeatureKind.CROWD, FeatureKind.WATER})
"""Kinds whose empty list says that there is none: without the last one nobody has said so."""

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


def _not_too_deep(value: Any, levels: int = MOST_LEVELS) -> Any:
    if levels == 0:
        raise ValueError(f"nested deeper than {MOST_LEVELS} levels")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _not_too_deep(item, levels - 1)
    return value


PlainData = Annotated[Any, AfterValidator(_not_too_deep)]


class _EditBase(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class AddFeature(_EditBase):
    """A feature at the end of its kind's list, with its fields as in the file; an obstacle names its site."""

    do: Literal["add"] = "add"
    kind: FeatureKind = Field(strict=False)
    feature: Annotated[dict[str, Any] | Pair, AfterValidator(_not_too_deep)]
    site: str | None = None


class MoveFeature(_EditBase):
    """A feature elsewhere: a point for what has one, a ring for an area."""

    do: Literal["move"] = "move"
    kind: FeatureKind = Field(strict=False)
    id: str
    point: Pair | None = None
    ring: list[Pair] | None = Field(default=None, min_length=3, max_length=5000)


class RenameFeature(_EditBase):
    """A feature with another name, another id, or both."""

    do: Literal["rename"] = "rename"
    kind: FeatureKind = Field(strict=False)
    id: str
    name: str | None = Field(default=None, min_length=1, max_length=4000)
    new_id: str | None = None


class CopyFeature(_EditBase):
    """A second feature like one that is there, a little beside it."""

    do: Literal["copy"] = "copy"
    kind: FeatureKind = Field(strict=False)
    id: str
    new_id: str | None = None
    name: str | None = Field(default=None, min_length=1, max_length=4000)


class DeleteFeature(_EditBase):
    """A feature taken out."""

    do: Literal["delete"] = "delete"
    kind: FeatureKind = Field(strict=False)
    id: str


class SetValue(_EditBase):
    """A value at a path, such as ["operation", "cruise_mps"]; the steps before the last must be there."""

    do: Literal["set"] = "set"
    path: list[str | int] = Field(min_length=1, max_length=24)
    value: PlainData


class RemoveValue(_EditBase):
    """A field or item taken out."""

    do: Literal["remove"] = "remove"
    path: list[str | int] = Field(min_length=1, max_length=24)


class AllEdits(_EditBase):
    """Several edits as one."""

    do: Literal["all"] = "all"
    edits: list[Edit] = Field(min_length=1, max_length=MOST_EDITS)
    what: str = ""


Edit = Annotated[
    AddFeature
    | MoveFeature
    | RenameFeature
    | CopyFeature
    | DeleteFeature
    | SetValue
    | RemoveValue
    | AllEdits,
    Field(discriminator="do"),
]

AllEdits.model_rebuild()
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Edit)


def read_edit(document: object) -> Edit:
    """The edit in a JSON document. Raises InputError that says which field is wrong."""
    try:
        edit: Edit = _ADAPTER.validate_python(document)
    except (ValidationError, RecursionError) as error:
        first = error.errors(include_url=False)[0] if isinstance(error, ValidationError) else None
        where = "it" if first is None else ".".join(str(step) for step in first["loc"])
        what = "nested too deeply" if first is None else str(first["msg"]).lower()
        raise InputError(
            f"this is no edit: {where or 'it'}: {what}", do="send one as in docs/schema.md"
        ) from error
    return edit


def changes_of(edit: Edit, data: Any) -> list[Change]:
    """What an edit changes in a scenario's plain data. Raises InputError where it cannot be done."""
    if isinstance(edit, AllEdits):
        found: list[Change] = []
        for part in edit.edits:
            more = changes_of(part, data)
            for change in more:
                data = apply_change(data, change)
            found += more
        return found
    return list(_CHANGES[type(edit)](edit, data))


def find_feature(data: Any, kind: FeatureKind, id_: str) -> Feature:
    """The feature of a kind with an id. Raises InputError where the file has none."""
    found = next((item for item in list_features(data, kind) if item.id == id_), None)
    if found is None:
        raise InputError(
            f"there is no {SPECS[kind].title.lower()} {id_!r:.60} in the file", do="reload the page"
        )
    return found


def describe_edit(edit: Edit, data: Any) -> str:
    """What an edit of this data does, for the history: `move Pier`."""
    if isinstance(edit, AllEdits):
        return edit.what or f"{len(edit.edits)} edits"
    if isinstance(edit, (SetValue, RemoveValue)):
        return f"{'set' if isinstance(edit, SetValue) else 'remove'} {'.'.join(map(str, edit.path))}"
    if isinstance(edit, AddFeature):
        fields = edit.feature if isinstance(edit.feature, dict) else {}
        return f"add {fields.get('name') or fields.get('id') or SPECS[edit.kind].title.lower()}"
    return f"{edit.do} {find_feature(data, edit.kind, edit.id).name}"


# What each edit does -----------------------------------------------------------------------------


def _add(edit: AddFeature, data: Any) -> Iterator[Change]:
    spec = SPECS[edit.kind]
    if spec.single:
        raise InputError(f"a deployment has one {spec.title.lower()}", do="move its corners")
    path = spec.list_path
    if spec.shape is Shape.BEARING:
        path = (*find_feature(data, FeatureKind.SITE, edit.site or "").path, "obstacles")
    if isinstance(edit.feature, dict) == (spec.shape is Shape.PLACE):
        wanted = "[lat, lon]" if spec.shape is Shape.PLACE else "a mapping of its fields"
        raise InputError(f"this is no {spec.title.lower()}", do=f"send {wanted}")
    feature = _round_positions(edit.feature)
    if edit.kind is FeatureKind.POST:
        feature = {"confirmed": False, **feature}
    _require_new_id(data, edit.kind, feature.get("id") if isinstance(feature, dict) else None)
    if edit.kind is FeatureKind.ZONE:
        yield from _scale_shares(data, 1.0 - _share_of(feature))
    yield from _append(data, path, feature)
    if edit.kind in _UNKNOWN_WITHOUT:
        yield from _withdraw_none(data, path)


def _withdraw_none(data: Any, path: Loc) -> Iterator[Change]:
    """Nobody says any more that a list is empty."""
    sources = (*path[:-1], "sources")
    said = value_at(data, sources)
    if isinstance(said, dict) and path[-1] in said:
        yield Remove(path=sources if len(said) == 1 else (*sources, path[-1]))


def _append(data: Any, path: Loc, item: Any) -> Iterator[Change]:
    """An item at the end of a list, with the list and the parts that lead to it where they are not there."""
    items = value_at(data, path)
    if isinstance(items, list):
        yield Insert(path=path, index=len(items), value=item)
        return
    value: Any = [item]
    while len(path) > 1 and not isinstance(value_at(data, path[:-1]), dict):
        path, value = path[:-1], {path[-1]: value}
    yield Put(path=path, value=value)


def _move(edit: MoveFeature, data: Any) -> Iterator[Change]:
    feature, spec = find_feature(data, edit.kind, edit.id), SPECS[edit.kind]
    if (edit.ring is None) == (spec.shape is Shape.AREA) or (edit.point is None) == (edit.ring is None):
        raise InputError(
            f"{feature.name} cannot be moved so",
            do="send a ring" if spec.shape is Shape.AREA else "send a point",
        )
    if edit.ring is not None:
        yield Put(path=(*feature.path, spec.area_field), value=_round_positions(edit.ring))
        return
    assert edit.point is not None
    there = _position(edit.point)
    if spec.shape is Shape.PLACE:
        yield Put(path=feature.path, value=_round_positions(edit.point))
    elif spec.shape is Shape.BEARING:
        yield from _put_fields(
            feature.path, _bearing_from(_point_of(value_at(data, feature.path[:3])), there)
        )
    else:
        lat, lon = _round_positions(edit.point)
        yield from _put_fields(feature.path, {"lat_deg": lat, "lon_deg": lon})
        yield from _keep_obstacles(feature, there)
        if "confirmed_by" in feature.value:
            yield Remove(path=(*feature.path, "confirmed_by"))
            yield Put(path=(*feature.path, "confirmed"), value=False)


def _keep_obstacles(site: Feature, there: Position) -> Iterator[Change]:
    """Bearings and distances of the obstacles from a dock that moves: they stay where they are."""
    obstacles = value_at(site.value, ("obstacles",)) if site.kind is FeatureKind.SITE else ()
    for index, item in enumerate(obstacles if isinstance(obstacles, list) else ()):
        place = _seen_from(_point_of(site.value), item)
        yield from _put_fields((*site.path, "obstacles", index), _bearing_from(there, place))


def _rename(edit: RenameFeature, data: Any) -> Iterator[Change]:
    feature, spec = find_feature(data, edit.kind, edit.id), SPECS[edit.kind]
    fields = () if spec.model is None else spec.model.model_fields
    if edit.new_id is not None and edit.new_id != edit.id:
        if "id" not in fields:
            raise InputError(f"a {spec.title.lower()} has no id", do="leave it out")
        _require_new_id(data, edit.kind, edit.new_id)
        yield Put(path=(*feature.path, "id"), value=edit.new_id)
    if edit.name is not None:
        if "name" not in fields:
            raise InputError(f"a {spec.title.lower()} has no name", do="change its id, where it has one")
        yield Put(path=(*feature.path, "name"), value=edit.name)


def _copy(edit: CopyFeature, data: Any) -> Iterator[Change]:
    feature, spec = find_feature(data, edit.kind, edit.id), SPECS[edit.kind]
    if spec.single:
        raise InputError(f"a deployment has one {spec.title.lower()}", do="move its corners")
    value = _beside(feature)
    if isinstance(value, dict):
        if "id" in value:
            value["id"] = edit.new_id or _free_id(data, edit.kind, edit.id)
            _require_new_id(data, edit.kind, value["id"])
        if "name" in value:
            value["name"] = edit.name or f"{value['name']} (copy)"
    if edit.kind is FeatureKind.POST:
        value = {**{name: held for name, held in value.items() if name != "confirmed_by"}, "confirmed": False}
    if edit.kind is FeatureKind.ZONE:
        half = round(_share_of(value) / 2.0, SHARE_DIGITS)
        yield Put(path=(*feature.path, "share"), value=round(_share_of(value) - half, SHARE_DIGITS + 2))
        value["share"] = half
    path = feature.path[:-1]
    yield Insert(path=path, index=len(value_at(data, path)), value=value)


def _delete(edit: DeleteFeature, data: Any) -> Iterator[Change]:
    feature, spec = find_feature(data, edit.kind, edit.id), SPECS[edit.kind]
    left = len(value_at(data, feature.path[:-1])) - 1
    if spec.single or (left == 0 and spec.list_path in (SITES, ZONES) and spec.shape is not Shape.BEARING):
        raise InputError(
            f"a deployment needs a {spec.title.lower()}", do="draw another first, or move this one"
        )
    if edit.kind is FeatureKind.ZONE:
        share = _share_of(feature.value)
        if share >= 1.0:  # nobody has said how the others would share its calls
            raise InputError("this zone has every call", do="give another zone a share first")
        yield from _scale_shares(data, 1.0 / (1.0 - share), without=feature)
    if left == 0 and edit.kind in _UNKNOWN_WITHOUT:
        yield Put(path=spec.list_path, value=None)
    else:
        yield Remove(path=feature.path)


def _set(edit: SetValue, data: Any) -> Iterator[Change]:
    path = tuple(edit.path)
    holder = value_at(data, path[:-1])
    if not (isinstance(holder, dict) and isinstance(path[-1], str)) and value_at(data, path) is None:
        raise InputError(
            f"{'.'.join(map(str, path))} is not in the file", do="write the part it belongs to first"
        )
    before = value_at(data, path)
    if (
        isinstance(before, dict)
        and "value" in before
        and not isinstance(edit.value, (dict, list, type(None)))
    ):
        path = (*path, "value")
    if path[:-2] == ZONES and path[-1] == "share" and before is not None:
        yield from _make_room(data, path[:-1], edit.value)
    yield Put(path=path, value=edit.value)


def _make_room(data: Any, zone: Loc, share: Any) -> Iterator[Change]:
    """The other zones scaled, so that all shares still sum to 1 when this zone gets another."""
    own = next(item for item in list_features(data, FeatureKind.ZONE) if item.path == zone)
    left = 1.0 - _share_of(own.value)
    if left > 0.0:
        yield from _scale_shares(data, (1.0 - _share_of({"share": share})) / left, without=own)


def _remove(edit: RemoveValue, data: Any) -> Iterator[Change]:
    path = tuple(edit.path)
    holder = value_at(data, path[:-1])
    there = path[-1] in holder if isinstance(holder, dict) else value_at(data, path) is not None
    if there:
        yield Remove(path=path)


_CHANGES: dict[type, Callable[[Any, Any], Iterator[Change]]] = {
    AddFeature: _add,
    MoveFeature: _move,
    RenameFeature: _rename,
    CopyFeature: _copy,
    DeleteFeature: _delete,
    SetValue: _set,
    RemoveValue: _remove,
}


# Ids, shares and positions -----------------------------------------------------------------------


def _require_new_id(data: Any, kind: FeatureKind, id_: object) -> None:
    if id_ is not None and any(item.id == id_ for item in list_features(data, kind)):
        raise InputError(
            f"there is already a {SPECS[kind].title.lower()} {id_!r:.60}", do="choose another id"
        )


def _free_id(data: Any, kind: FeatureKind, like: str) -> str:
    """An id that no feature of the kind has: `pier-2` for `pier`."""
    taken = {item.id for item in list_features(data, kind)}
    return next(name for n in range(2, len(taken) + 3) if (name := f"{like[:36]}-{n}") not in taken)


def _share_of(zone: Any) -> float:
    share = zone.get("share")
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0.0 <= share <= 1.0:
        raise InputError("the zone's share of calls is not a number from 0 to 1", do="give one")
    return float(share)


def _scale_shares(data: Any, factor: float, *, without: Feature | None = None) -> Iterator[Change]:
    """The shares of the zones that stay, times a factor; what rounding leaves goes to the largest."""
    zones = [z for z in list_features(data, FeatureKind.ZONE) if without is None or z.id != without.id]
    if not zones:
        return
    total = factor * sum(_share_of(zone.value) for zone in zones)
    shares = [round(_share_of(zone.value) * factor, SHARE_DIGITS) for zone in zones]
    largest = shares.index(max(shares))
    shares[largest] = round(shares[largest] + total - sum(shares), SHARE_DIGITS + 2)
    for zone, share in zip(zones, shares, strict=True):
        yield Put(path=(*zone.path, "share"), value=share)


def _put_fields(path: Loc, fields: dict[str, Any]) -> Iterator[Change]:
    for name, value in fields.items():
        yield Put(path=(*path, name), value=value)


def _degrees(value: float) -> float:
    return round(float(value), DEGREE_DIGITS)


_DEGREES = ("lat_deg", "lon_deg")


def _round_positions(value: Any) -> Any:
    """Plain data with every [lat, lon] pair, and `lat_deg` and `lon_deg`, to the digits of a file."""
    if isinstance(value, dict):
        return {
            key: _degrees(item)
            if key in ("lat_deg", "lon_deg") and _is_number(item)
            else _round_positions(item)
            for key, item in value.items()
        }
    if not isinstance(value, list):
        return value
    pair = len(value) == 2 and all(map(_is_number, value))
    return [_degrees(item) if pair else _round_positions(item) for item in value]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _position(pair: Any) -> Position:
    """The position of a [lat, lon] pair. Raises InputError where it is none."""
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(map(_is_number, pair)):
        raise InputError(f"{pair!r:.60} is not a position", do="write [lat, lon] in degrees")
    return Position(lat_deg=float(pair[0]), lon_deg=float(pair[1]))


def _point_of(fields: Any) -> Position:
    return _position((value_at(fields, ("lat_deg",)), value_at(fields, ("lon_deg",))))


def _seen_from(dock: Position, obstacle: Any) -> Position:
    """Where an obstacle stands, by its bearing and distance from a dock."""
    bearing, distance = (value_at(obstacle, (name,)) for name in ("bearing_deg", "distance_m"))
    if not _is_number(bearing) or not _is_number(distance):
        raise InputError("an obstacle has no bearing or no distance", do="write bearing_deg and distance_m")
    return offset(dock, bearing_deg=bearing, distance_m=distance)


def _bearing_from(dock: Position, there: Position) -> dict[str, Any]:
    """Bearing and distance of a place from a dock, to a tenth."""
    return {
        "bearing_deg": round(bearing_deg(dock, there) % 360.0, 1) % 360.0,
        "distance_m": round(max(1.0, distance_m(dock, there)), 1),
    }


def _beside(feature: Feature) -> Any:
    """The value of a feature a little to the south-east; an obstacle as far off on the next bearing."""
    spec, value = SPECS[feature.kind], copy.deepcopy(feature.value)

    def moved(pair: Any) -> list[float]:
        there = offset(_position(pair), bearing_deg=135.0, distance_m=COPY_OFFSET_M)
        return [_degrees(there.lat_deg), _degrees(there.lon_deg)]

    if spec.shape is Shape.PLACE:
        return moved(value)
    if spec.shape is Shape.AREA:
        corners = value.get(spec.area_field)
        value[spec.area_field] = [moved(pair) for pair in (corners if isinstance(corners, list) else ())]
    elif spec.shape is Shape.POINT:
        here = _point_of(value)
        value["lat_deg"], value["lon_deg"] = moved((here.lat_deg, here.lon_deg))
    elif _is_number(value.get("bearing_deg")):
        value["bearing_deg"] = round((value["bearing_deg"] + 30.0) % 360.0, 1)
    return value
