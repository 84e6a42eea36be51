"""Other traffic near the drones of a live shift, as receivers hear it: a real shift, drones that stand in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from dfr.geo import Position, VerticalDatum, offset
from dfr.io.incidents.report import IncidentReport, IncidentStatus, Place
from dfr.io.traffic.heard import HeardAircraft
from dfr.link.limits import TRAFFIC_CLEAR_S, WELL_CLEAR_ACROSS_M, WELL_CLEAR_HEIGHT_M
from dfr.link.traffic import CONTACT_KEPT_S
from dfr.link.vehicle import VehicleState
from dfr.operate.air_watch import AirWatch
from dfr.operate.board import draw_board, find_causes
from dfr.operate.fleet import LiveFleet
from dfr.operate.other_traffic import RECEIVER
from dfr.operate.room import LiveShift, ShiftSetup
from dfr.operate.sortie import RECALLED
from dfr.operate.story import NO_STORY, ShiftStory
from dfr.sim.events import NEVER, OUT, PREPARE
from dfr.store.shift_log import ShiftLog
from dfr.world.demand import zone_centres
from tests.operate.shifts import SCENARIO, shift_of
from tests.operate.test_room import START
from tests.shipped import plan_of, world_of

FIRST, SECOND = "castle-car-park/1", "naval-memorial/1"
GROUND_M = 5.0
AWAY_M = 3.0 * WELL_CLEAR_ACROSS_M
NEAR_M = 0.5 * WELL_CLEAR_ACROSS_M
LOOK_S = 1.0


@dataclass
class Receiver:
    """A receiver on the network: what it says, all its listeners hear."""

    listeners: list[Callable[[HeardAircraft], None]] = field(default_factory=list)

    def listen(self, heard: Callable[[HeardAircraft], None]) -> None:
        self.listeners.append(heard)

    def leave(self, heard: Callable[[HeardAircraft], None]) -> None:
        self.listeners.remove(heard)

    def say(self, aircraft: HeardAircraft) -> None:
        for heard in self.listeners:
            heard(aircraft)


class Drone:
    """A vehicle that is where it is put, and in the air once it was sent."""

    def __init__(self, position: Position) -> None:
        self.heard, self.silent_s, self.pace = True, 0.0, 1.0
        self.port = SimpleNamespace(listen=lambda heard: None, leave=lambda heard: None, log_failure="")
        self.state = VehicleState(
            t_s=100.0, armed=False, position=position, height_m_home=0.0, height_m_amsl=GROUND_M
        )

    def rise(self, height_m: float | None) -> None:
        """It is in the air at a height; None where it does not say at which."""
        amsl_m = None if height_m is None else GROUND_M + height_m
        self.state = replace(self.state, armed=True, height_m_home=height_m, height_m_amsl=amsl_m)


class Air:
    """A shift over drones that stand in, its clock theirs; `sorties` are those that are out."""

    def __init__(self, room: LiveShift, receiver: Receiver) -> None:
        self.room, self.receiver = room, receiver
        self.sorties: list[Any] = []
        self.turned_back: list[tuple[str, str]] = []
        self.drones: dict[str, Drone] = {}
        for name, site in room.fleet.docks_of_drones().items():
            self.drones[name] = Drone(site.position)
            room.fleet.berths[name].vehicle = self.drones[name]
            room.fleet.berths[name].problem = ""
        room.engine.sorties = lambda: list(self.sorties)
        room.engine.begin([], [])
        room.engine.tell_rows(lambda table, row: None)
        self.watch = AirWatch(room, [receiver])
        self.go_on(0.0)

    def send(self, drone: str, *, phase: str = OUT) -> None:
        """A drone is out, at the height of its route, or is made ready."""
        docks = list(self.room.fleet.docks_of_drones())
        dock = next(each.dock for each in self.room.engine.field.drones if each.id == drone)
        assert drone in docks
        if phase == OUT:
            self.drones[drone].rise(self.room.fleet.cruise_m(dock, 0))
        self.sorties.append(
            SimpleNamespace(
                drone=SimpleNamespace(id=drone),
                dock=dock,
                zone=0,
                phase=phase,
                airborne_s=self.room.clock.now if phase == OUT else NEVER,
                landed_s=NEVER,
                flight=SimpleNamespace(aloft=False, failure=None, overdue=""),
                look_at_energy=lambda: None,
                turn_back=lambda why: self.turned_back.append((drone, why)) or True,
            )
        )

    def go_on(self, seconds: float) -> None:
        """So much time goes by, and the shift looks."""
        for drone in self.drones.values():
            if drone.heard:
                drone.state = replace(drone.state, t_s=drone.state.t_s + seconds)
        self.room.clock.run(until=self.room.clock.timeout(0.999 * seconds))
        self.room._look()

    def hear(self, drone: str, away_m: float, **told: Any) -> None:
        """An aircraft is heard so far from a drone, level with it, and the shift looks."""
        self.receiver.say(aircraft_near(self.drones[drone], away_m, **told))
        self.go_on(LOOK_S)

    def hear_for(self, seconds: float, drone: str, away_m: float, **told: Any) -> None:
        for _ in range(round(seconds / LOOK_S)):
            self.hear(drone, away_m, **told)

    @property
    def announced_by(self) -> str:
        """Who announced what is inbound; '' where nothing is."""
        return next(iter(self.room.traffic.announced_by.values()), "")

    @property
    def words(self) -> str:
        """What the board's alert says of the traffic."""
        out, self.sorties = self.sorties, []
        causes = find_causes(self.room)
        self.sorties = out
        return " ".join(cause.words for key, cause in causes.items() if key.startswith("traffic/"))


def aircraft_near(drone: Drone, away_m: float, *, bearing_deg: float = 180.0, **told: Any) -> HeardAircraft:
    """An aircraft so far from a drone, to the south if not said, at its height above the sea."""
    assert drone.state.position is not None
    base = HeardAircraft(
        icao=0x400F01,
        name="HLE51",
        position=offset(drone.state.position, bearing_deg=bearing_deg, distance_m=away_m),
        height_m=drone.state.height_m_amsl,
        height_datum=VerticalDatum.AMSL,
        height_error_m=0.0,
        track_deg=None,
        speed_mps=None,
        climb_mps=None,
        accuracy_m=None,
        on_ground=False,
        source="sbs",
    )
    return replace(base, **told)


@pytest.fixture
def make_air(tmp_path):
    """Makes the air of a shift that goes on with a story."""
    world, plan = world_of(SCENARIO), plan_of(SCENARIO)
    shift = shift_of(2, START)
    setup = ShiftSetup(world=world, plan=plan, shift=shift, start=START)
    with ShiftLog(tmp_path / "shift") as log:

        def make(story: ShiftStory = NO_STORY) -> Air:
            fleet = LiveFleet(world, plan, ["udp:1", "udp:2"], tmp_path, simulated=True)
            LiveFleet.__mro__[1].serve(fleet, shift)
            return Air(LiveShift(setup, fleet, log, story=story), Receiver())

        yield make


@pytest.fixture
def air(make_air) -> Air:
    air = make_air()
    air.send(FIRST)
    return air


# -- in the air --


def test_traffic_that_comes_near_a_drone_in_the_air_is_announced_and_named(air):
    air.hear(FIRST, AWAY_M)
    assert not air.room.traffic.visiting
    air.hear(FIRST, NEAR_M)
    assert air.announced_by == RECEIVER
    assert "HLE51: 305 m away, 0 m in height" in air.words


def test_traffic_is_cleared_once_it_was_heard_farther_away_for_long_enough(air):
    air.hear(FIRST, NEAR_M)
    air.hear_for(TRAFFIC_CLEAR_S - LOOK_S, FIRST, AWAY_M)
    assert air.announced_by == RECEIVER
    air.hear_for(2.0 * LOOK_S, FIRST, AWAY_M)
    assert not air.room.traffic.visiting


def test_traffic_that_comes_back_before_that_stays_announced(air):
    air.hear(FIRST, NEAR_M)
    air.hear_for(TRAFFIC_CLEAR_S - 2.0 * LOOK_S, FIRST, AWAY_M)
    air.hear(FIRST, NEAR_M)
    air.hear_for(TRAFFIC_CLEAR_S - LOOK_S, FIRST, AWAY_M)
    assert air.announced_by == RECEIVER


def test_traffic_above_or_below_a_drone_counts_only_within_the_height(air):
    state = air.drones[FIRST].state
    air.hear(FIRST, NEAR_M, height_m=state.height_m_amsl + WELL_CLEAR_HEIGHT_M + 5.0)
    assert not air.room.traffic.visiting
    air.hear(FIRST, NEAR_M, height_m=state.height_m_amsl + WELL_CLEAR_HEIGHT_M - 5.0)
    assert air.announced_by == RECEIVER


def test_a_drone_that_holds_low_counts_from_the_height_it_means_to_climb_back_to(air):
    cruise_m = air.drones[FIRST].state.height_m_home
    air.hear(FIRST, NEAR_M)
    air.drones[FIRST].rise(20.0)
    above_m = GROUND_M + cruise_m + WELL_CLEAR_HEIGHT_M - 5.0
    air.hear_for(2.0 * TRAFFIC_CLEAR_S, FIRST, NEAR_M, height_m=above_m)
    assert air.announced_by == RECEIVER


def test_traffic_of_unknown_height_is_taken_to_be_at_the_drones_own(air):
    air.hear(FIRST, NEAR_M, height_m=None)
    assert air.announced_by == RECEIVER


def test_a_drone_of_unknown_height_has_all_traffic_at_its_own(air):
    air.drones[FIRST].rise(None)
    air.hear(FIRST, NEAR_M, height_m=3000.0)
    assert air.announced_by == RECEIVER


def test_a_pressure_height_counts_with_its_error_where_nobody_knows_the_qnh(air):
    state = air.drones[FIRST].state
    far_m = state.height_m_amsl + WELL_CLEAR_HEIGHT_M + 300.0
    air.hear(FIRST, NEAR_M, height_m=far_m, height_datum=VerticalDatum.FLIGHT_LEVEL)
    assert air.announced_by == RECEIVER


def test_what_a_person_announced_no_receiver_clears(air):
    traffic = air.room.setup.shift.inputs.traffic[0].id
    air.hear(FIRST, NEAR_M)
    air.room.traffic.announce(traffic, by="Sam")
    air.hear_for(3.0 * TRAFFIC_CLEAR_S, FIRST, AWAY_M)
    assert air.announced_by == "Sam"
    air.room.traffic.clear(traffic, by="Sam")
    assert not air.room.traffic.visiting


def test_what_a_person_clears_is_announced_again_while_it_is_near(air):
    air.hear(FIRST, NEAR_M)
    air.room.traffic.clear(next(iter(air.room.traffic.visiting)), by="Sam")
    air.hear(FIRST, NEAR_M)
    assert air.announced_by == RECEIVER


def test_traffic_that_falls_silent_near_a_drone_is_not_taken_to_be_gone(air):
    air.hear(FIRST, NEAR_M)
    for _ in range(10):
        air.go_on(CONTACT_KEPT_S)
    assert air.announced_by == RECEIVER
    assert "HLE51, or a drone, is no longer heard: whether it is near is not known" in air.words


def test_traffic_that_was_silent_is_cleared_once_it_is_heard_far_away(air):
    air.hear(FIRST, NEAR_M)
    for _ in range(4):
        air.go_on(CONTACT_KEPT_S)
    air.hear_for(2.0 * LOOK_S, FIRST, AWAY_M)
    assert not air.room.traffic.visiting


def test_traffic_that_is_heard_on_the_ground_is_gone(air):
    air.hear(FIRST, NEAR_M)
    air.hear_for(TRAFFIC_CLEAR_S + LOOK_S, FIRST, NEAR_M, on_ground=True)
    assert not air.room.traffic.visiting


def test_nothing_is_cleared_while_nobody_knows_where_a_drone_in_the_air_is(air):
    air.hear(FIRST, NEAR_M)
    air.drones[FIRST].heard = False
    air.hear_for(3.0 * TRAFFIC_CLEAR_S, SECOND, AWAY_M)
    assert air.announced_by == RECEIVER
    air.drones[FIRST].heard = True
    air.hear_for(2.0 * TRAFFIC_CLEAR_S, FIRST, AWAY_M)
    assert not air.room.traffic.visiting


def test_a_place_that_was_heard_long_ago_announces_nothing(air):
    air.receiver.say(aircraft_near(air.drones[FIRST], NEAR_M))
    for drone in air.drones.values():
        drone.state = replace(drone.state, t_s=drone.state.t_s + CONTACT_KEPT_S + 1.0)
    air.room._look()
    assert not air.room.traffic.visiting


def test_the_echo_of_our_own_transponder_is_no_traffic(air):
    air.room.fleet.berths[SECOND].icao = 0x400F01
    air.hear(FIRST, NEAR_M)
    assert not air.room.traffic.visiting
    air.hear(FIRST, NEAR_M, icao=0x400F02)
    assert air.announced_by == RECEIVER


def test_of_two_that_are_near_both_must_be_away(air):
    air.hear(FIRST, NEAR_M)
    air.hear(FIRST, NEAR_M, icao=0x400F02, name="GABCD")
    for _ in range(round(2.0 * TRAFFIC_CLEAR_S)):
        air.receiver.say(aircraft_near(air.drones[FIRST], AWAY_M))
        air.hear(FIRST, NEAR_M, icao=0x400F02, name="GABCD")
    assert air.announced_by == RECEIVER
    air.hear_for(TRAFFIC_CLEAR_S + LOOK_S, FIRST, AWAY_M, icao=0x400F02, name="GABCD")
    assert not air.room.traffic.visiting


def test_traffic_that_flies_on_from_one_drone_to_another_stays_announced(air):
    air.send(SECOND)
    air.hear(FIRST, NEAR_M)
    air.hear_for(3.0 * TRAFFIC_CLEAR_S, SECOND, NEAR_M, bearing_deg=0.0)
    assert air.announced_by == RECEIVER


def test_what_a_receiver_announced_before_a_restart_a_person_clears(make_air):
    air = make_air()
    traffic = air.room.setup.shift.inputs.traffic[0].id
    air.room.traffic.announce(traffic, by=RECEIVER)
    air.send(FIRST)
    air.hear_for(3.0 * TRAFFIC_CLEAR_S, FIRST, AWAY_M)
    assert air.announced_by == RECEIVER
    air.room.traffic.clear(traffic, by="Sam")
    assert not air.room.traffic.visiting


# -- in the dock --


def report_call(air: Air) -> int:
    """A call at a place that both drones reach."""
    place = zone_centres(air.room.setup.world.scenario)["castle-stage"]
    report = IncidentReport(
        agency="HC", id="1", time=START, status=IncidentStatus.OPEN, place=Place(position=place)
    )
    incident, _ = air.room.calls.receive(report, by="Cad")
    assert incident is not None
    return incident.number


def offers_by_dock(air: Air, call: int) -> dict[str, dict[str, Any]]:
    row = next(row for row in draw_board(air.room)["calls"] if row["call"] == call)
    return {offer["dock"]: offer for offer in row["offers"]}


def test_a_drone_in_its_dock_is_not_offered_while_traffic_is_near_and_the_offer_says_why(make_air):
    air = make_air()
    call = report_call(air)
    dock = FIRST.split("/")[0]
    assert offers_by_dock(air, call)[dock]["drone"] == FIRST
    air.hear(FIRST, NEAR_M, height_m=GROUND_M + 100.0)
    air.go_on(LOOK_S)
    offer = offers_by_dock(air, call)[dock]
    assert offer["drone"] is None
    assert "castle-car-park/1: traffic near: HLE51: 305 m away" in offer["blocked"]
    assert not air.room.traffic.visiting  # no drone is in the air: nobody has to give way


def test_a_drone_is_offered_again_once_the_traffic_is_away(make_air):
    air = make_air()
    call = report_call(air)
    air.hear(FIRST, NEAR_M)
    air.go_on(LOOK_S)
    air.hear_for(2.0 * LOOK_S, FIRST, AWAY_M)
    assert offers_by_dock(air, call)[FIRST.split("/")[0]]["drone"] == FIRST


def test_traffic_counts_in_the_dock_up_to_the_height_that_the_drone_would_climb_to(make_air):
    air = make_air()
    call = report_call(air)
    highest_m = air.room.fleet.highest_m(FIRST)
    dock = FIRST.split("/")[0]
    for above_m, offered in ((5.0, True), (-5.0, False)):
        height_m = GROUND_M + highest_m + WELL_CLEAR_HEIGHT_M + above_m
        air.hear(FIRST, NEAR_M, height_m=height_m)
        air.go_on(LOOK_S)
        assert (offers_by_dock(air, call)[dock]["drone"] == FIRST) is offered


def test_a_launch_that_is_prepared_is_called_off_when_traffic_comes_near(make_air):
    air = make_air()
    air.send(FIRST, phase=PREPARE)
    air.hear(FIRST, AWAY_M)
    assert not air.turned_back
    air.hear(FIRST, NEAR_M)
    assert air.turned_back == [(FIRST, RECALLED)]
