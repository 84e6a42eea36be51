"""DJI's route files: a `.kmz` with `wpmz/template.kml` (to edit) and `wpmz/waylines.wpml` (what is flown).

Elements, their order and their values are those of DJI's Cloud API documentation (WPML) and of routes that
DJI FlightHub 2 exports, namespace 1.0.6. `write` writes one route; `read` reads one route of any namespace by
local names. Nothing that `write` writes has been flown on a DJI drone.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from xml.etree import ElementTree as ET

from dfr.archives import BROKEN_ARCHIVE
from dfr.errors import MissionFileError
from dfr.geo import Position, distance_m
from dfr.mission.formats.common import finite_number, read_position, refuse_too_many
from dfr.mission.formats.wpml_route import (
    MOST_TRANSIT_MPS,
    ActionKind,
    FinishAction,
    LostAction,
    Route,
    RouteAction,
    RoutePoint,
    plan_of,
    route_of,
)
from dfr.mission.items import FlightPlan

Chosen = TypeVar("Chosen", FinishAction, LostAction)

KML = "http://www.opengis.net/kml/2.2"
WPML = "http://www.dji.com/wpmz/1.0.6"
TEMPLATE, WAYLINES = "wpmz/template.kml", "wpmz/waylines.wpml"
MOST_BYTES = 20_000_000
"""A part of a file that unpacks to more is refused (assumed: no route is as long)."""

RELATIVE = "relativeToStartPoint"
STOP = "toPointAndStopWithDiscontinuityCurvature"
ORIENTED_SHOOT = "orientedShoot"
"""FlightHub's photo with a gimbal angle of its own: read as those two."""

FOLLOW, TOWARD = "followWayline", "towardPOI"
NOTHING = "0.000000,0.000000,0.000000"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The time stamped into the parts of the archive, so that the same route gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DjiModel:
    """What DJI's files call a drone and its camera: type and sub-type of each."""

    drone: tuple[int, int]
    payload: tuple[int, int]

    @classmethod
    def of_text(cls, text: str, *, drone: str) -> DjiModel:
        """The model in the catalogue's words, "91/1 81/0". Raises MissionFileError where it has none."""
        if not text:
            raise MissionFileError(
                f"{drone} flies no DJI routes (its row of the catalogue has no `wpml`)",
                do="write a .plan, or choose a DJI drone",
            )
        (a, b), (c, d) = (tuple(map(int, pair.split("/"))) for pair in text.split())
        return cls(drone=(a, b), payload=(c, d))


def write(plan: FlightPlan, model: DjiModel, *, now: datetime = EPOCH) -> bytes:
    """The bytes of a `.kmz` with the route of a flight plan.

    Raises MissionFileError naming an item that a route cannot hold.
    """
    route = route_of(plan)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in ((TEMPLATE, _template(route, model, now)), (WAYLINES, _waylines(route, model))):
            ET.indent(root)
            text = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
            archive.writestr(zipfile.ZipInfo(name, EPOCH.timetuple()[:6]), text)
    return packed.getvalue()


def read(data: bytes, *, name: str) -> FlightPlan:
    """The flight plan of a route file. Raises MissionFileError naming what ArduCopter cannot fly of it."""
    return plan_of(read_route(data, name=name))


def read_route(data: bytes, *, name: str) -> Route:
    """The route of a `.kmz`: what is flown (waylines.wpml), and home where the template names it."""
    parts = _read_parts(data, name=name)
    if WAYLINES not in parts:
        raise MissionFileError(f"{name}: holds no {WAYLINES}", do="give a DJI route (.kmz)")
    document = _parse(parts[WAYLINES], name=f"{name}: {WAYLINES}")
    config = _require(document, "missionConfig", name)
    folders = [element for element in document.iter() if _local(element) == "Folder"]
    if len(folders) != 1:
        raise MissionFileError(
            f"{name}: {len(folders)} routes in one file", do="export a waypoint route, one in a file"
        )
    (folder,) = folders
    mode = _text(folder, "executeHeightMode", name)
    if mode != RELATIVE:
        raise MissionFileError(
            f"{name}: its heights are counted as {mode}", do="save it with heights relative to take-off"
        )
    cruise_mps = _number(folder, "autoFlightSpeed", name)
    marks = [element for element in folder if _local(element) == "Placemark"]
    refuse_too_many(marks, where=name)
    points = tuple(_read_point(mark, cruise_mps, where=f"{name}: point {i}") for i, mark in enumerate(marks))
    if len(points) < 2:
        raise MissionFileError(f"{name}: {len(points)} points", do="a route has two or more")
    return Route(
        name=name,
        home=_read_home(parts, points[0].position, name=name),
        home_m_amsl=None,
        points=points,
        secure_m=_number(config, "takeOffSecurityHeight", name, default=points[0].height_m),
        speed_mps=cruise_mps,
        return_m=_number(config, "globalRTHHeight", name, default=points[0].height_m),
        finish=_choice(FinishAction, config, "finishAction", name),
        lost=_read_lost(config, name),
    )


def _template(route: Route, model: DjiModel, now: datetime) -> ET.Element:
    root, document = _new_document()
    stamp = str(round(now.timestamp() * 1000.0))
    _add(document, "author", "dfr")
    _add(document, "createTime", stamp)
    _add(document, "updateTime", stamp)
    reference = f"{_degrees(route.home)},{0.0 if route.home_m_amsl is None else route.home_m_amsl:.6f}"
    _add_config(document, route, model, reference=reference)
    folder = ET.SubElement(document, "Folder")
    _add(folder, "templateType", "waypoint")
    _add(folder, "templateId", "0")
    heights = _add(folder, "waylineCoordinateSysParam")
    _add(heights, "coordinateMode", "WGS84")
    _add(heights, "heightMode", RELATIVE)
    _add(folder, "autoFlightSpeed", _figure(route.speed_mps))
    _add(folder, "globalHeight", _figure(route.points[0].height_m))
    _add(folder, "caliFlightEnable", "0")
    _add(folder, "gimbalPitchMode", "manual")
    _add_heading(folder, "globalWaypointHeadingParam", None, enable=False)
    _add(folder, "globalWaypointTurnMode", STOP)
    _add(folder, "globalUseStraightLine", "1")
    for index, point in enumerate(route.points):
        mark = _add_mark(folder, index, point)
        _add(mark, "ellipsoidHeight", _figure(point.height_m))
        _add(mark, "height", _figure(point.height_m))
        _add_leg(mark, point, enable=False)
        for which in ("Height", "Speed", "HeadingParam", "TurnParam"):
            _add(mark, f"useGlobal{which}", "0")
        _add(mark, "useStraightLine", "1")
        _add_actions(mark, index, point.actions)
    return root


def _waylines(route: Route, model: DjiModel) -> ET.Element:
    root, document = _new_document()
    _add_config(document, route, model, reference=None)
    folder = ET.SubElement(document, "Folder")
    _add(folder, "templateId", "0")
    _add(folder, "executeHeightMode", RELATIVE)
    _add(folder, "waylineId", "0")
    distance, seconds = _length(route)
    _add(folder, "distance", _figure(distance))
    _add(folder, "duration", _figure(seconds))
    _add(folder, "autoFlightSpeed", _figure(route.speed_mps))
    for index, point in enumerate(route.points):
        mark = _add_mark(folder, index, point)
        _add(mark, "executeHeight", _figure(point.height_m))
        _add_leg(mark, point, enable=True)
        _add(mark, "useStraightLine", "1")
        _add_actions(mark, index, point.actions)
    return root


def _new_document() -> tuple[ET.Element, ET.Element]:
    root = ET.Element("kml", {"xmlns": KML, "xmlns:wpml": WPML})
    return root, ET.SubElement(root, "Document")


def _add_config(document: ET.Element, route: Route, model: DjiModel, *, reference: str | None) -> None:
    """The mission's configuration, in the order in which DJI's own files have it."""
    config = _add(document, "missionConfig")
    _add(config, "flyToWaylineMode", "safely")
    _add(config, "finishAction", route.finish.value)
    continues = route.lost is LostAction.CONTINUE
    _add(config, "exitOnRCLost", LostAction.CONTINUE.value if continues else "executeLostAction")
    _add(config, "executeRCLostAction", LostAction.GO_BACK.value if continues else route.lost.value)
    _add(config, "takeOffSecurityHeight", _figure(route.secure_m))
    if reference is not None:
        _add(config, "takeOffRefPoint", reference)
    _add(config, "globalTransitionalSpeed", _figure(min(route.speed_mps, MOST_TRANSIT_MPS)))
    _add(config, "globalRTHHeight", _figure(route.return_m))
    drone = _add(config, "droneInfo")
    _add(drone, "droneEnumValue", str(model.drone[0]))
    _add(drone, "droneSubEnumValue", str(model.drone[1]))
    _add(config, "waylineAvoidLimitAreaMode", "0")
    payload = _add(config, "payloadInfo")
    _add(payload, "payloadEnumValue", str(model.payload[0]))
    _add(payload, "payloadSubEnumValue", str(model.payload[1]))
    _add(payload, "payloadPositionIndex", "0")


def _add_mark(folder: ET.Element, index: int, point: RoutePoint) -> ET.Element:
    mark = ET.SubElement(folder, "Placemark")
    place = ET.SubElement(mark, "Point")
    lon, lat = point.position.lon_deg, point.position.lat_deg
    ET.SubElement(place, "coordinates").text = f"{lon:.9f},{lat:.9f}"
    _add(mark, "index", str(index))
    return mark


def _add_leg(mark: ET.Element, point: RoutePoint, *, enable: bool) -> None:
    """Speed and heading of the leg that begins here, and the turn: every point is stopped at."""
    _add(mark, "waypointSpeed", _figure(point.speed_mps))
    _add_heading(mark, "waypointHeadingParam", point.faces, enable=enable)
    turn = _add(mark, "waypointTurnParam")
    _add(turn, "waypointTurnMode", STOP)
    _add(turn, "waypointTurnDampingDist", "0")


def _add_heading(parent: ET.Element, tag: str, faces: Position | None, *, enable: bool) -> None:
    heading = _add(parent, tag)
    _add(heading, "waypointHeadingMode", FOLLOW if faces is None else TOWARD)
    _add(heading, "waypointHeadingAngle", "0")
    _add(heading, "waypointPoiPoint", NOTHING if faces is None else f"{_degrees(faces)},0.000000")
    if enable:
        _add(heading, "waypointHeadingAngleEnable", "0")
    _add(heading, "waypointHeadingPathMode", "followBadArc")
    _add(heading, "waypointHeadingPoiIndex", "0")


def _add_actions(mark: ET.Element, index: int, actions: tuple[RouteAction, ...]) -> None:
    """All actions of a point as one group, which is done when the point is reached."""
    if not actions:
        return
    group = _add(mark, "actionGroup")
    for name in ("actionGroupId", "actionGroupStartIndex", "actionGroupEndIndex"):
        _add(group, name, str(index))
    _add(group, "actionGroupMode", "sequence")
    _add(_add(group, "actionTrigger"), "actionTriggerType", "reachPoint")
    for number, action in enumerate(actions):
        entry = _add(group, "action")
        _add(entry, "actionId", str(number))
        _add(entry, "actionActuatorFunc", action.kind.value)
        params = _add(entry, "actionActuatorFuncParam")
        for name, value in _action_params(action, index):
            _add(params, name, value)


def _action_params(action: RouteAction, index: int) -> Iterator[tuple[str, str]]:
    if action.kind is ActionKind.HOVER:
        yield "hoverTime", _figure(action.value)
    elif action.kind is ActionKind.GIMBAL:
        yield from (
            ("gimbalHeadingYawBase", "north"),
            ("gimbalRotateMode", "absoluteAngle"),
            ("gimbalPitchRotateEnable", "1"),
            ("gimbalPitchRotateAngle", _figure(action.value)),
            ("gimbalRollRotateEnable", "0"),
            ("gimbalRollRotateAngle", "0"),
            ("gimbalYawRotateEnable", "0"),
            ("gimbalYawRotateAngle", "0"),
            ("gimbalRotateTimeEnable", "0"),
            ("gimbalRotateTime", "0"),
            ("payloadPositionIndex", "0"),
        )
    else:
        yield "payloadPositionIndex", "0"
        if action.kind is not ActionKind.STOP_RECORD:
            yield "fileSuffix", f"point{index}"
            yield "useGlobalPayloadLensIndex", "1"


def _length(route: Route) -> tuple[float, float]:
    """Metres along the points, and seconds at the speeds of the legs and with the hovers."""
    metres = seconds = 0.0
    for here, there in zip(route.points, route.points[1:], strict=False):
        leg_m = distance_m(here.position, there.position)
        metres += leg_m
        seconds += leg_m / here.speed_mps
    hovers = (a.value for p in route.points for a in p.actions if a.kind is ActionKind.HOVER)
    return metres, seconds + sum(hovers)


def _read_parts(data: bytes, *, name: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [entry for entry in archive.infolist() if entry.filename in (TEMPLATE, WAYLINES)]
            if any(entry.file_size > MOST_BYTES for entry in found):
                raise MissionFileError(f"{name}: unpacks to more than {MOST_BYTES / 1e6:.0f} MB")
            return {entry.filename: archive.read(entry) for entry in found}
    except BROKEN_ARCHIVE as error:
        raise MissionFileError(f"{name}: not a .kmz: {error}", do="export the route again") from error


def _parse(data: bytes, *, name: str) -> ET.Element:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise MissionFileError(f"{name}: a document type declaration is not accepted")
    try:
        return ET.fromstring(data)
    except (ET.ParseError, LookupError, ValueError) as error:
        raise MissionFileError(f"{name}: not XML: {error}") from error


def _read_home(parts: dict[str, bytes], first: Position, *, name: str) -> Position:
    """The reference take-off point of the template (latitude first), else the first point."""
    if TEMPLATE not in parts:
        return first
    template = _parse(parts[TEMPLATE], name=f"{name}: {TEMPLATE}")
    text = _find_text(template, "takeOffRefPoint")
    return first if text is None else _read_place(text, where=f"{name}: takeOffRefPoint")


def _read_point(mark: ET.Element, cruise_mps: float, *, where: str) -> RoutePoint:
    coordinates = _text(mark, "coordinates", where).split(",")
    if len(coordinates) < 2:
        raise MissionFileError(f"{where}: coordinates {coordinates}", do="longitude,latitude")
    lon, lat = (_to_number(text, where) for text in coordinates[:2])
    heading = _find(mark, "waypointHeadingParam")
    mode = FOLLOW if heading is None else _find_text(heading, "waypointHeadingMode")
    faces = None
    if heading is not None and mode == TOWARD:
        faces = _read_place(_text(heading, "waypointPoiPoint", where), where=where)
    return RoutePoint(
        position=read_position(lat, lon, where=where),
        height_m=_number(mark, "executeHeight", where),
        speed_mps=_number(mark, "waypointSpeed", where, default=cruise_mps),
        faces=faces,
        actions=tuple(_read_actions(mark, where)),
    )


def _read_actions(mark: ET.Element, where: str) -> Iterator[RouteAction]:
    for element in mark.iter():
        if _local(element) != "action":
            continue
        name = _text(element, "actionActuatorFunc", where)
        if name == ORIENTED_SHOOT:
            pitch_deg = _number(element, "gimbalPitchRotateAngle", where)
            yield from (
                RouteAction(kind=ActionKind.GIMBAL, value=pitch_deg),
                RouteAction(kind=ActionKind.PHOTO),
            )
            continue
        if name not in set(ActionKind):
            raise MissionFileError(
                f"{where}: the action {name} is not known here",
                do=f"remove it; known are {', '.join(ActionKind)}",
            )
        kind = ActionKind(name)
        value = {ActionKind.HOVER: "hoverTime", ActionKind.GIMBAL: "gimbalPitchRotateAngle"}.get(kind)
        yield RouteAction(kind=kind, value=0.0 if value is None else _number(element, value, where))


def _read_lost(config: ET.Element, name: str) -> LostAction:
    if _text(config, "exitOnRCLost", name) == LostAction.CONTINUE:
        return LostAction.CONTINUE
    return _choice(LostAction, config, "executeRCLostAction", name)


def _choice(kind: type[Chosen], parent: ET.Element, tag: str, where: str) -> Chosen:
    text = _text(parent, tag, where)
    if text not in {entry.value for entry in kind}:
        raise MissionFileError(f"{where}: {tag} is {text!r}", do=f"one of {', '.join(kind)}")
    return kind(text)


def _read_place(text: str, *, where: str) -> Position:
    """A place written latitude first, as takeOffRefPoint and waypointPoiPoint are."""
    fields = text.split(",")
    if len(fields) < 2:
        raise MissionFileError(f"{where}: {text!r}", do="latitude,longitude,height")
    lat, lon = (_to_number(field, where) for field in fields[:2])
    return read_position(lat, lon, where=where)


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _find(parent: ET.Element, tag: str) -> ET.Element | None:
    return next((element for element in parent.iter() if _local(element) == tag), None)


def _require(parent: ET.Element, tag: str, where: str) -> ET.Element:
    found = _find(parent, tag)
    if found is None:
        raise MissionFileError(f"{where}: {tag} is missing", do="export the route again")
    return found


def _find_text(parent: ET.Element, tag: str) -> str | None:
    found = _find(parent, tag)
    return None if found is None else (found.text or "").strip()


def _text(parent: ET.Element, tag: str, where: str) -> str:
    return (_require(parent, tag, where).text or "").strip()


def _number(parent: ET.Element, tag: str, where: str, *, default: float | None = None) -> float:
    text = _find_text(parent, tag)
    if text is None and default is not None:
        return default
    return _to_number(_text(parent, tag, where), f"{where}: {tag}")


def _to_number(text: str, where: str) -> float:
    try:
        return finite_number(float(text), where=where)
    except ValueError as error:
        raise MissionFileError(f"{where}: {text!r} is not a number") from error


def _add(parent: ET.Element, tag: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, f"wpml:{tag}")
    element.text = text
    return element


def _degrees(position: Position) -> str:
    return f"{position.lat_deg:.9f},{position.lon_deg:.9f}"


def _figure(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
