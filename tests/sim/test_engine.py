"""What the control room, the drones and the docks do with a few calls of known times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from dfr.scenario.model import DispatchPolicy
from dfr.scenario.policing import BurstFigures, Policing
from dfr.sim import events
from dfr.sim.build import PARTS, failure_rate
from dfr.sim.calls import Call, Visit
from dfr.sim.engine import Engine, model_flights, replicate
from dfr.sim.event_log import to_tables
from dfr.sim.events import Missed
from dfr.sim.inputs import (
    Condition,
    DockPlace,
    Duty,
    Grade,
    Landing,
    Leg,
    SimInputs,
    Traffic,
    Turnaround,
    ZoneDemand,
)
from dfr.sim.randomness import Spread

from ..examples import examples

SLOW_CHARGE = Turnaround(ready_fraction=0.9, to_ready_s=(1000.0,) * 101, to_full_s=(1500.0,) * 101)


def run(inputs: SimInputs, calls: list[Call], visits: list[Visit] | None = None) -> dict[str, list[Any]]:
    """The records of given calls and visits."""
    return Engine(inputs, simpy.Environment(), model_flights).run(calls, visits or []).named()


def the(records: list[Any], call: int) -> Any:
    """The record of a call."""
    return next(record for record in records if record.call == call)


def test_the_clocks_of_one_call_add_up(deployment: SimInputs, call: Callable[..., Call]) -> None:
    log = run(deployment, [call(0, 100.0)])
    record = log["calls"][0]
    assert record.decided_s == 110.0
    assert record.dispatched_s == 110.0
    assert record.airborne_s == 135.0
    assert record.overhead_s == 195.0
    assert record.video_s == 200.0
    assert record.on_scene_s == 300.0
    assert record.ended_s == 495.0
    assert (record.outcome, record.reason) == (events.FIRST, "")
    flight = log["flights"][0]
    assert flight.landed_s == 495.0 + 80.0
    assert flight.landing == events.DOCKED
    assert flight.energy_wh == pytest.approx(6.0 + 30.0 + 8.0)
    assert flight.reserve_fraction == pytest.approx(0.56)


def test_officers_who_are_there_sooner_make_it_attended_not_first(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(deployment, [call(0, 100.0, ground_s=190.0)])
    assert log["calls"][0].outcome == events.ATTENDED


def test_the_next_call_waits_for_the_drone_and_then_goes_by_rank(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    calls = [call(0, 100.0), call(1, 110.0, grade=1, patience_s=5000.0), call(2, 120.0)]
    log = run(deployment, calls)
    landed = the(log["flights"], 0).landed_s
    assert the(log["calls"], 2).dispatched_s == landed
    assert the(log["calls"], 1).dispatched_s == the(log["flights"], 2).landed_s


def test_a_caller_gives_up_when_no_drone_comes_free(deployment: SimInputs, call: Callable[..., Call]) -> None:
    log = run(deployment, [call(0, 100.0), call(1, 110.0, patience_s=200.0)])
    record = the(log["calls"], 1)
    assert (record.outcome, record.reason) == (events.MISSED, Missed.NO_DRONE)
    assert record.ended_s == 310.0


def test_a_caller_who_gives_up_before_the_decision_says_so(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(deployment, [call(0, 100.0, patience_s=5.0)])
    assert log["calls"][0].reason == Missed.BEFORE_DECISION


def test_the_drone_charges_before_it_is_offered_again(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(
        replace(deployment, turnaround=SLOW_CHARGE), [call(0, 100.0), call(1, 500.0, patience_s=9000.0)]
    )
    assert the(log["calls"], 1).dispatched_s == the(log["flights"], 0).landed_s + 1000.0
    assert the(log["flights"], 1).reserve_fraction == pytest.approx(0.9 - 0.44)


def test_the_nearest_ready_drone_goes(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    two = replace(
        deployment,
        docks=(DockPlace(id="far", drones=1), DockPlace(id="near", drones=1)),
        conditions=(condition(((leg._replace(out_s=90.0),), (leg,))),),
    )
    log = run(two, [call(0, 100.0), call(1, 101.0)])
    assert [flight.dock for flight in log["flights"]] == ["near", "far"]


def test_a_drone_without_the_energy_is_passed_over(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    thirsty = leg._replace(out_wh=60.0, home_wh=30.0)
    two = replace(
        deployment,
        docks=(DockPlace(id="near", drones=1), DockPlace(id="far", drones=1)),
        conditions=(condition(((thirsty,), (leg._replace(out_s=90.0),))),),
        reserve_fraction=0.2,
    )
    assert run(two, [call(0, 100.0)])["flights"][0].dock == "far"
    only = replace(two, docks=two.docks[:1], conditions=(condition(((thirsty,),)),))
    assert run(only, [call(0, 100.0)])["calls"][0].reason == Missed.ENERGY


def test_the_stay_ends_while_the_reserve_is_still_there(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(replace(deployment, reserve_fraction=0.25), [call(0, 100.0, on_scene_s=5000.0)])
    flight = log["flights"][0]
    assert flight.cut_by == events.CUT_ENERGY
    assert flight.on_scene_s == pytest.approx((100.0 - 25.0 - 6.0 - 8.0) / 0.1)
    assert flight.reserve_fraction == pytest.approx(0.25)
    assert log["calls"][0].outcome == events.FIRST


def test_a_zone_nobody_can_reach_is_missed_as_unreachable(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition]
) -> None:
    log = run(replace(deployment, conditions=(condition(((None,),)),)), [call(0, 100.0)])
    assert log["calls"][0].reason == Missed.UNREACHABLE


def test_docks_shut_by_weather_keep_calls_waiting_until_they_open(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    shut = condition(((leg,),), hold="landing_wind")
    inputs = replace(
        deployment,
        conditions=(shut, *deployment.conditions),
        condition_of_hour=(0, *(1,) * 9),
    )
    log = run(inputs, [call(0, 100.0), call(1, 3400.0)])
    assert the(log["calls"], 0).reason == "weather_landing_wind"
    assert the(log["calls"], 1).dispatched_s == 3600.0
    assert log["weather"][0] == ("landing_wind", 0.0, 3600.0)


def test_no_drone_is_sent_that_could_not_land_before_the_docks_shut(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    shut = condition(((leg,),), hold="gust")
    inputs = replace(
        deployment,
        conditions=(shut, *deployment.conditions),
        condition_of_hour=(1, 0, *(1,) * 8),
        min_on_scene_s=60.0,
    )
    log = run(inputs, [call(0, 3000.0), call(1, 3500.0)])
    early, late = log["flights"][0], the(log["calls"], 1)
    assert early.landed_s <= 3600.0
    assert late.reason == "weather_gust"


def test_a_stay_is_cut_to_be_home_before_the_docks_shut(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    shut = condition(((leg,),), hold="gust")
    inputs = replace(
        deployment, conditions=(shut, *deployment.conditions), condition_of_hour=(1, 0, *(1,) * 8)
    )
    flight = run(inputs, [call(0, 3200.0)])["flights"][0]
    assert flight.cut_by == events.CUT_HOME_BY
    assert flight.landed_s == pytest.approx(3600.0)


def test_the_crew_limits_how_many_fly_at_once(deployment: SimInputs, call: Callable[..., Call]) -> None:
    duty = replace(deployment.duties[0], drones=1)
    inputs = replace(deployment, docks=(DockPlace(id="east", drones=3),), duties=(duty,))
    log = run(inputs, [call(0, 100.0), call(1, 101.0, patience_s=60.0)])
    assert the(log["calls"], 1).reason == Missed.CREW_BUSY


def test_where_the_crew_drops_only_as_many_are_recalled_as_must_be(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    """Three drones out, two pilots left: the one sent last comes home; without the policy all three do."""
    duties = (
        Duty(start_s=0.0, end_s=99999.0, drones=2, remote_pilots=2, safety_pilots=2),
        Duty(start_s=0.0, end_s=600.0, drones=1, remote_pilots=1, safety_pilots=1),
    )
    inputs = replace(deployment, docks=(DockPlace(id="east", drones=3),), duties=duties)
    calls = [call(number, 100.0 + number, on_scene_s=500.0) for number in range(3)]
    all_home = run(inputs, calls)["flights"]
    assert [flight.landed_s for flight in all_home] == pytest.approx([600.0] * 3)
    few = run(replace(inputs, policing=Policing(recall_few=True)), calls)["flights"]
    assert [flight.cut_by for flight in few] == ["", "", events.CUT_HOME_BY]
    assert few[2].landed_s == pytest.approx(600.0)
    assert all(flight.on_scene_s == pytest.approx(500.0) for flight in few[:2])


def test_outside_the_shifts_nobody_flies_and_flights_end_with_them(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    duty = Duty(start_s=1000.0, end_s=2000.0, drones=1, remote_pilots=1, safety_pilots=1)
    inputs = replace(deployment, duties=(duty,))
    log = run(inputs, [call(0, 50.0, patience_s=100.0), call(1, 1600.0), call(2, 1900.0)])
    assert the(log["calls"], 0).reason == Missed.NO_CREW
    assert the(log["flights"], 1).landed_s <= 2000.0
    assert the(log["calls"], 2).outcome == events.MISSED


def _traffic(rule: str) -> Traffic:
    return Traffic(
        id="helicopter",
        rule=rule,
        rates_per_s=(0.0,) * 10,
        stay=Spread.constant(0.0),
        notice_s=0.0,
        blocks=((True,),),
        yield_s=20.0,
    )


def test_a_drone_on_scene_holds_low_until_the_helicopter_is_gone_and_then_finishes(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("hold_low"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 250.0, 280.0, 400.0)])
    flight, record = log["flights"][0], log["calls"][0]
    assert flight.yielded_s == pytest.approx(150.0 + 20.0)
    assert record.on_scene_s == pytest.approx(300.0)
    assert record.ended_s == pytest.approx(495.0 + 170.0)
    assert flight.energy_wh == pytest.approx(44.0 + 17.0)
    assert log["yields"][0][:4] == (0, "helicopter", "hold_low", events.ON_SCENE)


def test_a_drone_still_holding_low_at_the_horizon_was_on_scene_only_before(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    endless = condition(((leg,),), battery_wh=math.inf)
    inputs = replace(deployment, traffic=(_traffic("hold_low"),), conditions=(endless,))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 250.0, 280.0, 2 * deployment.horizon_s)])
    record = the(log["calls"], 0)
    assert record.on_scene_s == pytest.approx(250.0 - record.overhead_s)


def test_a_hold_that_goes_on_at_the_horizon_is_on_record_up_to_there(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    endless = condition(((leg,),), battery_wh=math.inf)
    inputs = replace(deployment, traffic=(_traffic("hold_low"),), conditions=(endless,))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 250.0, 280.0, 2 * deployment.horizon_s)])
    held_s = deployment.horizon_s - 250.0
    assert log["yields"] == [(0, "helicopter", "hold_low", events.ON_SCENE, 250.0, deployment.horizon_s)]
    assert log["flights"][0].yielded_s == held_s


def test_a_drone_that_runs_low_while_holding_goes_home(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("hold_low"),), reserve_fraction=0.5)
    log = run(inputs, [call(0, 100.0)], [Visit(0, 150.0, 160.0, 9000.0)])
    assert log["calls"][0].reason == Missed.RECALLED
    assert log["flights"][0].reserve_fraction >= 0.49


def test_launches_wait_for_traffic_and_one_under_way_is_called_off(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("hold_low"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 120.0, 150.0, 400.0)])
    assert log["calls"][0].dispatched_s == 400.0
    assert len(log["flights"]) == 1
    late = run(inputs, [call(0, 100.0, patience_s=60.0)], [Visit(0, 90.0, 95.0, 400.0)])
    assert late["calls"][0].reason == Missed.TRAFFIC


def test_under_the_return_rule_a_drone_on_its_way_turns_back(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("return"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 175.0, 200.0, 300.0)])
    flight = log["flights"][0]
    assert log["calls"][0].reason == Missed.RECALLED
    assert flight.landed_s == pytest.approx(175.0 + 0.5 * 50.0 + 30.0)


def test_under_the_land_rule_a_drone_comes_down_and_has_to_be_fetched(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("land"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 250.0, 260.0, 300.0)])
    assert log["flights"][0].landing == events.DIVERTED
    assert log["flights"][0].landed_s == pytest.approx(280.0)
    assert log["phases"][-1][3:] == (events.RECOVER, 280.0, 880.0)


def test_heights_that_keep_apart_cost_nothing_but_are_on_record(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(deployment, traffic=(_traffic("height_split"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 250.0, 260.0, 300.0)])
    assert log["calls"][0].ended_s == 495.0
    assert log["yields"][0].end_s == log["yields"][0].start_s


def test_a_drone_lands_by_the_odds_of_its_own_dock_where_obstacles_stand_near_docks(
    deployment: SimInputs, leg: Leg, condition: Callable[..., Condition], call: Callable[..., Call]
) -> None:
    shaken = condition(((leg,),), landings=(Landing(docked=0.0, diverted=1.0),))
    log = run(replace(deployment, conditions=(shaken,)), [call(0, 100.0)])
    assert log["flights"][0].landing == events.DIVERTED


def test_a_landing_is_tried_again_and_then_diverted(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    gusty = condition(((leg,),), landing=Landing(docked=0.6, retry=0.4))
    inputs = replace(deployment, conditions=(gusty,), landing_retries=2, retry_s=25.0)
    second = run(inputs, [call(0, 100.0, landing=(0.9, 0.1) + (0.9,) * 6)])
    assert [row.outcome for row in second["landings"]] == [events.RETRIED, events.DOCKED]
    assert [row.start_s for row in second["landings"]] == [495.0 + 50.0, 495.0 + 50.0 + 30.0 + 25.0]
    assert second["flights"][0].landed_s == 495.0 + 80.0 + 30.0 + 25.0
    never = run(inputs, [call(0, 100.0, landing=(0.9,) * 8)])
    assert never["flights"][0].landing == events.DIVERTED
    assert never["flights"][0].attempts == 3


def test_a_way_too_short_for_any_clock_draws_no_energy(
    deployment: SimInputs, call: Callable[..., Call], condition: Callable[..., Condition], leg: Leg
) -> None:
    short = condition(((leg._replace(climb_s=0.0, out_s=5e-324, back_s=0.0, land_s=0.0),),))
    flown = run(replace(deployment, conditions=(short,)), [call(0, 100.0)])["flights"][0]
    assert flown.on_scene_s > 0.0
    assert flown.energy_wh == pytest.approx(leg.hover_w * flown.on_scene_s / 3600.0)


def test_calls_open_at_the_horizon_are_closed_with_what_became_of_them(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    end = deployment.horizon_s
    log = run(deployment, [call(0, end - 200.0), call(1, end - 150.0), call(2, end - 5.0)])
    assert the(log["calls"], 0).outcome == events.FIRST
    assert the(log["calls"], 0).on_scene_s == pytest.approx(105.0)
    assert the(log["calls"], 1).reason == Missed.HORIZON
    assert the(log["calls"], 2).reason == Missed.HORIZON
    assert math.isnan(log["flights"][0].landed_s)


EVERY_POLICY = Policing(
    re_task=True,
    stand_down_s=30.0,
    second_drone=(("g0", 0.5),),
    bursts=BurstFigures(further_calls=0.5, within_mean_s=60.0, joined_share=0.5),
    recall_few=True,
)

FAILURES = tuple(failure_rate(f"{part}:1:0.2") for part in PARTS)

spreads = st.one_of(
    st.floats(0.0, 2000.0).map(Spread.constant),
    st.floats(1.0, 2000.0).map(Spread.exponential),
    st.tuples(st.floats(1.0, 900.0), st.floats(1.0, 4.0)).map(lambda x: Spread.lognormal(x[0], x[0] * x[1])),
)
legs = st.one_of(
    st.none(),
    st.builds(
        Leg,
        climb_s=st.floats(0, 60),
        out_s=st.floats(0, 300),
        back_s=st.floats(0, 300),
        land_s=st.floats(0, 90),
        out_wh=st.floats(0, 30),
        home_wh=st.floats(0, 30),
        hover_w=st.floats(0, 500),
    ),
)


@st.composite
def deployments(draw: st.DrawFn) -> SimInputs:
    """A deployment with everything that can go wrong going wrong."""
    docks, zones, hours = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))

    def weather() -> Condition:
        table = tuple(tuple(draw(legs) for _ in range(zones)) for _ in range(docks))
        reach = tuple(tuple(d for d in range(docks) if table[d][z] is not None) for z in range(zones))
        docked = draw(st.floats(0.0, 1.0))
        return Condition(
            hold=draw(st.sampled_from(["", "", "wind", "landing_wind"])),
            legs=table,
            nearest=reach,
            landing=Landing(docked=docked, retry=(1 - docked) / 2, diverted=(1 - docked) / 2),
            battery_wh=draw(st.sampled_from([50.0, 200.0, math.inf])),
            moves=tuple(tuple(draw(legs) for _ in range(docks)) for _ in range(docks)),
        )

    shifts = draw(st.lists(st.tuples(st.floats(0, 3600 * hours), st.floats(60, 7200)), max_size=3))
    rules = draw(st.lists(st.sampled_from(["hold_low", "return", "land", "height_split"]), max_size=2))
    return SimInputs(
        scenario="any",
        hour_edges_s=tuple(3600.0 * hour for hour in range(hours + 1)),
        rates_per_s=tuple(draw(st.floats(0.0, 0.01)) for _ in range(hours)),
        rate_cv=draw(st.sampled_from([0.0, 0.5])),
        zones=tuple(ZoneDemand(id=f"z{z}", share=1.0, ground_travel_s=60.0) for z in range(zones)),
        grades=tuple(
            Grade(
                id=f"g{g}", rank=g, share=1.0, target_s=100.0, patience=draw(spreads), on_scene=draw(spreads)
            )
            for g in range(2)
        ),
        decision=draw(spreads),
        launch=draw(spreads),
        video=Spread.constant(5.0),
        ground_mobilisation=draw(spreads),
        docks=tuple(
            DockPlace(id=f"d{d}", drones=draw(st.integers(0, 2)), spare=draw(st.integers(0, 2)))
            for d in range(docks)
        ),
        conditions=(weather(), weather()),
        condition_of_hour=tuple(draw(st.integers(0, 1)) for _ in range(hours)),
        duties=tuple(
            Duty(start_s=a, end_s=a + b, drones=draw(st.integers(0, 3)), remote_pilots=1, safety_pilots=1)
            for a, b in shifts
        ),
        traffic=tuple(
            Traffic(
                id=f"t{i}",
                rule=rule,
                rates_per_s=(0.002,) * hours,
                stay=draw(spreads),
                notice_s=60.0,
                blocks=tuple((True,) * zones for _ in range(docks)),
                blocks_moves=tuple((True,) * docks for _ in range(docks)),
                yield_s=15.0,
            )
            for i, rule in enumerate(rules)
        ),
        reserve_fraction=0.2,
        turnaround=draw(st.sampled_from([SLOW_CHARGE, Turnaround.none()])),
        landing_retries=draw(st.integers(0, 2)),
        retry_s=20.0,
        recovery=draw(spreads),
        min_on_scene_s=30.0,
        overwatch=draw(st.booleans()),
        dispatch=draw(st.sampled_from([policy.value for policy in DispatchPolicy])),
        keep_within_s=200.0,
        move_up=draw(st.booleans()),
        failures=draw(st.sampled_from([(), FAILURES])),
        policing=draw(st.sampled_from([Policing(), EVERY_POLICY])),
    )


def _ready_drones_are_told_for_all_the_time(inputs: SimInputs, log: dict[str, list[Any]]) -> None:
    """One record after the other from start to horizon, for each dock and for their sum."""
    rows = {name: [row for row in log["readiness"] if row.dock == name] for name in ["d0", "d1", "d2", "*"]}
    docks = [rows[dock.id] for dock in inputs.docks]
    for own in [*docks, rows[events.ANY_DOCK]]:
        assert (own[0].start_s, own[-1].end_s) == (0.0, inputs.horizon_s)
        assert all(a.end_s == b.start_s for a, b in pairwise(own))
    for row in rows[events.ANY_DOCK]:
        middle = 0.5 * (row.start_s + row.end_s)
        assert row.ready == sum(r.ready for own in docks for r in own if r.start_s <= middle < r.end_s)


def _every_drone_has_one_dock_and_every_dock_room(inputs: SimInputs, log: dict[str, list[Any]]) -> None:
    """Drones fly from the dock that they belong to, and no more belong to a dock than it has slots."""
    slots = {dock.id: dock.drones + dock.spare for dock in inputs.docks}
    taken = [(0.0, dock.id, dock.drones) for dock in inputs.docks]
    home = {f"{dock.id}/{n + 1}": dock.id for dock in inputs.docks for n in range(dock.drones)}
    for flight in sorted(log["flights"] + log["moves"], key=lambda row: row.dispatched_s):
        if isinstance(flight, events.FlightRecord):
            assert home[flight.drone] == flight.dock
            continue
        assert home[flight.drone] == flight.from_dock != flight.to_dock
        taken.append((flight.dispatched_s, flight.to_dock, 1))
        if flight.turned or math.isnan(flight.landed_s):
            taken.append((flight.landed_s, flight.to_dock, -1))
        else:
            taken.append((flight.landed_s, flight.from_dock, -1))
            home[flight.drone] = flight.to_dock
    for dock in inputs.docks:
        changes = sorted((t, change) for t, name, change in taken if name == dock.id and not math.isnan(t))
        assert max(accumulate(change for _, change in changes)) <= slots[dock.id]


@examples(120)
@given(inputs=deployments(), seed=st.integers(0, 1000))
def test_every_call_ends_once_and_no_drone_is_in_two_places(inputs: SimInputs, seed: int) -> None:
    log = replicate(inputs, seed=seed, replication=0)
    words = events.vocabulary(inputs)
    to_tables(log, words, 0)
    numbers = sorted(record.call for record in log["calls"])
    assert numbers == list(range(len(numbers)))
    for record in log["calls"]:
        reached = not math.isnan(record.overhead_s)
        assert reached == (record.outcome in (events.FIRST, events.ATTENDED))
        assert bool(record.reason) == (record.outcome == events.MISSED)
        clocks = [record.call_s, record.decided_s, record.dispatched_s, record.airborne_s, record.overhead_s]
        came = [t for t in clocks if not math.isnan(t)]
        assert came == sorted(came)
        assert record.ended_s <= inputs.horizon_s
        assert 0.0 <= record.on_scene_s <= record.wanted_s + 1e-6
    for drone in {phase.drone for phase in log["phases"]}:
        own = sorted((p.start_s, p.end_s) for p in log["phases"] if p.drone == drone)
        assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(own))
    _ready_drones_are_told_for_all_the_time(inputs, log)
    _every_drone_has_one_dock_and_every_dock_room(inputs, log)
    for need in log["overwatch"]:
        assert 0.0 <= need.gap_s <= need.end_s - need.start_s + 1e-6
    for flight in log["flights"]:
        assert math.isnan(flight.reserve_fraction) or 0.0 <= flight.reserve_fraction <= 1.0
