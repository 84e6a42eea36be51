"""Whether a vehicle may be sent: what it says of itself, against the plan it is to fly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import LinkTimeoutError
from dfr.findings import Finding, Severity
from dfr.geo import Position, distance_m
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.params import same_value
from dfr.link.vehicle import OnboardPlan, VehicleState
from dfr.mission.items import FlightPlan
from dfr.mission.reliance import Value, fence_is_on, off_findings
from dfr.mission.validate_common import advice, ardupilot_finding

SOURCE = "ArduCopter: SYS_STATUS, EKF_STATUS_REPORT, parameters"
READY_S = 120.0
"""A cold start needs a minute or so for GNSS and EKF (recorded on SITL: 40 s)."""

EKF_NEEDED = (
    dialect.EKF_ATTITUDE
    | dialect.EKF_VELOCITY_HORIZ
    | dialect.EKF_VELOCITY_VERT
    | dialect.EKF_POS_HORIZ_ABS
    | dialect.EKF_POS_VERT_ABS
)
TOLD_AGAIN_S = 3.0
"""MISSION_CURRENT is asked for 5 times a second, every 2 s on a line that is spared."""

REPORTED_S = 8.0
"""Home, the rarest, is reported every 2 s."""

GPS_3D = 3
NOWHERE = Position(lat_deg=0.0, lon_deg=0.0)
HOME_TOLERANCE_M = 5.0
"""Home further than this from the dock: the wrong dock, or a bad position (assumed)."""

LEAST_BATTERY = 0.5
"""Share of the battery below which no dispatch starts (assumed; the reserve is the plan's business)."""


def wait_ready(vehicle: MavlinkVehicle, *, vehicle_s: float = READY_S) -> VehicleState:
    """Wait, by the vehicle's clock, until EKF and pre-arm checks are good.

    Raises LinkTimeoutError with what is missing.
    """
    try:
        return vehicle.wait(
            lambda state: _ekf_good(state) and _prearm_good(state) is not False and state.home is not None,
            vehicle_s=vehicle_s,
            what="ready to arm",
        )
    except LinkTimeoutError as error:
        missing = "; ".join(f.message for f in _state_findings(vehicle.state) if f.blocks)
        raise LinkTimeoutError(f"{error} (missing: {missing or 'home position'})") from error


def preflight_findings(vehicle: MavlinkVehicle, plan: FlightPlan) -> tuple[Finding, ...]:
    """Findings on a vehicle before a dispatch: violations and unknowns mean no go."""
    _wait_total(vehicle, plan)
    state = vehicle.state
    return (
        *_state_findings(state),
        *_place_findings(state, plan),
        *_plan_findings(vehicle, plan),
        *_parameter_findings(vehicle, plan),
        *standing_findings(vehicle, plan),
    )


def _wait_total(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Give a vehicle that told its number of items before the upload ended the time to tell it again."""
    with suppress(LinkTimeoutError):
        vehicle.wait(
            lambda state: state.mission_total is None or state.mission_total in _totals(plan),
            vehicle_s=TOLD_AGAIN_S,
            what="mission total",
        )


def _totals(plan: FlightPlan) -> tuple[int, int]:
    """How many items a vehicle may say that it has: without home, or with it."""
    return len(plan.items), len(plan.items) + 1


def vehicle_findings(vehicle: MavlinkVehicle) -> tuple[Finding, ...]:
    """Findings on a vehicle by itself, whatever it is to fly."""
    nothing = FlightPlan(name="", home=NOWHERE, home_m_amsl=None, items=(), fence=(), rally=(), params={})
    return (*_state_findings(vehicle.state), *standing_findings(vehicle, nothing))


def wait_reported(vehicle: MavlinkVehicle, *, vehicle_s: float = REPORTED_S) -> None:
    """Wait until a vehicle has reported all that preflight judges, or for a few seconds."""
    with suppress(LinkTimeoutError):
        vehicle.wait(
            lambda state: (
                None
                not in (state.ekf_flags, state.gps_fix, state.sensors_healthy, state.home, state.mission_seq)
            ),
            vehicle_s=vehicle_s,
            what="state",
        )


def _state_findings(state: VehicleState) -> Iterator[Finding]:
    prearm = _prearm_good(state)
    yield _judge_state("preflight.prearm", prearm, "pre-arm checks", fix="see the vehicle's messages")
    ekf = None if state.ekf_flags is None else _ekf_good(state)
    yield _judge_state("preflight.ekf", ekf, "position estimate (EKF)", fix="wait for GNSS")
    gps = None if state.gps_fix is None else state.gps_fix >= GPS_3D
    yield _judge_state(
        "preflight.gnss", gps, f"GNSS fix, {state.satellites} satellites", fix="give it open sky"
    )
    level = state.battery_remaining
    charged = None if level is None else level >= LEAST_BATTERY
    share = "unknown" if level is None else f"{level:.0%}"
    yield _judge_state("preflight.battery", charged, f"battery {share}", fix=f"charge to {LEAST_BATTERY:.0%}")
    if state.remote_id is not None:
        words = f"Remote ID {state.remote_id or 'is fit to arm'}"
        yield _judge_state("preflight.remote_id", not state.remote_id, words, fix="set up its transmitter")
    yield _judge_state("preflight.disarmed", None if state.armed is None else not state.armed, "disarmed")


def _place_findings(state: VehicleState, plan: FlightPlan) -> Iterator[Finding]:
    place = state.home or state.position
    if place is None:
        yield _judge_state("preflight.home", None, "home position")
        return
    away_m = distance_m(place, plan.home)
    yield _judge_state(
        "preflight.home",
        away_m <= HOME_TOLERANCE_M,
        f"home is {away_m:.1f} m from the dock",
        fix="check which dock the vehicle is on",
        margin_m=HOME_TOLERANCE_M - away_m,
    )


def _plan_findings(vehicle: MavlinkVehicle, plan: FlightPlan) -> Iterator[Finding]:
    yield _judge_state(
        "preflight.plan",
        vehicle.plan is OnboardPlan.VERIFIED,
        f"plan on board is {vehicle.plan.value}",
        fix="upload it, verified",
    )
    total = vehicle.state.mission_total
    if total is not None:
        yield _judge_state(
            "preflight.items",
            total in _totals(plan),
            f"{total} mission items on board, {len(plan.items)} planned",
            fix="upload again: somebody changed it",
        )


def _parameter_findings(vehicle: MavlinkVehicle, plan: FlightPlan) -> Iterator[Finding]:
    for name, value in plan.params.items():
        found = vehicle.get_param(name)
        good = None if found is None else same_value(found, value)
        yield _judge_state(
            "preflight.params", good, f"{name} is {found}, planned {value:g}", fix="upload again"
        )


def standing_findings(vehicle: MavlinkVehicle, plan: FlightPlan) -> tuple[Finding, ...]:
    """Which of the vehicle's own parameters block a flight of the plan, or should be known before it.

    It may be asked before the plan is on board: what the plan sets counts as set.
    """
    value = _as_flown(vehicle, plan)
    return (_station_finding(vehicle), *off_findings(plan, value), *_advice_findings(vehicle, plan, value))


def _as_flown(vehicle: MavlinkVehicle, plan: FlightPlan) -> Value:
    """Parameters by name as they are once the plan is on board; each is asked for once."""

    @cache
    def value(name: str) -> float | None:
        return plan.params[name] if name in plan.params else vehicle.get_param(name)

    return value


def _station_finding(vehicle: MavlinkVehicle) -> Finding:
    gcs = vehicle.get_param("SYSID_MYGCS")
    ours = vehicle.port.system
    return _judge_state(
        "preflight.gcs",
        None if gcs is None else int(gcs) == ours,
        f"SYSID_MYGCS {gcs}, this station is {ours}",
        fix="the GCS failsafe watches another station: set it, or speak as that station (--source-system)",
    )


def _advice_findings(vehicle: MavlinkVehicle, plan: FlightPlan, value: Value) -> Iterator[Finding]:
    for name, what in (
        ("FS_GCS_ENABLE", "loss of the ground station"),
        ("BATT_FS_LOW_ACT", "a low-battery warning"),
    ):
        if value(name) == 0.0:
            text = f"{name} 0: the vehicle does nothing after {what}"
            yield advice("preflight.failsafe", text, fix=f"set {name}", source=SOURCE)
    if not plan.fence and fence_is_on(value) is False:
        stored = (
            "the fence on board is not active (FENCE_ENABLE 0)" if vehicle.kept.fence else "FENCE_ENABLE 0"
        )
        text = f"{stored}: nothing happens if the drone leaves the fence"
        yield advice("preflight.failsafe", text, fix="set FENCE_ENABLE", source=SOURCE)
    if "PLND_RET_MAX" in plan.params and not value("PLND_ENABLED"):
        text = (
            "PLND_ENABLED 0: the vehicle lands by GNSS in one attempt, and the landing retries have no effect"
        )
        yield advice("preflight.landing", text, fix="switch precision landing on", source=SOURCE)


def _prearm_good(state: VehicleState) -> bool | None:
    """The pre-arm bit; None where the vehicle does not report it."""
    if state.sensors_enabled is None or state.sensors_healthy is None:
        return None
    bit = dialect.MAV_SYS_STATUS_PREARM_CHECK
    if not state.sensors_enabled & bit:
        return None
    return bool(state.sensors_healthy & bit)


def _ekf_good(state: VehicleState) -> bool:
    return state.ekf_flags is not None and state.ekf_flags & EKF_NEEDED == EKF_NEEDED


def _judge_state(
    rule: str, good: bool | None, message: str, *, fix: str = "", margin_m: float | None = None
) -> Finding:
    if good is None:
        return ardupilot_finding(rule, Severity.UNKNOWN, f"{message}: not reported", fix=fix, source=SOURCE)
    severity = Severity.OK if good else Severity.VIOLATION
    text = message if good else f"{message}: not good"
    return ardupilot_finding(rule, severity, text, fix="" if good else fix, margin_m=margin_m, source=SOURCE)
