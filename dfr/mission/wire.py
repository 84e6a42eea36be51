"""Mission, fence and rally items as MAVLink carries them."""

from __future__ import annotations

from dfr.ardupilot.commands import Command, Frame, MissionType
from dfr.ardupilot.items import Params, WireItem
from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.items import FenceArea, FenceCircle, FencePolygon, FlightPlan, MissionItem, RallyPoint

DEGREE_INT = 10_000_000
"""Wire units per degree (MISSION_ITEM_INT.x and .y)."""


def mission_wire(plan: FlightPlan) -> tuple[WireItem, ...]:
    """The mission list; item 0 is a placeholder, the vehicle puts its home there."""
    home = WireItem(
        seq=0,
        frame=Frame.GLOBAL,
        command=Command.NAV_WAYPOINT,
        x=_to_int(plan.home.lat_deg),
        y=_to_int(plan.home.lon_deg),
        z=plan.home_m_amsl or 0.0,
    )
    return (home, *(_mission_item(seq, item) for seq, item in enumerate(plan.items, start=1)))


def fence_wire(areas: tuple[FenceArea, ...]) -> tuple[WireItem, ...]:
    """The fence list: every vertex carries its polygon's vertex count."""
    items: list[WireItem] = []
    for area in areas:
        items.extend(_fence_items(area, first=len(items)))
    return tuple(items)


def rally_wire(points: tuple[RallyPoint, ...]) -> tuple[WireItem, ...]:
    """The rally list, heights above home."""
    return tuple(
        _placed_item(
            seq, Command.NAV_RALLY_POINT, Frame.GLOBAL_RELATIVE_ALT, point.position, z=point.height_m_home
        )
        for seq, point in enumerate(points)
    )


def wire_lists(plan: FlightPlan) -> dict[MissionType, tuple[WireItem, ...]]:
    """All three lists of a flight plan."""
    return {
        MissionType.FENCE: fence_wire(plan.fence),
        MissionType.RALLY: rally_wire(plan.rally),
        MissionType.MISSION: mission_wire(plan),
    }


def fence_from_wire(items: tuple[WireItem, ...]) -> tuple[FenceArea, ...]:
    """The areas of a fence list. Raises MissionFileError where a polygon's vertices do not add up."""
    areas: list[FenceArea] = []
    rest = list(items)
    while rest:
        head = rest[0]
        if head.command in (Command.NAV_FENCE_CIRCLE_INCLUSION, Command.NAV_FENCE_CIRCLE_EXCLUSION):
            inclusion = head.command == Command.NAV_FENCE_CIRCLE_INCLUSION
            areas.append(FenceCircle(centre=place_of(head), radius_m=head.params[0], inclusion=inclusion))
            rest = rest[1:]
            continue
        count = int(head.params[0])
        ring, rest = rest[:count], rest[max(count, 1) :]
        if count < 1 or len(ring) != count or any(v.command != head.command for v in ring):
            raise MissionFileError(f"fence item {head.seq}: {count} vertices announced, {len(ring)} found")
        inclusion = head.command == Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION
        areas.append(FencePolygon(ring=tuple(place_of(v) for v in ring), inclusion=inclusion))
    return tuple(areas)


def place_of(item: WireItem) -> Position:
    """The position in x and y. Raises InputError where they are not on the globe."""
    return Position(lat_deg=item.x / DEGREE_INT, lon_deg=item.y / DEGREE_INT)


def _mission_item(seq: int, item: MissionItem) -> WireItem:
    if item.position is None:
        x, y = (int(number) for number in item.numbers)
        return WireItem(
            seq=seq, frame=item.frame, command=item.command, params=item.params, x=x, y=y, z=item.z_m
        )
    return _placed_item(seq, item.command, item.frame, item.position, params=item.params, z=item.z_m)


def _fence_items(area: FenceArea, *, first: int) -> list[WireItem]:
    if isinstance(area, FenceCircle):
        command = Command.NAV_FENCE_CIRCLE_INCLUSION if area.inclusion else Command.NAV_FENCE_CIRCLE_EXCLUSION
        return [
            _placed_item(first, command, Frame.GLOBAL, area.centre, params=(area.radius_m, 0.0, 0.0, 0.0))
        ]
    inclusion = Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION
    command = inclusion if area.inclusion else Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
    params = (float(len(area.ring)), 0.0, 0.0, 0.0)
    return [
        _placed_item(first + index, command, Frame.GLOBAL, corner, params=params)
        for index, corner in enumerate(area.ring)
    ]


def _placed_item(
    seq: int,
    command: int,
    frame: int,
    position: Position,
    *,
    params: Params = (0.0, 0.0, 0.0, 0.0),
    z: float = 0.0,
) -> WireItem:
    x, y = _to_int(position.lat_deg), _to_int(position.lon_deg)
    return WireItem(seq=seq, frame=frame, command=command, params=params, x=x, y=y, z=z)


def _to_int(degrees: float) -> int:
    return round(degrees * DEGREE_INT)
