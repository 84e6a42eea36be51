"""Upload and flight from Python: a mission goes only while its verdict holds, and only as it was judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import dfr
from dfr.aircraft.catalogue import drone_of
from dfr.api.vehicles import Authority
from dfr.cli.vehicle_options import AuthorityOptions
from dfr.errors import NonCompliantError
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.operator import Operator
from dfr.link.vehicle import OnboardPlan
from dfr.mission import battery
from firmware_sitl.start import start_vehicle

NOW = datetime(2024, 8, 20, 9, tzinfo=UTC)
ENDS = NOW + timedelta(minutes=1)
LATER = ENDS + timedelta(minutes=1)


@pytest.fixture(scope="module")
def planned() -> Any:
    world = dfr.load_scenario("victorious-2024")
    return world, dfr.plan(world, docks=2)


@pytest.fixture(scope="module")
def mission(planned: Any) -> Any:
    world, plan = planned
    return dfr.compile_mission(world, plan, zone="castle-stage", now=NOW)


@pytest.fixture
def vehicle(mission: Any) -> Iterator[MavlinkVehicle]:
    home = mission.flight.home
    with (
        start_vehicle(engine="builtin", home=home, home_m_amsl=4.0, speedup=20.0) as running,
        connect(running.url, simulated=True) as connected,
    ):
        yield connected


def tell_time(monkeypatch: Any, *readings: datetime) -> list[datetime]:
    """A clock that gives these moments, one each time a verdict is read; those it has not given yet."""
    left = list(readings)
    monkeypatch.setattr(Authority, "moment", property(lambda _: left.pop(0)))
    return left


def ends_at(mission: Any, moment: datetime) -> Any:
    return replace(mission.flight, verdict=replace(mission.flight.verdict, valid_until=moment))


def test_a_mission_without_its_fence_is_no_longer_the_one_that_was_judged(mission, vehicle):
    bare = replace(mission.flight, params={**mission.flight.params, "FENCE_ENABLE": 0})
    for send in (dfr.upload, dfr.fly):
        with pytest.raises(NonCompliantError, match="the mission was changed after the verdict on it"):
            send(bare, vehicle, authority=Authority(now=NOW))
    assert vehicle.plan is OnboardPlan.UNTOUCHED


def test_a_mission_that_would_not_be_saved_is_not_flown(planned, vehicle, monkeypatch):
    world, plan = planned
    monkeypatch.setattr(battery, "drone_of", lambda fleet: replace(drone_of(fleet), battery_v=None))
    unsound = dfr.compile_mission(world, plan, zone="castle-stage", now=NOW)
    assert unsound.checked.go
    assert not unsound.sound
    for send in (dfr.upload, dfr.fly):
        with pytest.raises(NonCompliantError, match=r"reserve is not on board; .* reserve of 25% is not on"):
            send(unsound.flight, vehicle, authority=Authority(now=NOW))
    assert vehicle.plan is OnboardPlan.UNTOUCHED


def test_a_go_that_ends_while_the_question_is_open_is_not_uploaded(mission, vehicle, monkeypatch):
    vehicle.simulated = False
    left, asked = tell_time(monkeypatch, NOW, LATER), []
    operator = Operator(confirm=lambda words: asked.append(words) or True)
    with pytest.raises(NonCompliantError, match="its go ended"):
        dfr.fly(ends_at(mission, ENDS), vehicle, operator=operator)
    assert len(asked) == 1
    assert (left, vehicle.plan) == ([], OnboardPlan.UNTOUCHED)
    tell_time(monkeypatch, NOW, LATER)
    with pytest.raises(NonCompliantError, match="its go ended"):
        dfr.upload(ends_at(mission, ENDS), vehicle, operator=operator)
    assert vehicle.plan is OnboardPlan.UNTOUCHED


def test_a_go_that_ends_during_the_upload_does_not_start_the_motors(mission, vehicle, monkeypatch):
    left = tell_time(monkeypatch, NOW, NOW, LATER)
    with pytest.raises(NonCompliantError, match="its go ended"):
        dfr.fly(ends_at(mission, ENDS), vehicle)
    assert left == []
    assert vehicle.plan is OnboardPlan.VERIFIED
    assert not any("arm" in text.text.lower() for text in vehicle.texts)
    assert vehicle.state.armed is False


def test_without_now_the_command_line_reads_a_verdict_at_the_moment_it_is_needed():
    options = AuthorityOptions(override=None, plan=None)
    assert options.authority(confirmed=True).now is None
    given = AuthorityOptions(override=None, plan=None, now="2024-08-20T09:00Z").authority(confirmed=True)
    assert given.now == given.moment == NOW
