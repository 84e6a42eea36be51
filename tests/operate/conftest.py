"""The dispatcher of a live shift over flights of the model: no vehicle, no wall clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import simpy

from dfr.errors import LinkError
from dfr.operate.approval import Approvals
from dfr.operate.clock import LiveClock
from dfr.operate.dispatcher import LiveEngine
from dfr.operate.sortie import HANDS_OFF
from dfr.sim.calls import LANDING_DRAWS, Call
from dfr.sim.dispatch import Case
from dfr.sim.flight import HOLD, OUT, ModelFlight, ModelFlights, Order
from dfr.sim.inputs import Condition, DockPlace, Duty, Grade, Landing, Leg, SimInputs, Traffic, ZoneDemand
from dfr.sim.randomness import Spread

LEG = Leg(climb_s=20.0, out_s=40.0, back_s=50.0, land_s=30.0, out_wh=6.0, home_wh=8.0, hover_w=360.0)
FARTHER = LEG._replace(out_s=90.0)


class PreparedModelFlight(ModelFlight):
    """A flight of the model that takes 25 s to be made ready, unless its vehicle refuses."""

    __slots__ = ("_cut", "_room", "aloft", "failure", "may_stop", "may_turn", "overdue", "refused_onward")

    def __init__(self, flights: ModelFlights, order: Order, room: Room) -> None:
        super().__init__(flights, order)
        self.failure: LinkError | None = None
        self.overdue = self.refused_onward = ""
        self.may_stop = self.may_turn = True
        self._room, self.aloft = room, order.drone in room.aloft
        self._cut = room.env.event()

    def prepare(self) -> simpy.Event:
        """Ready after 25 s; a refusal comes after 10 s."""
        env = self._room.env
        if self._order.drone in self._room.refusing:
            env.timeout(10.0).callbacks.append(lambda _: self._refuse())
            return env.event()
        return env.timeout(25.0)

    def call_off(self) -> simpy.Event:
        """At once."""
        return self._room.env.timeout(0.0)

    def fly_on(self, order: Order) -> simpy.Event:
        """After 10 s of hover, unless its vehicle refuses."""
        self._book_energy()
        self.refused_onward = "the vehicle refused" if order.drone in self._room.refusing else ""
        self._order, self._used_wh = order, 0.0
        self._left_s = [0.0 for _ in self._left_s]
        self._left_s[OUT] = order.leg.out_s
        return self._begin_phase(HOLD, 10.0)

    def endurance_s(self) -> float:
        """By the model, less what it draws beyond it."""
        return max(0.0, super().endurance_s() - self._room.short_s)

    def hold_low(self, seconds: float) -> simpy.Event | None:
        """Hovers, until its energy is short."""
        self._cut = self._room.env.event()
        waiting = super().hold_low(seconds)
        return None if waiting is None else waiting | self._cut

    def end_hold_low(self) -> None:
        """At once."""
        self._cut.succeed()

    def stay_here(self) -> simpy.Event | None:
        """Hovers, for as long as its energy allows."""
        return self.hold(self.endurance_s())

    def spare_wh(self, leg: Leg, *, way_wh: float = 0.0, stay_s: float = 0.0) -> float:
        """By the model."""
        needed_wh = way_wh + leg.hover_w * stay_s / 3600.0 + leg.home_wh
        return self._order.energy_wh - self._order.reserve_wh - self.used_wh() - needed_wh

    def _refuse(self) -> None:
        self.failure = LinkError("the vehicle refused")
        sortie = self._room.engine.sortie_of(self._order.drone)
        assert sortie is not None
        sortie.turn_back(HANDS_OFF)


class Room:
    """An engine over two docks, its clock moved on by hand."""

    def __init__(self, inputs: SimInputs, *, stand_in: str | None = None) -> None:
        self.time_s = 0.0
        self.env = LiveClock(lambda: self.time_s)
        self.refusing: set[str] = set()
        self.aloft: set[str] = set()
        self.short_s = 0.0
        self.ended: list[Case] = []
        self.rows: list[dict[str, object]] = []
        self.on_waiting: Callable[[Case], None] = lambda case: None
        self.approvals = Approvals(stand_in=stand_in)
        self.engine = LiveEngine(
            replace(inputs, dispatch=self.approvals),
            self.env,
            lambda env, field: self,
            self.approvals,
            ended=self.ended.append,
            wanted=lambda case: case.call.id not in {each.call.id for each in self.ended},
            waits_again=self._waits_again,
        )
        self._model = ModelFlights(self.env, self.engine.field.condition, 0, 0.0)
        self.engine.tell_rows(self._note_row)
        self.engine.begin([], [])
        self._calls = 0

    def _note_row(self, table: str, row: Mapping[str, object]) -> None:
        if table == "flights":
            self.rows.append(dict(row))

    def _waits_again(self, case: Case) -> None:
        self.on_waiting(case)

    def begin(self, order: Order) -> PreparedModelFlight:
        """A flight, as `dfr.sim.flight.Flights` makes it."""
        return PreparedModelFlight(self._model, order, self)

    def pass_time(self, seconds: float) -> None:
        """Let so much time go by."""
        self.time_s += seconds
        self.env.run(until=self.time_s)

    def call(self, *, stay_s: float = float("inf")) -> Case:
        """A call comes in now."""
        number, self._calls = self._calls, self._calls + 1
        return self.engine.hear_call(
            Call(
                id=number, t_s=self.env.now, zone=0, grade=0, decision_s=0.0, launch_s=25.0, video_s=5.0,
                patience_s=float("inf"), on_scene_s=stay_s, ground_s=float("nan"), recovery_s=0.0,
                landing=(0.5,) * LANDING_DRAWS,
            )
        )  # fmt: skip


@pytest.fixture
def inputs() -> SimInputs:
    """Two docks with a drone each, one zone; a helicopter that drones come home for."""
    legs = ((LEG,), (FARTHER,))
    always = (0.0, 36000.0)
    return SimInputs(
        scenario="test",
        hour_edges_s=always,
        rates_per_s=(0.0,),
        rate_cv=0.0,
        zones=(ZoneDemand(id="square", share=1.0, ground_travel_s=100.0),),
        grades=(
            Grade(
                id="urgent",
                rank=0,
                share=1.0,
                target_s=150.0,
                patience=Spread.constant(900.0),
                on_scene=Spread.constant(120.0),
            ),
        ),
        decision=Spread.constant(0.0),
        launch=Spread.constant(25.0),
        video=Spread.constant(5.0),
        ground_mobilisation=Spread.constant(60.0),
        docks=(DockPlace(id="east", drones=1), DockPlace(id="west", drones=1)),
        conditions=(Condition(hold="", legs=legs, nearest=((0, 1),), landing=Landing(), battery_wh=100.0),),
        condition_of_hour=(0,),
        duties=(Duty(start_s=0.0, end_s=36000.0, drones=2, remote_pilots=2, safety_pilots=2),),
        traffic=(
            Traffic(
                id="helicopter",
                rule="return",
                rates_per_s=(0.0,),
                stay=Spread.constant(60.0),
                notice_s=0.0,
                blocks=((True,), (True,)),
            ),
        ),
        reserve_fraction=0.2,
        overwatch=True,
        handover_s=30.0,
        min_on_scene_s=30.0,
    )


@pytest.fixture
def make_room(inputs: SimInputs) -> Callable[..., Room]:
    """Makes a room; keywords change its deployment."""

    def make(*, stand_in: str | None = None, **changes: Any) -> Room:
        return Room(replace(inputs, **changes), stand_in=stand_in)

    return make
