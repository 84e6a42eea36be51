"""A flight plan as the route of a DJI drone (WPML), and back: points, headings, camera, what ends it.

DJI flies a route in its own way: `route_of` keeps the path and its heights, stops at every point, and hands
the return to the drone's own "go home". What a route cannot say it refuses by name or lists (`LEFT_OUT`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.errors import MissionFileError
from dfr.geo import Position, distance_m
from dfr.mission.items import FlightPlan, MissionItem, item_at

LEFT_OUT = ("fence", "rally", "params", "verdict")
"""Parts of a flight plan that a route has no place for; of the parameters it takes four (`route_of`)."""

LEAST_SECURE_M, MOST_SECURE_M = 8.0, 1500.0
"""takeOffSecurityHeight from a dock (DJI)."""

MOST_TRANSIT_MPS = 15.0
DEFAULT_SPEED_MPS, DEFAULT_RETURN_M = 10.0, 15.0
"""WPNAV_SPEED and RTL_ALT where a plan sets none: ArduCopter's defaults."""

ABOVE_DOCK_M = 1.0
"""A first point this near to home is the climb over the dock."""

GCS_CONTINUES, GCS_LANDS = 0.0, 5.0
GROUND_SPEEDS = (0.0, 1.0)
SHOOTS = frozenset({Command.DO_DIGICAM_CONTROL, Command.IMAGE_START_CAPTURE})
ONE_PHOTO = 1.0
ROI_ENDS = frozenset({Command.DO_SET_ROI_NONE})
ROIS = frozenset({Command.DO_SET_ROI, Command.DO_SET_ROI_LOCATION})
STAYS = frozenset({Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME})


class FinishAction(StrEnum):
    """finishAction: what the drone does after the last point."""

    GO_HOME = "goHome"
    LAND = "autoLand"
    NONE = "noAction"


class LostAction(StrEnum):
    """What the drone does when its controller's link is lost: exitOnRCLost and executeRCLostAction."""

    CONTINUE = "goContinue"
    GO_BACK = "goBack"
    LAND = "landing"
    HOVER = "hover"


class ActionKind(StrEnum):
    """actionActuatorFunc: what is done at a point."""

    HOVER = "hover"
    GIMBAL = "gimbalRotate"
    PHOTO = "takePhoto"
    RECORD = "startRecord"
    STOP_RECORD = "stopRecord"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAction:
    """An action; `value` is seconds of a hover, degrees of a gimbal's pitch (down is negative), else 0."""

    kind: ActionKind
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePoint:
    """A point: height above take-off, the speed of the leg that begins here, what the drone faces on it."""

    position: Position
    height_m: float
    speed_mps: float
    faces: Position | None = None
    actions: tuple[RouteAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route as DJI's files hold it."""

    name: str
    home: Position
    home_m_amsl: float | None
    points: tuple[RoutePoint, ...]
    secure_m: float
    speed_mps: float
    return_m: float
    finish: FinishAction
    lost: LostAction


def route_of(plan: FlightPlan) -> Route:
    """The route of a flight plan: it begins above the dock, at the height of the takeoff.

    WPNAV_SPEED, RTL_ALT and FS_GCS_ENABLE of the plan become speed, return height and what is done on a lost
    link. Raises MissionFileError naming an item that a route cannot hold.
    """
    build = _RouteBuilder(plan)
    for seq, item in enumerate(plan.items, start=1):
        build.add(seq, item)
    if len(build.points) < 2:
        raise MissionFileError(
            f"{plan.name}: a route needs two points or more", do="give a mission with a takeoff and a place"
        )
    first = build.points[0]
    return Route(
        name=plan.name,
        home=plan.home,
        home_m_amsl=plan.home_m_amsl,
        points=tuple(build.points),
        secure_m=min(max(first.height_m, LEAST_SECURE_M), MOST_SECURE_M),
        speed_mps=build.cruise_mps,
        return_m=plan.params.get("RTL_ALT", 100.0 * DEFAULT_RETURN_M) / 100.0,
        finish=build.finish,
        lost=_lost_action(plan),
    )


def plan_of(route: Route) -> FlightPlan:
    """The flight plan of a route: the same path and heights, looked at as ArduCopter would fly it."""
    params = {"WPNAV_SPEED": 100.0 * route.speed_mps, "RTL_ALT": 100.0 * route.return_m}
    params["FS_GCS_ENABLE"] = {LostAction.CONTINUE: GCS_CONTINUES, LostAction.LAND: GCS_LANDS}.get(
        route.lost, 1.0
    )
    return FlightPlan(
        name=route.name,
        home=route.home,
        home_m_amsl=route.home_m_amsl,
        items=tuple(_items_of(route)),
        fence=(),
        rally=(),
        params=params,
    )


@dataclass
class _RouteBuilder:
    """The points so far, and what is in force: speed, and what the camera looks at."""

    plan: FlightPlan
    points: list[RoutePoint] = field(default_factory=list)
    finish: FinishAction = FinishAction.NONE
    faces: MissionItem | None = None

    def __post_init__(self) -> None:
        speed = self.plan.params.get("WPNAV_SPEED", 100.0 * DEFAULT_SPEED_MPS) / 100.0
        self.cruise_mps = self.speed_mps = speed

    def add(self, seq: int, item: MissionItem) -> None:
        """Add one item. Raises MissionFileError for one that a route has no word for."""
        command, where = item.command, f"{self.plan.name}: item {seq} {command_name(item.command)}"
        if self.finish is not FinishAction.NONE:
            raise MissionFileError(f"{where} stands after the end of the mission", do="remove it")
        if command == Command.NAV_TAKEOFF:
            self._add_point(self.plan.home, self._height_m(item, where))
        elif command in STAYS:
            self._go_on(item, where)
            if item.params[0] > 0.0:
                self._act(RouteAction(kind=ActionKind.HOVER, value=item.params[0]), where)
        elif command == Command.NAV_RETURN_TO_LAUNCH:
            self.finish = FinishAction.GO_HOME
        elif command == Command.NAV_LAND:
            if item.position is not None:
                self._add_point(item.position, self._last(where).height_m)
            self.finish = FinishAction.LAND
        else:
            self._add_other(item, where)

    def _add_other(self, item: MissionItem, where: str) -> None:
        command = item.command
        if command in ROIS or command in ROI_ENDS:
            self._face(item if item.position is not None else None)
        elif command == Command.DO_CHANGE_SPEED and item.params[0] in GROUND_SPEEDS:
            self._change_speed(item.params[1])
        elif command in (Command.DO_MOUNT_CONTROL, Command.DO_GIMBAL_MANAGER_PITCHYAW):
            self._act(RouteAction(kind=ActionKind.GIMBAL, value=item.params[0]), where)
        elif command == Command.IMAGE_START_CAPTURE and item.params[1] > 0.0 and item.params[2] != ONE_PHOTO:
            raise MissionFileError(
                f"{where}: a series of photos has no place in the routes that dfr writes",
                do="record video, or one photo at a time",
            )
        elif command in SHOOTS:
            self._act(RouteAction(kind=ActionKind.PHOTO), where)
        elif command == Command.VIDEO_START_CAPTURE:
            self._act(RouteAction(kind=ActionKind.RECORD), where)
        elif command == Command.VIDEO_STOP_CAPTURE:
            self._act(RouteAction(kind=ActionKind.STOP_RECORD), where)
        else:
            raise MissionFileError(
                f"{where}: a DJI route (WPML) has nothing of the kind", do="leave it out, or write a .plan"
            )

    def _go_on(self, item: MissionItem, where: str) -> None:
        """To the next point; a stay where the drone already is belongs to that point."""
        place, height_m = item.position or self._last(where).position, self._height_m(item, where)
        last = self.points[-1] if self.points else None
        if last is None or (last.position, last.height_m) != (place, height_m):
            self._add_point(place, height_m)
            self._look()

    def _add_point(self, position: Position, height_m: float) -> None:
        faces = None if self.faces is None else self.faces.position
        self.points.append(
            RoutePoint(position=position, height_m=height_m, speed_mps=self.speed_mps, faces=faces)
        )

    def _face(self, target: MissionItem | None) -> None:
        """Look at a place from the last point on, or at nothing any more."""
        self.faces = target
        if self.points:
            place = None if target is None else target.position
            self.points[-1] = replace(self.points[-1], faces=place)

    def _look(self) -> None:
        """At a new point: the camera's pitch to what it looks at."""
        if self.faces is None or self.faces.position is None:
            return
        here = self.points[-1]
        above_m = here.height_m - self.faces.z_m
        away_m = distance_m(here.position, self.faces.position)
        pitch_deg = -math.degrees(math.atan2(above_m, away_m)) if above_m > 0.0 else 0.0
        action = RouteAction(kind=ActionKind.GIMBAL, value=round(pitch_deg, 1))
        self.points[-1] = replace(here, actions=(*here.actions, action))

    def _change_speed(self, speed_mps: float) -> None:
        if speed_mps > 0.0:
            self.speed_mps = speed_mps
            if self.points:
                self.points[-1] = replace(self.points[-1], speed_mps=speed_mps)

    def _act(self, action: RouteAction, where: str) -> None:
        last = self._last(where)
        self.points[-1] = replace(last, actions=_with_action(last.actions, action))

    def _last(self, where: str) -> RoutePoint:
        if not self.points:
            raise MissionFileError(f"{where} stands before the takeoff", do="begin with NAV_TAKEOFF")
        return self.points[-1]

    def _height_m(self, item: MissionItem, where: str) -> float:
        """Height above the take-off point; 0 keeps the present one."""
        if item.frame == Frame.GLOBAL_RELATIVE_ALT:
            kept = item.z_m == 0.0 and bool(self.points)
            return self.points[-1].height_m if kept else item.z_m
        if item.frame == Frame.GLOBAL and self.plan.home_m_amsl is not None:
            return item.z_m - self.plan.home_m_amsl
        raise MissionFileError(
            f"{where}: its height is counted from terrain, or home's is not known",
            do="give heights above home (frame 3)",
        )


def _with_action(actions: tuple[RouteAction, ...], action: RouteAction) -> tuple[RouteAction, ...]:
    """Actions and one more; a gimbal that is turned twice at a point is turned once, the last way."""
    if action.kind is ActionKind.GIMBAL and any(each.kind is ActionKind.GIMBAL for each in actions):
        return tuple(action if each.kind is ActionKind.GIMBAL else each for each in actions)
    return (*actions, action)


def _lost_action(plan: FlightPlan) -> LostAction:
    """By FS_GCS_ENABLE; a plan that does not say returns, as DJI's own default does."""
    action = plan.params.get("FS_GCS_ENABLE", 1.0)
    return {GCS_CONTINUES: LostAction.CONTINUE, GCS_LANDS: LostAction.LAND}.get(action, LostAction.GO_BACK)


def _items_of(route: Route) -> Iterator[MissionItem]:
    first, rest = route.points[0], route.points
    if distance_m(first.position, route.home) <= ABOVE_DOCK_M:
        yield item_at(Command.NAV_TAKEOFF, route.home, first.height_m)
        yield from _leg_items(None, first, route.speed_mps)
        rest = route.points[1:]
    else:
        yield item_at(Command.NAV_TAKEOFF, route.home, route.secure_m)
    before = first if rest is not route.points else None
    for point in rest:
        yield from _arrival_items(point)
        yield from _leg_items(before, point, route.speed_mps)
        before = point
    if route.finish is FinishAction.GO_HOME:
        yield MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL)
    elif route.finish is FinishAction.LAND:
        yield MissionItem(command=Command.NAV_LAND, frame=Frame.GLOBAL_RELATIVE_ALT)


def _arrival_items(point: RoutePoint) -> Iterator[MissionItem]:
    """The point itself, with its hover, and what the camera does there."""
    hover = sum(action.value for action in point.actions if action.kind is ActionKind.HOVER)
    command = Command.NAV_LOITER_TIME if hover else Command.NAV_WAYPOINT
    params = (hover, 0.0, 1.0, 0.0) if hover else (0.0, 0.0, 0.0, 0.0)
    yield item_at(command, point.position, point.height_m, params=params)
    for action in point.actions:
        if action.kind is not ActionKind.HOVER:
            yield _camera_item(action)


def _leg_items(before: RoutePoint | None, point: RoutePoint, cruise_mps: float) -> Iterator[MissionItem]:
    """What changes on the leg that begins at a point: the speed, and what the drone faces."""
    if point.speed_mps != (cruise_mps if before is None else before.speed_mps):
        params = (1.0, point.speed_mps, 0.0, 0.0)
        yield MissionItem(command=Command.DO_CHANGE_SPEED, frame=Frame.MISSION, params=params)
    faced = None if before is None else before.faces
    if point.faces is not None and point.faces != faced:
        yield item_at(Command.DO_SET_ROI, point.faces, 0.0)
    elif point.faces is None and faced is not None:
        yield MissionItem(command=Command.DO_SET_ROI, frame=Frame.GLOBAL_RELATIVE_ALT)


def _camera_item(action: RouteAction) -> MissionItem:
    if action.kind is ActionKind.GIMBAL:
        return MissionItem(
            command=Command.DO_MOUNT_CONTROL,
            frame=Frame.MISSION,
            params=(action.value, 0.0, 0.0, 0.0),
            z_m=2.0,
        )
    commands = {
        ActionKind.PHOTO: Command.IMAGE_START_CAPTURE,
        ActionKind.RECORD: Command.VIDEO_START_CAPTURE,
        ActionKind.STOP_RECORD: Command.VIDEO_STOP_CAPTURE,
    }
    command = commands[action.kind]
    params = (0.0, 0.0, 1.0, 0.0) if command == Command.IMAGE_START_CAPTURE else (0.0, 0.0, 0.0, 0.0)
    return MissionItem(command=command, frame=Frame.MISSION, params=params)
