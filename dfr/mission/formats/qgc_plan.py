"""QGroundControl's `.plan`: mission, fence and rally points in one JSON file.

Format: https://docs.qgroundcontrol.com/master/en/qgc-dev-guide/file_formats/plan.html.
Our own entry "dfr" keeps the name, the vehicle parameters and the verdict, which `.plan` has no place for;
QGroundControl ignores it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from typing import Any

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.kept import COMMANDS_WITH_PLACE
from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.carried import carried_from_dict, document_hash
from dfr.mission.formats.common import (
    finite_number,
    finite_numbers,
    json_object,
    mission_item,
    nan_params,
    params_record,
    read_position,
    refuse_too_many,
    require_entry,
)
from dfr.mission.items import (
    SUPPORTED_COMMANDS,
    FenceArea,
    FenceCircle,
    FencePolygon,
    FlightPlan,
    MissionItem,
    RallyPoint,
)

ARDUPILOT = 3
QUADROTOR = 2
FIRMWARES = frozenset({0, ARDUPILOT})
"""MAV_AUTOPILOT that a plan may be made for: generic, ArduPilot."""

MULTIROTORS = frozenset({0, QUADROTOR, 3, 13, 14, 15, 29, 35})
"""MAV_TYPE that a plan may be made for: generic, and those with rotors that ArduCopter flies."""

VERSION, MISSION_VERSION = 1, 2
NEEDS_HEIGHT = (SUPPORTED_COMMANDS & COMMANDS_WITH_PLACE) - {Command.NAV_LAND, Command.DO_SET_ROI}
"""Commands whose height is flown: an empty one must not become the height of home."""

ALTITUDE_MODES = {Frame.GLOBAL_RELATIVE_ALT: 1, Frame.GLOBAL: 2, Frame.GLOBAL_TERRAIN_ALT: 4}
"""QGroundControl's AltitudeMode of each frame; 0 for the rest."""

SPEED_PARAMETER = "WPNAV_SPEED"
DEFAULT_SPEED_MPS = 10.0


def write(plan: FlightPlan) -> str:
    """The text of a `.plan` file."""
    own: dict[str, Any] = {"name": plan.name, "home_m_amsl": plan.home_m_amsl, "params": plan.params}
    if plan.verdict is not None:
        own["verdict"] = plan.verdict.as_dict()
    document: dict[str, Any] = {
        "fileType": "Plan",
        "version": VERSION,
        "groundStation": "dfr",
        "dfr": own,
        **_sent_document(plan),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def mission_hash(plan: FlightPlan) -> str:
    """The SHA-256 of all that a vehicle is sent of a mission, the same in memory and read from a file."""
    params = {name: float(value) for name, value in plan.params.items()}
    return document_hash({**_sent_document(plan), "params": params})


def _sent_document(plan: FlightPlan) -> dict[str, Any]:
    return {
        "mission": _mission_document(plan),
        "geoFence": _fence_document(plan.fence),
        "rallyPoints": {
            "version": 2,
            "points": [[p.position.lat_deg, p.position.lon_deg, p.height_m_home] for p in plan.rally],
        },
    }


def read(data: bytes, *, name: str) -> FlightPlan:
    """The flight plan of a `.plan` file. Raises MissionFileError naming what is wrong."""
    document = json_object(data, name=name)
    if document.get("fileType") != "Plan":
        raise MissionFileError(
            f"{name}: fileType is {document.get('fileType')!r}", do="give a file of type 'Plan'"
        )
    mission = require_entry(document, "mission", dict, where=name)
    _refuse_unknown(document, "version", {VERSION}, where=name)
    _refuse_unknown(mission, "version", {MISSION_VERSION}, where=f"{name}: mission")
    _refuse_unknown(mission, "firmwareType", FIRMWARES, where=f"{name}: mission")
    _refuse_unknown(mission, "vehicleType", MULTIROTORS, where=f"{name}: mission")
    home = finite_numbers(mission.get("plannedHomePosition"), 2, where=f"{name}: plannedHomePosition")
    entry = document.get("dfr")
    own: dict[str, Any] = entry if isinstance(entry, dict) else {}
    entries = refuse_too_many(require_entry(mission, "items", list, where=f"{name}: mission"), where=name)
    return FlightPlan(
        name=str(own.get("name", name)),
        home=read_position(home[0], home[1], where=f"{name}: plannedHomePosition"),
        home_m_amsl=_home_height(own, mission, name=name),
        items=_read_items(entries, name=name),
        fence=_read_fence(document.get("geoFence"), name=name),
        rally=_read_rally(document.get("rallyPoints"), name=name),
        params=params_record(own.get("params"), where=f"{name}: dfr params"),
        verdict=carried_from_dict(own.get("verdict"), where=name),
    )


def _mission_document(plan: FlightPlan) -> dict[str, Any]:
    speed = plan.params.get(SPEED_PARAMETER, 100.0 * DEFAULT_SPEED_MPS) / 100.0
    return {
        "version": MISSION_VERSION,
        "firmwareType": ARDUPILOT,
        "vehicleType": QUADROTOR,
        "cruiseSpeed": speed,
        "hoverSpeed": speed,
        "globalPlanAltitudeMode": ALTITUDE_MODES[Frame.GLOBAL_RELATIVE_ALT],
        "plannedHomePosition": [plan.home.lat_deg, plan.home.lon_deg, plan.home_m_amsl or 0.0],
        "items": [_item_document(index, item) for index, item in enumerate(plan.items, start=1)],
    }


def _item_document(jump_id: int, item: MissionItem) -> dict[str, Any]:
    lat, lon = item.numbers if item.position is None else (item.position.lat_deg, item.position.lon_deg)
    params = [None if math.isnan(value) else value for value in item.params]
    return {
        "type": "SimpleItem",
        "command": int(item.command),
        "frame": int(item.frame),
        "params": [*params, lat, lon, item.z_m],
        "autoContinue": item.autocontinue,
        "doJumpId": jump_id,
        "AltitudeMode": ALTITUDE_MODES.get(Frame(item.frame), 0),
        "Altitude": item.z_m,
        "AMSLAltAboveTerrain": None,
    }


def _fence_document(areas: tuple[FenceArea, ...]) -> dict[str, Any]:
    polygons, circles = [], []
    for area in areas:
        if isinstance(area, FenceCircle):
            circle = {"center": [area.centre.lat_deg, area.centre.lon_deg], "radius": area.radius_m}
            circles.append({"circle": circle, "inclusion": area.inclusion, "version": 1})
        else:
            corners = [[corner.lat_deg, corner.lon_deg] for corner in area.ring]
            polygons.append({"polygon": corners, "inclusion": area.inclusion, "version": 1})
    return {"version": 2, "polygons": polygons, "circles": circles}


def _refuse_unknown(entry: dict[str, Any], key: str, known: Collection[int], *, where: str) -> None:
    """Refuse what was made for another format, autopilot or kind of vehicle; not said is fine."""
    if key in entry and entry[key] not in list(known):
        wanted = ", ".join(str(number) for number in sorted(known))
        raise MissionFileError(
            f"{where}: {key} is {entry[key]!r}, not for an ArduCopter", do=f"use one of {wanted}"
        )


def _home_height(own: dict[str, Any], mission: dict[str, Any], *, name: str) -> float | None:
    if "home_m_amsl" in own:
        value = own["home_m_amsl"]
        return None if value is None else finite_number(value, where=f"{name}: home_m_amsl")
    planned = mission["plannedHomePosition"]
    return finite_number(planned[2], where=f"{name}: plannedHomePosition") if len(planned) > 2 else None


def _read_items(entries: Any, *, name: str) -> tuple[MissionItem, ...]:
    items: list[MissionItem] = []
    index_of_jump_id: dict[int, int] = {}
    for index, (where, entry) in enumerate(_simple_items(entries, name=name), start=1):
        jump_id = _jump_id(entry, index, where=where)
        if jump_id in index_of_jump_id:
            raise MissionFileError(
                f"{where}: doJumpId {jump_id} is item {index_of_jump_id[jump_id]}'s", do="one for each"
            )
        index_of_jump_id[jump_id] = index
        items.append(_read_item(entry, where=where))
    refuse_too_many(items, where=name)
    return tuple(_resolve_jump(item, index_of_jump_id, name=name) for item in items)


def _simple_items(entries: Any, *, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The simple items in order, with where each stands; those that a survey or a corridor scan has made."""
    for index, entry in enumerate(entries, start=1):
        where = f"{name}: mission item {index}"
        if not isinstance(entry, dict):
            raise MissionFileError(f"{where}: {entry!r}", do="give an object")
        if entry.get("type") == "SimpleItem":
            yield where, entry
            continue
        made = entry.get("TransectStyleComplexItem")
        items = made.get("Items") if isinstance(made, dict) else None
        if not isinstance(items, list) or not items:
            raise MissionFileError(
                f"{where}: {_kind_of(entry)} is not supported: the file holds no items that were made for it",
                do="save it as a plan of simple items, or upload it from QGroundControl and save what is on "
                "board",
            )
        for number, item in enumerate(items, start=1):
            if not isinstance(item, dict) or item.get("type") != "SimpleItem":
                raise MissionFileError(f"{where}, its item {number}: not a SimpleItem", do="save it again")
            yield f"{where}, its item {number}", item


def _jump_id(entry: dict[str, Any], index: int, *, where: str) -> int:
    return index if "doJumpId" not in entry else int(require_entry(entry, "doJumpId", int, where=where))


def _read_item(entry: dict[str, Any], *, where: str) -> MissionItem:
    params = entry.get("params")
    if not isinstance(params, list) or len(params) != 7:
        raise MissionFileError(f"{where}: params is {params!r}", do="give seven numbers or null")
    lat, lon, z_m = (0.0 if value is None else finite_number(value, where=where) for value in params[4:])
    command = require_entry(entry, "command", int, where=where)
    if params[6] is None and command in NEEDS_HEIGHT:
        raise MissionFileError(f"{where}: {command_name(command)} has no height", do="give one, metres")
    return mission_item(
        command=command,
        frame=require_entry(entry, "frame", int, where=where),
        params=nan_params(params, where=where),
        lat_deg=lat,
        lon_deg=lon,
        z_m=z_m,
        autocontinue=entry.get("autoContinue", True) is True,
        where=where,
    )


def _resolve_jump(item: MissionItem, index_of_jump_id: dict[Any, int], *, name: str) -> MissionItem:
    """A DO_JUMP names a doJumpId; a vehicle counts items."""
    if item.command != Command.DO_JUMP:
        return item
    target = int(item.params[0])
    if target not in index_of_jump_id:
        raise MissionFileError(f"{name}: DO_JUMP to doJumpId {target}, which no item has")
    return MissionItem(
        command=item.command,
        frame=item.frame,
        params=(float(index_of_jump_id[target]), *item.params[1:]),
        autocontinue=item.autocontinue,
    )


def _kind_of(entry: object) -> str:
    if not isinstance(entry, dict):
        return repr(entry)
    return str(entry.get("complexItemType") or entry.get("type"))


def _read_fence(value: object, *, name: str) -> tuple[FenceArea, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise MissionFileError(f"{name}: geoFence is {value!r}", do="give an object")
    if value.get("breachReturn") is not None:
        raise MissionFileError(f"{name}: geoFence breachReturn is not supported", do="remove it")
    where = f"{name}: geoFence"
    areas: dict[str, Any] = {"polygons": [], "circles": []} | value
    given = {kind: require_entry(areas, kind, list, where=where) for kind in ("polygons", "circles")}
    polygons = [_read_polygon(p, where=f"{where} polygon {i}") for i, p in enumerate(given["polygons"], 1)]
    circles = [_read_circle(c, where=f"{where} circle {i}") for i, c in enumerate(given["circles"], 1)]
    return (*polygons, *circles)


def _read_polygon(entry: Any, *, where: str) -> FencePolygon:
    if not isinstance(entry, dict):
        raise MissionFileError(f"{where}: {entry!r}", do="give an object")
    corners = refuse_too_many(require_entry(entry, "polygon", list, where=where), where=where)
    ring = tuple(_read_corner(corner, where=where) for corner in corners)
    return FencePolygon(ring=ring, inclusion=require_entry(entry, "inclusion", bool, where=where))


def _read_circle(entry: Any, *, where: str) -> FenceCircle:
    if not isinstance(entry, dict):
        raise MissionFileError(f"{where}: {entry!r}", do="give an object")
    circle = require_entry(entry, "circle", dict, where=where)
    return FenceCircle(
        centre=_read_corner(circle.get("center"), where=where),
        radius_m=finite_number(circle.get("radius"), where=where),
        inclusion=require_entry(entry, "inclusion", bool, where=where),
    )


def _read_corner(value: object, *, where: str) -> Position:
    lat, lon = finite_numbers(value, 2, where=where)
    return read_position(lat, lon, where=where)


def _read_rally(value: object, *, name: str) -> tuple[RallyPoint, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict) or not isinstance(value.get("points"), list):
        raise MissionFileError(f"{name}: rallyPoints is {value!r}", do="give an object with points")
    points = refuse_too_many(value["points"], where=name)
    return tuple(_rally_point(point, where=f"{name}: rally point {i}") for i, point in enumerate(points, 1))


def _rally_point(value: object, *, where: str) -> RallyPoint:
    lat, lon, height_m_home = finite_numbers(value, 3, where=where)
    return RallyPoint(position=read_position(lat, lon, where=where), height_m_home=height_m_home)
