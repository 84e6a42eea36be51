"""Flies one dispatch from arming to the dock, or says why it is not flown: `fly_dispatch`.

The flight itself is the director's (`dfr.link.director`). A vehicle that is found in the air, as a session
that was killed leaves it, is taken on where it flies this very plan: `adopt_flight`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from dfr.errors import LinkTimeoutError, NonCompliantError, TransferError, VehicleRefusedError
from dfr.findings import Finding
from dfr.geo import distance_m
from dfr.link.director import Director, OnEvent, OnState
from dfr.link.evidence import EndEvidence, landing_settings_of
from dfr.link.limits import SIMULATED, FlightLimits
from dfr.link.lost_link import LostLinkBehaviour
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.onboard import read_kept
from dfr.link.orders import Orders
from dfr.link.outcome import DOCK_TOLERANCE_M, Ending, FlownDispatch, LeftInFlight, was_on_scene
from dfr.link.preflight import preflight_findings, wait_ready
from dfr.link.recorder import Recorder
from dfr.link.traffic import TrafficFeed, TrafficPicture
from dfr.link.transfer import TransferReport, inspect_onboard
from dfr.link.vehicle import OnboardPlan, VehicleState
from dfr.logs.airborne import Landed
from dfr.mission.compile import return_seq
from dfr.mission.items import FlightPlan

WIND_PARAMETERS = ("EK3_DRAG_BCOEF_X", "EK3_DRAG_BCOEF_Y", "EK3_DRAG_MCOEF", "ARSPD_TYPE")
"""Any of these lets ArduCopter estimate the wind (AP_NavEKF3: drag fusion, airspeed)."""

LEAST_WIND_MPS = 1e-3
"""No estimate is as small: it stands for none."""

WIND_WITHIN_S = 4.0
"""WIND is asked for once a second."""


def fly_dispatch(
    vehicle: MavlinkVehicle,
    plan: FlightPlan,
    *,
    confirmed: bool = False,
    on_state: OnState | None = None,
    on_event: OnEvent | None = None,
    may_force_disarm: bool | None = None,
    dock_tolerance_m: float = DOCK_TOLERANCE_M,
    limits: FlightLimits | None = None,
    orders: Orders | None = None,
    aloft: bool = False,
    before_arming: Callable[[], None] | None = None,
    traffic: Sequence[TrafficFeed] = (),
    qnh_hpa: float | None = None,
) -> FlownDispatch:
    """Fly an uploaded, verified plan from arming to the dock.

    `confirmed` is a person's go for this very flight: without it only a simulated vehicle is armed.
    `limits` are those of `FlightLimits`; a simulated vehicle, whose seconds are not ours, has none on gaps,
    and is given up sooner.
    `orders` come from other threads; `on_event` gets each event as it happens.
    `aloft`: it is in the air already and carries the plan (`adopt_flight`): watch it from here on.
    `traffic` are receivers beside the vehicle's own; `qnh_hpa` turns their pressure altitudes into heights.
    `before_arming` is called last before the motors start; what it raises keeps them off.
    An armed vehicle that falls silent is waited for (`dfr.link.link_gaps`). Ctrl-C in flight raises
    LeftInFlight, which says what the vehicle will do.
    Raises VehicleRefusedError without it, NonCompliantError where preflight finds a reason not to go,
    LinkTimeoutError where the vehicle falls silent before it is armed.
    """
    if not (vehicle.simulated or confirmed):
        raise VehicleRefusedError(
            "this vehicle is not known to be simulated", do="confirm it with --yes (in Python confirmed=True)"
        )
    if vehicle.plan is not OnboardPlan.VERIFIED:
        raise VehicleRefusedError(f"the plan on board is {vehicle.plan.value}", do="upload it, verified")
    own = SIMULATED if vehicle.simulated else FlightLimits()
    limits = own if limits is None else limits
    if not aloft:
        wait_ready(vehicle)
        refuse_no_go(vehicle, plan)
        refuse_changed(vehicle, plan)
        refuse_unmeasured_wind(vehicle, limits)
    recorder = Recorder(plan.home, return_seq=return_seq(plan.items))
    forced = vehicle.simulated if may_force_disarm is None else may_force_disarm
    picture = TrafficPicture(lambda: vehicle.state.t_s, qnh_hpa=qnh_hpa)
    director = Director(
        vehicle=vehicle,
        plan=vehicle.kept.complete_plan(plan),
        recorder=recorder,
        limits=limits,
        picture=picture,
        orders=Orders() if orders is None else orders,
        may_force_disarm=forced,
        dock_tolerance_m=dock_tolerance_m,
        landing=landing_settings_of(vehicle),
        cruise_mps=cruise_mps(vehicle),
        on_event=on_event,
        lost_link=LostLinkBehaviour.read_from(vehicle),
    )
    texts_before = len(vehicle.texts)
    if before_arming is not None and not aloft:
        before_arming()
    with (
        vehicle.watching(recorder),
        vehicle.overhearing(director.control.status_texts.note_text),
        picture.listening(vehicle.port, traffic),
    ):
        try:
            if aloft:
                director.take_on()
            else:
                director.launch()
            director.follow(on_state)
            director.stand_down()
        except KeyboardInterrupt as stop:
            words = director.describe_stop()
            raise LeftInFlight(_flown_dispatch(director, texts_before), words) from stop
    return _flown_dispatch(director, texts_before)


def cruise_mps(vehicle: MavlinkVehicle) -> float | None:
    """The vehicle's own cruise speed; None where it does not say."""
    found = vehicle.get_param("WPNAV_SPEED")
    return None if found is None else found / 100.0


def refuse_no_go(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Raise NonCompliantError listing what preflight has against the flight."""
    refuse_blocking(preflight_findings(vehicle, plan))


def refuse_blocking(findings: Iterable[Finding]) -> None:
    """Raise NonCompliantError with what blocks a flight, and what to do about each."""
    against = [finding for finding in findings if finding.blocks]
    if against:
        raise NonCompliantError("no go: " + "; ".join(_with_fix(finding) for finding in against))


def _with_fix(finding: Finding) -> str:
    return f"{finding.message} -> {finding.fix}" if finding.fix else finding.message


def refuse_unmeasured_wind(vehicle: MavlinkVehicle, limits: FlightLimits) -> None:
    """Raise NonCompliantError where a wind limit is set and the vehicle will report no wind in flight.

    ArduCopter estimates the wind in the air only, and only where its drag parameters are set; else it reports
    a wind of exactly 0. The built-in vehicle reports the true wind.
    """
    if limits.wind_mps is None or any(vehicle.get_param(name) for name in WIND_PARAMETERS):
        return
    try:
        least_mps = 0.0 if vehicle.firmware.built_in else LEAST_WIND_MPS
        vehicle.wait(
            lambda state: state.wind_mps is not None and state.wind_mps >= least_mps,
            vehicle_s=WIND_WITHIN_S,
            what="wind",
        )
    except LinkTimeoutError as error:
        raise NonCompliantError(
            f"no go: the wind limit of {limits.wind_mps:g} m/s cannot be enforced: the vehicle reports no "
            f"wind ({', '.join(WIND_PARAMETERS)} are 0 or missing)",
            do="set its drag parameters, or fly without --max-wind",
        ) from error


def refuse_changed(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Read the plan on board once more, just before arming. Raises TransferError where it has changed."""
    report = inspect_onboard(vehicle, plan)
    if not report.verified:
        vehicle.plan = OnboardPlan.UNKNOWN
        raise TransferError(
            f"the plan on board has changed since its upload: {'; '.join(report.differences)}",
            do="upload again",
        )


def _flown_dispatch(director: Director, texts_before: int) -> FlownDispatch:
    vehicle, state, plan = director.vehicle, director.vehicle.state, director.plan
    away_m = None if state.position is None else distance_m(state.position, plan.home)
    track, cuts = director.recorder.track(plan.name), tuple(director.control.cuts)
    by_plan = not any(cut.before_return for cut in cuts)
    evidence = EndEvidence(
        recorder=director.recorder,
        status_texts=director.control.status_texts,
        landing=director.landing,
        wreck=director.ground.crash,
        doubted=director.doubted,
        unseen=director.unseen,
        piloted=director.control.taken_over,
    )
    return FlownDispatch(
        track=track,
        plan=plan,
        ending=Ending(
            on_scene=director.past_scene or was_on_scene(track, plan, by_plan=by_plan),
            at_dock=away_m is not None and away_m <= director.dock_tolerance_m,
            disarmed=state.armed is False,
            cuts=cuts,
            crash=evidence.crash_reason(track),
            doubts=evidence.doubts,
        ),
        taken_over=director.control.taken_over or director.control.hands_off,
        dock_error_m=away_m,
        energy_wh=track.energy_wh,
        firmware=str(vehicle.firmware),
        simulated=vehicle.simulated,
        events=tuple(sorted(director.events, key=lambda event: event.t_s or 0.0)),
        texts=vehicle.texts[texts_before:],
        failsafes=tuple(dict.fromkeys(text.text for text in director.control.status_texts.failsafes)),
        traffic=director.picture.nearest,
        dock_tolerance_m=director.dock_tolerance_m,
    )


TELLS_WITHIN_S = 3.0
"""A vehicle says whether it is on the ground several times a second where it says so at all (assumed)."""

RECALL_HOW = (
    "bring it home with `dfr vehicle recall`, by the mode switch of its transmitter or by a ground station; "
    "to watch it, run `dfr fly` with the file it flies"
)


def is_flying(vehicle: MavlinkVehicle) -> bool:
    """Whether it is armed and not on the ground. One that does not say where it is counts as flying."""
    if vehicle.state.armed is False:
        return False
    with suppress(LinkTimeoutError):
        vehicle.wait(_reports_landed, vehicle_s=TELLS_WITHIN_S, what="landed or not")
    state = vehicle.state
    return state.armed is not False and state.landed != Landed.ON_GROUND


def _reports_landed(state: VehicleState) -> bool:
    return state.landed not in (None, Landed.UNDEFINED)


def adopt_flight(vehicle: MavlinkVehicle, plan: FlightPlan) -> TransferReport:
    """The proof that a vehicle in the air carries this very plan: nothing is uploaded.

    Raises VehicleRefusedError for another plan, with what flies and how to bring it home.
    """
    vehicle.full_rates()
    vehicle.kept = read_kept(vehicle, plan, check=False)
    report = inspect_onboard(vehicle, plan)
    if not report.verified:
        raise VehicleRefusedError(
            f"{vehicle.describe_whereabouts()}, with another plan than {plan.name!r} "
            f"({'; '.join(report.differences)}): nothing was sent to it",
            do=f"{RECALL_HOW}",
        )
    vehicle.plan = OnboardPlan.VERIFIED
    return report
