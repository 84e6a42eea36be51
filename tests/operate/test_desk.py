"""The desk of a shift: a yes is for one flight, for a short time, and only while the plan is a go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dfr.errors import InputError, NonCompliantError
from dfr.mission.compile import compile_dispatch
from dfr.operate import desk as desk_module
from dfr.operate.approval import Approvals
from dfr.operate.desk import ASKED_S, Desk
from dfr.operate.people import Person, Role
from tests.go.deployments import DAY, Place, air_files, planned, ready

FENLAND = Place(name="show", lat_deg=53.05, lon_deg=-0.30, zone="Europe/London", country="uk")
NOON = datetime(DAY.year, DAY.month, DAY.day, 11, 30, tzinfo=UTC)
PILOT = Person(name="Pia", role=Role.PILOT, until=NOON + timedelta(hours=9), token_sha256="")
LEAD = Person(name="Lee", role=Role.LEAD, until=NOON + timedelta(hours=9), token_sha256="")


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    """A deployment of real drones that may be flown on its day."""
    return planned(tmp_path_factory.mktemp("go"), ready(FENLAND), air_files(FENLAND))


class Shift:
    """What a desk asks of a shift with one call and one drone that is ready, with no vehicle behind it."""

    def __init__(self, world: Any, plan: Any) -> None:
        self.world, self.plan = world, plan
        self.done: list[str] = []
        self.setup = SimpleNamespace(world=world, plan=plan, second_yes=False)
        self.fleet = SimpleNamespace(
            simulated=False,
            planned_mission=self._mission,
            onward_path=lambda order, here: (here,),
            check_onward=lambda order, path: None,
            onward=lambda order, path: None,
        )
        self.higher_m = 0.0
        report = SimpleNamespace(exercise=False, id="1", agency="HC", place="the bridge", status="open")
        call = SimpleNamespace(number=0, report=report, zone=0, state="open")
        self.calls = SimpleNamespace(
            book=SimpleNamespace(find=lambda number: call),
            waiting_case=lambda number: SimpleNamespace(call=call),
        )
        offer = SimpleNamespace(dock=0, drone=SimpleNamespace(id="dock/1"), overhead_s=60.0)
        self.engine = SimpleNamespace(offers=lambda case: [offer])
        self.clock = SimpleNamespace(ask=lambda do: do())

    def _mission(self, site_id: str, zone_id: str) -> Any:
        mission = compile_dispatch(self.world, self.plan, site_id=site_id, zone_id=zone_id)
        first, *rest = mission.items
        return replace(mission, items=(first, *(replace(one, z_m=one.z_m + self.higher_m) for one in rest)))

    def on_look(self, look: Callable[[], None]) -> None:
        """The desk looks never."""

    def send(self, number: int, drone: str, *, by: str, second: str) -> None:
        """A drone is sent."""
        self.done.append(f"{drone} by {by}")

    def plan_retask(self, number: int, drone: str, *, path: Any = ()) -> Any:
        """The drone may be sent on."""
        order = SimpleNamespace(dock=0, zone=0, leg=SimpleNamespace(out_s=60.0))
        return SimpleNamespace(
            order=order, here=None, leaves=1, leaves_id="2", grade="routine", phase="on scene", reserve=0.5
        )

    def send_on(self, number: int, drone: str, *, leaves: int, by: str, second: str) -> None:
        """A drone is sent on."""
        self.done.append(f"{drone} by {by}")

    def end(self) -> None:
        """The shift ends."""
        self.done.append("end")


@pytest.fixture(params=["dispatch", "retask"])
def ask(request) -> Callable[[Desk], str]:
    """Asks whether the drone is to fly to the call: from its dock, or from where it is in the air."""
    return lambda desk: str(desk.ask(PILOT, request.param, call=0, drone="dock/1")["key"])


def test_a_real_drone_is_sent_while_the_plan_is_a_go(go, ask):
    shift = Shift(*go)
    desk = Desk(shift, now=lambda: NOON)
    assert desk.confirm(PILOT, ask(desk))["done"]
    assert shift.done == ["dock/1 by Pia"]


def test_no_real_drone_is_offered_for_a_yes_where_the_plan_is_no_go(go, ask):
    shift = Shift(*go)
    desk = Desk(shift, now=lambda: NOON - timedelta(days=40))
    with pytest.raises(NonCompliantError):
        ask(desk)
    assert shift.done == []


def test_no_real_drone_is_offered_for_a_yes_where_its_planned_flight_is_not_sound(go, ask):
    shift = Shift(*go)
    shift.higher_m = 400.0
    with pytest.raises(NonCompliantError):
        ask(Desk(shift, now=lambda: NOON))
    assert shift.done == []


def test_a_go_that_ends_between_the_question_and_the_yes_sends_nothing(go, ask):
    moments = [NOON, NOON + timedelta(days=2)]
    shift = Shift(*go)
    desk = Desk(shift, now=lambda: moments.pop(0))
    key = ask(desk)
    with pytest.raises(NonCompliantError):
        desk.confirm(PILOT, key)
    assert shift.done == []


def test_a_question_can_be_confirmed_once_and_for_a_short_time_only(go, monkeypatch):
    time_s = [100.0]
    monkeypatch.setattr(desk_module, "now_s", lambda: time_s[0])
    shift = Shift(*go)
    desk = Desk(shift, now=lambda: NOON)
    late = str(desk.ask(LEAD, "end")["key"])
    time_s[0] += ASKED_S + 0.1
    with pytest.raises(InputError, match="can no longer be confirmed, nothing was done"):
        desk.confirm(LEAD, late)
    assert shift.done == []
    soon = str(desk.ask(LEAD, "end")["key"])
    desk.confirm(LEAD, soon)
    with pytest.raises(InputError, match="can no longer be confirmed"):
        desk.confirm(LEAD, soon)
    assert shift.done == ["end"]


def test_a_yes_sends_one_drone_once():
    approvals, case, drone = Approvals(), object(), SimpleNamespace(id="dock/1")
    approvals.give(case, "dock/1")
    assert approvals(None, case, iter([(drone, None)])) is drone
    assert approvals(None, case, iter([(drone, None)])) is None
