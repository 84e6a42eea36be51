"""How a live shift stands: its calls, its fleet (`draw_board`), what to be alerted of (`find_causes`).

Everything here reads the shift in its own thread and changes nothing. The link, the position and the
aircraft's own failsafe are three states of a drone, each with its age or its time to trigger.
"""

from __future__ import annotations

import math
from typing import Any

from dfr.errors import DfrError
from dfr.link.lost_link import ACTIONS
from dfr.link.mavlink import MavlinkVehicle
from dfr.operate.alerts import Alert, Cause, Level
from dfr.operate.fleet import Berth
from dfr.operate.incidents import CallState, Incident
from dfr.operate.onward import advised_drone
from dfr.operate.room import LiveShift
from dfr.operate.sortie import LAND_HERE, RECALLED, LiveSortie
from dfr.report.words import missed_words
from dfr.sim.dispatch import Case, Offer, standing
from dfr.sim.events import Missed, came
from dfr.sim.resources import FleetDrone

POSITION_STALE_S = 2.0
"""The vehicle is asked for its position ten times a second; one older than this is stale (assumed)."""

LEAVES_SOON_S = 120.0
"""A drone on scene that must leave within this is an advisory (assumed: a relief takes about as long)."""

ENDED_SHOWN = 30

COMMANDS = {RECALLED: "recall", LAND_HERE: "land"}
"""How the page asks for what turns a drone back (`dfr.operate.desk`)."""


def draw_board(shift: LiveShift) -> dict[str, Any]:
    """The whole shift as JSON."""
    field, now = shift.engine.field, shift.clock.now
    ended = [call for call in shift.calls.book.calls if call.state is CallState.ENDED]
    open_ = [call for call in shift.calls.book.calls if call.state is not CallState.ENDED]
    held = standing(field, now)
    return {
        "t_s": now,
        "simulated": shift.fleet.simulated,
        "held": missed_words(held) if held else "",
        "crew": {"in_use": field.crew.in_use, "allowed": field.crew.on_duty(now)},
        "second_yes": shift.setup.second_yes,
        "calls": [_call_row(shift, call) for call in [*open_, *ended[-ENDED_SHOWN:]]],
        "drones": [_drone_row(shift, drone) for drone in field.drones],
        "alerts": [_alert_row(alert, now) for alert in shift.alerts.standing],
        "traffic": [
            {"id": user.id, "rule": user.rule, "inbound": user.id in shift.traffic.visiting}
            for user in shift.setup.shift.inputs.traffic
        ],
    }


def _call_row(shift: LiveShift, call: Incident) -> dict[str, Any]:
    case = shift.calls.waiting_case(call.number)
    offers = [] if case is None else shift.engine.offers(case)
    zone = None if call.zone is None else shift.setup.world.scenario.demand.zones[call.zone]
    place = call.report.place.position
    return {
        "call": call.number,
        "agency": call.report.agency,
        "id": call.report.id,
        "kind": call.report.kind,
        "grade": shift.setup.shift.inputs.grades[call.grade].id,
        "graded": call.graded,
        "agency_says": call.report.status.value,
        "exercise": call.report.exercise,
        "text": call.report.text,
        "address": call.report.address,
        "at": None if place is None else [place.lon_deg, place.lat_deg],
        "uncertainty_m": call.report.place.uncertainty_m,
        "zone": None if zone is None else zone.name,
        "state": call.state.value,
        "ended": call.ended,
        "age_s": shift.clock.now - call.heard_s,
        "waits_for": "" if case is None else "a relief" if case.relief else "a drone",
        "offers": [_offer_row(shift, offer) for offer in offers],
        "onward": [] if case is None else _onward_rows(shift, case),
        "blocked": _blocked(shift, call, offers),
        "drones": [sortie.drone.id for sortie in shift.calls.sorties_to(call.number)],
    }


def _blocked(shift: LiveShift, call: Incident, offers: list[Offer]) -> str:
    """Why no drone can be sent to a call that waits; '' where one can, or none is wanted."""
    if call.state is CallState.ENDED:
        return ""
    if call.zone is None:
        return call.no_route
    case = shift.calls.waiting_case(call.number)
    if case is None or any(offer.drone for offer in offers):
        return ""
    return missed_words(shift.engine.blocked_by(case))


def _offer_row(shift: LiveShift, offer: Offer) -> dict[str, Any]:
    return {
        "dock": shift.setup.plan.sites[offer.dock].id,
        "drone": None if offer.drone is None else offer.drone.id,
        "overhead_s": offer.overhead_s,
        "reserve": offer.reserve_fraction,
        "blocked": _why_blocked(shift, offer),
    }


def _onward_rows(shift: LiveShift, case: Case) -> list[dict[str, Any]]:
    """What each drone in the air can do for a call, which call it would leave, and which the rule advises."""
    offers = shift.onward.offers(case)
    advised = advised_drone(shift.engine.field, offers, case, now=shift.clock.now)
    return [
        {
            "drone": offer.sortie.drone.id,
            "leaves": offer.sortie.case.call.id,
            "phase": offer.sortie.phase,
            "overhead_s": offer.overhead_s if math.isfinite(offer.overhead_s) else None,
            "reserve": offer.reserve_fraction,
            "advised": offer.sortie.drone.id == advised,
            "blocked": offer.blocked,
        }
        for offer in offers
    ]


def _why_blocked(shift: LiveShift, offer: Offer) -> str:
    """Why a dock can do nothing for a call; '' where it can. What grounds its drones is said."""
    if not offer.blocked:
        return ""
    words = missed_words(offer.blocked)
    grounds = [
        f"{drone.id}: {shift.grounded[drone.id]}"
        for drone in shift.engine.field.drones
        if drone.dock == offer.dock and drone_state(shift, drone) == "grounded"
    ]
    return f"{words} ({', '.join(grounds)})" if grounds and offer.blocked == Missed.NO_DRONE else words


def _drone_row(shift: LiveShift, drone: FleetDrone) -> dict[str, Any]:
    berth, sortie = shift.fleet.berths[drone.id], shift.engine.sortie_of(drone.id)
    vehicle = berth.vehicle
    state = None if vehicle is None else vehicle.state
    place = None if state is None else state.position
    away = sortie is not None and not came(sortie.landed_s)
    return {
        "drone": drone.id,
        "dock": shift.setup.plan.sites[drone.dock].id,
        "state": drone_state(shift, drone),
        "phase": sortie.phase if away and sortie is not None else "",
        "call": sortie.case.call.id if away and sortie is not None else None,
        "held": away and sortie is not None and sortie.held,
        "orders": [COMMANDS.get(order, order) for order in sortie.orders]
        if away and sortie is not None
        else [],
        "pilot": shift.pilots.get(drone.id, "") if away else "",
        "why_not": "" if away else shift.grounded.get(drone.id, ""),
        "ready_in_s": None if away else max(0.0, drone.ready_s - shift.clock.now),
        "battery": None if state is None else state.battery_remaining,
        "mode": None if state is None else state.mode_name,
        "armed": None if state is None else state.armed,
        "height_m": None if state is None else state.height_m_home,
        "at": None if place is None else [place.lon_deg, place.lat_deg],
        "failure": ""
        if sortie is None or not away or sortie.flight.failure is None
        else str(sortie.flight.failure),
        "link": _link_row(vehicle),
        "position_age_s": None if vehicle is None else berth.position_age_s(),
        "position_stale": vehicle is None or berth.position_age_s() > POSITION_STALE_S,
        "failsafe": _failsafe_row(berth),
    }


def drone_state(shift: LiveShift, drone: FleetDrone) -> str:
    """What a drone does, in a word: flying, preparing, charging, ready or grounded."""
    sortie = shift.engine.sortie_of(drone.id)
    if sortie is not None and not came(sortie.landed_s):
        if sortie.flight.failure is not None and sortie.flight.in_the_air:
            return "not ours"
        return "flying" if _is_up(sortie) else "preparing"
    if drone.id in shift.grounded:
        return "grounded"
    return "ready" if drone in shift.engine.field.ready[drone.dock] else "charging"


def _is_up(sortie: LiveSortie) -> bool:
    """Whether it has launched, or was found in the air."""
    return came(sortie.airborne_s) or sortie.flight.aloft


def _link_row(vehicle: MavlinkVehicle | None) -> dict[str, Any]:
    if vehicle is None:
        return {"heard": False, "silent_s": None}
    return {"heard": vehicle.heard, "silent_s": vehicle.silent_s}


def _failsafe_row(berth: Berth) -> dict[str, Any]:
    """What the aircraft does by itself without us, and in how many seconds from now."""
    vehicle, behaviour = berth.vehicle, berth.lost_link
    if vehicle is None or behaviour is None or behaviour.action is None:
        return {"known": False, "words": "what it does without us is not known", "triggers_in_s": None}
    if behaviour.action == 0:
        return {"known": True, "words": "it has no ground-station failsafe", "triggers_in_s": None}
    left_s = None
    if behaviour.timeout_s is not None and not vehicle.heard:
        left_s = max(0.0, behaviour.timeout_s - vehicle.silent_s * vehicle.pace)
    return {"known": True, "words": ACTIONS.get(behaviour.action, "RTL"), "triggers_in_s": left_s}


def _alert_row(alert: Alert, now: float) -> dict[str, Any]:
    return {
        "alert": alert.number,
        "level": alert.cause.level.value,
        "words": alert.cause.words,
        "drone": alert.cause.drone,
        "age_s": now - alert.since_s,
        "acknowledged": alert.acknowledged,
    }


# -- alerts --


def find_causes(shift: LiveShift) -> dict[str, Cause]:
    """What there is to be alerted of now."""
    causes: dict[str, Cause] = {}
    for sortie in shift.engine.sorties():
        if not came(sortie.landed_s) and _is_up(sortie):
            causes |= _flight_causes(shift, sortie)
    for drone in shift.before.unsettled:
        causes[f"unsettled/{drone}"] = Cause(
            level=Level.WARNING,
            words=f"{drone} was in the air when the shift stopped, and is not taken on: look for it",
            drone=drone,
        )
    for drone, why in shift.grounded.items():
        if drone_state(shift, _drone(shift, drone)) == "grounded":
            causes[f"grounded/{drone}"] = Cause(
                level=Level.ADVISORY, words=f"{drone} cannot be sent: {why}", drone=drone
            )
    for case in shift.engine.waiting:
        waited_s = shift.clock.now - case.heard_s
        target_s = shift.setup.shift.inputs.grades[case.call.grade].target_s
        if not case.relief and waited_s > target_s:
            causes[f"waits/{case.call.id}"] = Cause(
                level=Level.CAUTION,
                words=f"call {case.call.id} has waited longer than its target of {target_s:.0f} s",
            )
        elif case.relief:
            causes[f"relief/{case.call.id}"] = Cause(
                level=Level.ADVISORY, words=f"a relief for call {case.call.id} waits for a yes"
            )
    causes |= _log_causes(shift)
    for why in shift.calls.book.refusals:
        causes[f"full/{why}"] = Cause(
            level=Level.WARNING, words=f"{why}: new ones are refused until calls are closed"
        )
    for traffic in shift.traffic.visiting:
        known = shift.traffic.words.get(traffic, "")
        words = f"{traffic} is inbound" + (f" ({known})" if known else "")
        causes[f"traffic/{traffic}"] = Cause(level=Level.ADVISORY, words=words)
    return causes


def _log_causes(shift: LiveShift) -> dict[str, Cause]:
    """What of the shift's log, and of the packets of each drone, is not written down."""
    causes: dict[str, Cause] = {}
    if shift.unwritten:
        causes["unwritten"] = Cause(
            level=Level.WARNING,
            words=f"the log cannot be written ({shift.unwritten}): no call is taken and no drone sent",
        )
    for drone, berth in shift.fleet.berths.items():
        if berth.vehicle is not None and berth.vehicle.port.log_failure:
            words = f"{drone}: {berth.vehicle.port.log_failure}"
            causes[f"packets/{drone}"] = Cause(level=Level.ADVISORY, words=words, drone=drone)
    return causes


def _flight_causes(shift: LiveShift, sortie: LiveSortie) -> dict[str, Cause]:
    drone, flight = sortie.drone.id, sortie.flight
    berth = shift.fleet.berths[drone]
    vehicle = berth.vehicle
    found: dict[str, Cause] = {}
    if vehicle is None or not vehicle.heard:
        row = _failsafe_row(berth)
        then = f"; then by itself: {row['words']}" if row["known"] else f"; {row['words']}"
        found[f"link/{drone}"] = Cause(
            level=Level.WARNING, words=f"{drone}: LINK LOST in flight{then}", drone=drone
        )
    elif berth.position_age_s() > POSITION_STALE_S:
        found[f"position/{drone}"] = Cause(
            level=Level.CAUTION, words=f"{drone}: its position is old", drone=drone
        )
    if flight.failure is not None:
        found[f"ours/{drone}"] = Cause(
            level=Level.WARNING, words=f"{drone}: not ours to fly: {flight.failure}", drone=drone
        )
    elif flight.overdue:
        found[f"overdue/{drone}"] = Cause(
            level=Level.CAUTION, words=f"{drone}: {flight.overdue}", drone=drone
        )
    call = shift.calls.book.find(sortie.case.call.id)
    if not sortie.case.outcome and call.zone != sortie.zone:
        found[f"moved/{drone}"] = Cause(
            level=Level.CAUTION,
            words=f"{drone} flies to where call {call.number} was: it has moved",
            drone=drone,
        )
    if sortie.held:
        found[f"held/{drone}"] = Cause(
            level=Level.ADVISORY,
            words=f"{drone} is held where it is until somebody lets it go on",
            drone=drone,
        )
    if sortie.phase == "on_scene" and _endurance_s(sortie) < LEAVES_SOON_S:
        found[f"leaves/{drone}"] = Cause(
            level=Level.ADVISORY, words=f"{drone} must leave the scene soon", drone=drone
        )
    return found


def _endurance_s(sortie: LiveSortie) -> float:
    try:
        return sortie.flight.endurance_s()
    except DfrError:
        return math.inf


def _drone(shift: LiveShift, drone_id: str) -> FleetDrone:
    return next(drone for drone in shift.engine.field.drones if drone.id == drone_id)
