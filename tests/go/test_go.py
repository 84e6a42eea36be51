"""No go without what it rests on: changes that the rules deny, and a search at random."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.plan.verdict import Verdict, VerdictKind

from .deployments import DAY, Data, Place, air_files, around, changed, ready, verdict, zones
from .mutants import CLEARANCE, DENIED, drawn, mutated, over_the_site
from .oracle import denials

FENLAND = Place(name="show", lat_deg=53.05, lon_deg=-0.30, zone="Europe/London", country="uk")
NOW = datetime(DAY.year, DAY.month, DAY.day, 11, tzinfo=ZoneInfo("Europe/London"))

CASES = [(rule, number) for rule, changes in DENIED.items() for number in range(len(changes))]
SEARCHED = [
    pytest.param(seed, marks=() if seed < 15 else pytest.mark.slow, id=str(seed)) for seed in range(240)
]


def judged(folder: Path, data: Data, *, inside_zone: bool = False) -> tuple[Verdict | None, list[str]]:
    """(The verdict, None where the scenario is refused; what the oracle has against it)."""
    files, zones = over_the_site(FENLAND) if inside_zone else ({}, [])
    against = denials(data, zones, NOW)
    try:
        return verdict(folder, data, air_files(FENLAND) | files, now=NOW), against
    except InputError:
        return None, against


def test_with_every_fact_stated_it_is_a_go_and_the_oracle_agrees(tmp_path: Path):
    found, against = judged(tmp_path, ready(FENLAND))
    assert found is not None
    assert found.headline == "GO for 4 of 4 hours"
    assert against == []


@pytest.mark.parametrize(("rule", "number"), CASES)
def test_what_the_rules_deny_is_no_go(tmp_path: Path, rule: str, number: int):
    data = mutated(ready(FENLAND), DENIED[rule][number])
    found, against = judged(tmp_path, data, inside_zone=rule == "zone")
    assert against != []
    assert found is None or not found.go


def test_each_rule_has_at_least_three_ways_to_break_it():
    assert all(len(changes) >= 3 for changes in DENIED.values())


def test_one_clearance_turns_a_site_inside_a_flight_restriction_zone_into_a_go(tmp_path: Path):
    without, _ = judged(tmp_path, ready(FENLAND), inside_zone=True)
    cleared = mutated(ready(FENLAND), (("clearances", [CLEARANCE]),))
    found, against = judged(tmp_path, cleared, inside_zone=True)
    assert without is not None
    assert (without.kind, without.violations) == (VerdictKind.NO_GO, 1)
    assert found is not None
    assert found.go
    assert against == []


@pytest.mark.parametrize("seed", SEARCHED)
def test_no_random_change_gets_a_go_that_the_oracle_denies(tmp_path: Path, seed: int):
    inside_zone = seed % 5 == 0
    found, against = judged(tmp_path, drawn(ready(FENLAND), seed), inside_zone=inside_zone)
    assert against == [] or found is None or not found.go


def test_the_search_finds_gos_too(tmp_path: Path):
    """An answer that is always no is no answer: of what the oracle has nothing against, most are a go."""
    open_to_all = [seed for seed in range(40) if not denials(drawn(ready(FENLAND), seed), [], NOW)][:10]
    gos = [judged(tmp_path, drawn(ready(FENLAND), seed))[0] for seed in open_to_all]
    assert len(open_to_all) >= 8
    assert sum(found is not None and found.go for found in gos) >= 0.75 * len(gos)


def test_a_clearance_for_a_kind_permits_no_two_zones_at_once(tmp_path: Path):
    """Two authorities may stand behind them, and one of them has said nothing."""
    alpha, bravo = (
        json.loads(zones(f"{name} FRZ", "FRZ", around(FENLAND, half)))
        for name, half in (("ALPHA", 0.02), ("BRAVO", 0.03))
    )
    both = {"zones.geojson": json.dumps(alpha | {"features": alpha["features"] + bravo["features"]})}
    by_kind = {key: value for key, value in CLEARANCE.items() if key != "zone"} | {"kind": "FRZ"}
    named = [CLEARANCE | {"zone": f"{name} FRZ", "reference": f"ATC 1/{name}"} for name in ("ALPHA", "BRAVO")]
    for held, go in (([by_kind], False), (named[:1], False), (named, True)):
        data = changed(ready(FENLAND), ("clearances", held))
        assert verdict(tmp_path, data, air_files(FENLAND) | both, now=NOW).go is go
