"""What a drone in the air can do for a call that waits (`onward_offers`), or why it is not sent on.

The rules are those of a launch (`dfr.sim.dispatch`): weather, traffic, our own drones, docks and crew at its
return, and energy. The reserve on return from the new scene must be proven: an unknown charge blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dfr.errors import InfeasibleError, InputError
from dfr.geo import Position
from dfr.mission.onward import Way
from dfr.operate.dispatcher import LiveEngine
from dfr.operate.fleet import LiveFleet
from dfr.operate.sortie import LiveSortie
from dfr.report.words import missed_words
from dfr.sim.dispatch import Case, DeploymentState, too_late
from dfr.sim.events import Missed, came
from dfr.sim.flight import Order
from dfr.sim.inputs import Condition, Leg
from dfr.sim.retask import InAir, choose_retask

WayOf = Callable[[LiveSortie, Case, Leg], Way | None]
"""What the way from where a drone is to a call takes; None where that is not known."""


class OnwardOffer(NamedTuple):
    """What a drone in the air can do for a call now: `leg` has its way there in place of the way out.

    `blocked` says why it cannot go, in words. `reserve_fraction` is what a full battery still has after the
    usual stay and the return, `stay_s` how long it could stay.
    """

    sortie: LiveSortie
    leg: Leg
    blocked: str
    overhead_s: float
    reserve_fraction: float | None
    stay_s: float


def advised_drone(
    field: DeploymentState, offers: Iterable[OnwardOffer], case: Case, *, now: float
) -> str | None:
    """The drone that the rule of the simulation would send on (`choose_retask`); None for none."""
    in_air = (
        InAir(
            drone=offer.sortie.drone.id,
            rank=None if offer.sortie.case.outcome else offer.sortie.case.rank,
            overhead_s=offer.overhead_s,
            stay_s=offer.stay_s,
            blocked=offer.blocked,
        )
        for offer in offers
    )
    left_s = field.inputs.grades[case.call.grade].target_s - (now - case.heard_s)
    least_s = field.inputs.min_on_scene_s
    chosen = choose_retask(in_air, rank=case.rank, within_s=left_s, min_stay_s=least_s)
    return None if chosen is None else chosen.drone


def onward_offers(
    field: DeploymentState, sorties: Iterable[LiveSortie], case: Case, *, way_of: WayOf, now: float
) -> list[OnwardOffer]:
    """What each drone in the air can do for a call, the soonest overhead first; none that is out to it."""
    condition = field.condition(now)
    found = []
    for sortie in sorties:
        up = came(sortie.airborne_s) and not came(sortie.landed_s)
        leg = condition.legs[sortie.dock][case.call.zone]
        if not up or leg is None or (sortie.case.call.id == case.call.id and not sortie.case.outcome):
            continue
        found.append(_offer_of(field, sortie, case, leg, way_of(sortie, case, leg), now=now))
    return sorted(found, key=lambda offer: (bool(offer.blocked), offer.overhead_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Retask:
    """A drone in the air that may be sent on: from where, leaving which call, and what it will have left."""

    order: Order
    here: Position
    leaves: int
    grade: str
    phase: str
    reserve: float
    leaves_id: str = ""


class OnwardDrones:
    """The drones of a shift that are in the air, for the calls that wait (in the shift's thread)."""

    def __init__(self, engine: LiveEngine, fleet: LiveFleet) -> None:
        self._engine, self._fleet = engine, fleet

    def offers(self, case: Case, *, path: Sequence[Position] = ()) -> list[OnwardOffer]:
        """What each can do for a call now, the soonest overhead first: along a path, or straight."""
        field = self._engine.field

        def way_of(sortie: LiveSortie, case: Case, leg: Leg) -> Way | None:
            order, here = sortie.order_for(sortie.number, case, leg), self._place_of(sortie.drone.id)
            if here is None:
                return None
            straight = (here, self._fleet.holds_at(order.dock, order.zone))
            return self._fleet.way_of(order, path or straight)

        return onward_offers(field, self._engine.sorties(), case, way_of=way_of, now=field.env.now)

    def find_offer(self, case: Case, drone: str, *, path: Sequence[Position] = ()) -> OnwardOffer:
        """What a drone can do for a call. Raises InputError or InfeasibleError where it cannot go."""
        offers = (each for each in self.offers(case, path=path) if each.sortie.drone.id == drone)
        offer = next(offers, None)
        if offer is None:
            raise InputError(f"{drone or 'no drone'} is not in the air, or flies there", do="choose another")
        if offer.blocked:
            raise InfeasibleError(f"{drone} cannot be sent on: {offer.blocked}", do="send another drone")
        return offer

    def plan_retask(self, case: Case, drone: str, *, path: Sequence[Position] = ()) -> Retask:
        """What a drone would be sent on with. Raises as `find_offer`, and where its return is not proven."""
        offer, here = self.find_offer(case, drone, path=path), self._place_of(drone)
        if offer.reserve_fraction is None or here is None:
            raise InfeasibleError(f"{drone}: its return is not proven", do="send another drone")
        sortie = offer.sortie
        return Retask(
            order=sortie.order_for(sortie.number, case, offer.leg),
            here=here,
            leaves=sortie.case.call.id,
            grade=self._engine.field.inputs.grades[sortie.case.call.grade].id,
            phase=sortie.phase.replace("_", " "),
            reserve=offer.reserve_fraction,
        )

    def _place_of(self, drone: str) -> Position | None:
        """Where a drone is; None where that is not known now."""
        vehicle = self._fleet.berths[drone].vehicle
        return vehicle.state.position if vehicle is not None and vehicle.heard else None


def _offer_of(
    field: DeploymentState, sortie: LiveSortie, case: Case, leg: Leg, way: Way | None, *, now: float
) -> OnwardOffer:
    if way is None:
        return OnwardOffer(sortie, leg, "nobody knows where it is", math.inf, None, 0.0)
    condition = field.condition(now)
    there = leg._replace(climb_s=0.0, out_s=way.seconds, out_wh=way.energy_wh)
    blocked = sortie.onward_block or _stands_against(field, sortie, case, there, now=now)
    spare_wh = sortie.flight.spare_wh(there, way_wh=there.out_wh)
    stay_s = spare_wh * 3600.0 / there.hover_w if there.hover_w > 0.0 else math.inf
    known = condition.battery_wh != math.inf
    reserve = _reserve_after(field, sortie, case, there, condition) if known else None
    return OnwardOffer(sortie, there, blocked, way.seconds, reserve, stay_s)


def _stands_against(field: DeploymentState, sortie: LiveSortie, case: Case, leg: Leg, *, now: float) -> str:
    """Why a drone that may be sent on cannot go to this call, in words; '' where it can."""
    dock, zone, drone, condition = sortie.dock, case.call.zone, sortie.drone.id, field.condition(now)
    late = too_late(field, leg, now + leg.out_s, drones=field.crew.in_use, now=now)
    reasons = (
        (bool(condition.hold), Missed.WEATHER + condition.hold),
        (bool(field.down[dock]), Missed.OUTAGE),
        (field.blocking(dock, zone) is not None, Missed.TRAFFIC),
        (field.own_in_way(dock, zone, besides=drone), Missed.OWN_DRONE),
        (bool(late), late),
    )
    for stands, reason in reasons:
        if stands:
            return missed_words(reason)
    return _short_words(field, sortie, leg, condition)


def _short_words(field: DeploymentState, sortie: LiveSortie, leg: Leg, condition: Condition) -> str:
    """Why its charge does not do for the way, the least stay and the return with its reserve."""
    if condition.battery_wh == math.inf:
        return "nobody knows its charge: the return with its reserve is not proven"
    spare_wh = sortie.flight.spare_wh(leg, way_wh=leg.out_wh, stay_s=field.inputs.min_on_scene_s)
    if spare_wh >= 0.0:
        return ""
    return f"{-spare_wh:.1f} Wh are missing for the way there, a stay and the return with its reserve"


def _reserve_after(
    field: DeploymentState, sortie: LiveSortie, case: Case, leg: Leg, condition: Condition
) -> float:
    stay_s = field.inputs.grades[case.call.grade].on_scene.median_s
    spare_wh = sortie.flight.spare_wh(leg, way_wh=leg.out_wh, stay_s=stay_s)
    return field.inputs.reserve_fraction + spare_wh / condition.battery_wh
