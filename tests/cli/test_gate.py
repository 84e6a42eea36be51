"""Whether `dfr upload` and `dfr fly` send a mission: by the verdict that comes with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dfr.cli.gate import heed_verdict
from dfr.errors import NonCompliantError
from dfr.mission.carried import NONE_CARRIED, CarriedVerdict
from dfr.mission.items import FlightPlan
from tests.places import HOME

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)

VERDICT = CarriedVerdict(
    headline="GO for 4 of 4 hours",
    commander="",
    go=True,
    exercise=False,
    plan_sha256="ab" * 32,
    valid_until=NOON,
    valid_because="then the reading of NOTAMs ends",
)


def mission(verdict: CarriedVerdict | None, name: str = "dispatch") -> FlightPlan:
    return FlightPlan(
        name=name, home=HOME, home_m_amsl=4.0, items=(), fence=(), rally=(), params={}, verdict=verdict
    )


def test_a_go_is_sent_and_told(tmp_path, capsys):
    heed_verdict(mission(VERDICT), tmp_path / "m.plan", simulated=False, override=None, now=BEFORE)
    assert "GO for 4 of 4 hours" in capsys.readouterr().err


def test_a_go_that_has_ended_is_not_sent(tmp_path):
    with pytest.raises(NonCompliantError, match=r"its go ended .* -> check and compile it anew, or"):
        heed_verdict(mission(VERDICT), tmp_path / "m.plan", simulated=False, override=None, now=AFTER)


def test_an_override_has_a_name_and_is_logged_beside_the_file(tmp_path, capsys):
    name = "Sgt Miller: life at risk"
    heed_verdict(mission(VERDICT), tmp_path / "m.plan", simulated=False, override=name, now=AFTER)
    entry = json.loads((tmp_path / "m.plan.overrides.jsonl").read_text())
    assert (entry["by"], entry["at"]) == (name, AFTER.isoformat())
    assert "its go ended" in entry["against"][0]
    assert "OVERRIDE by Sgt Miller" in capsys.readouterr().err
    with pytest.raises(NonCompliantError, match="--override is empty"):
        heed_verdict(mission(VERDICT), tmp_path / "m.plan", simulated=False, override=" ", now=AFTER)


@pytest.mark.parametrize(
    "flight",
    [mission(replace(VERDICT, exercise=True)), mission(None, "EXERCISE dispatch")],
    ids=["by its verdict", "by its name"],
)
def test_an_exercise_goes_to_a_simulated_vehicle_only_in_nobodys_name_to_a_real_one(tmp_path, flight):
    heed_verdict(flight, tmp_path / "m.plan", simulated=True, override=None, now=BEFORE)
    with pytest.raises(NonCompliantError, match="an EXERCISE"):
        heed_verdict(flight, tmp_path / "m.plan", simulated=False, override="Sgt Miller: x", now=BEFORE)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_verdict_says_so(tmp_path, capsys):
    heed_verdict(mission(None), tmp_path / "m.plan", simulated=False, override=None, now=BEFORE)
    assert NONE_CARRIED in capsys.readouterr().err
