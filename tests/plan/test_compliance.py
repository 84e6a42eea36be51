"""Each rule, broken on purpose in a made-up field, is found with its margin; held, it is reported too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dfr.aircraft.catalogue import find_dock, find_drone
from dfr.findings import Basis, Severity, is_compliant
from dfr.geo import VerticalDatum
from dfr.plan.checks.site import check_reach
from dfr.plan.compliance import check_plan
from dfr.plan.context import context_of
from dfr.plan.jurisdictions.uk import UK
from dfr.plan.planner import make_plan
from dfr.plan.rules import LONGEST_SHIFT_H, RULES, as_markdown
from dfr.plan.windows import hour_windows, landing_wind_limit_mps, tightest_limit
from dfr.scenario import air
from dfr.scenario import model as m
from dfr.scenario.air import ALL_KINDS
from dfr.world.coverage import Coverage
from dfr.world.terrain import FlatGround, UnknownGround
from dfr.world.zones import vertical_limit

from .compliance_world import airspace, crowd, dated_airspace, findings, only, zone
from .conftest import ORIGIN, START, Field, authorisation, box, candidate, hour


def test_a_field_without_faults_is_a_go_and_every_rule_is_reported(field: Field):
    plan = make_plan(field())
    assert is_compliant(plan.findings)
    silent = {
        "placeholder",
        "keep-out",
        "ground-risk",
        "contingency-volume",
        "other-traffic",
        "airspace-date",
    }
    assert {f.rule for f in plan.findings} | silent >= set(RULES)


def test_every_finding_carries_the_basis_of_its_rule(field: Field):
    for found in make_plan(field()).findings:
        row = UK.row_of(found.rule)
        assert found.basis is (RULES[found.rule].basis if row is None else row.basis)
        assert found.source


def test_checking_a_plan_again_finds_the_same(field: Field):
    world = field()
    plan = make_plan(world)
    assert check_plan(world, plan) == plan.findings


# --- airspace


def test_class_g_is_named_as_an_inference(field: Field):
    found = only(field(), "airspace-class")
    assert found.severity is Severity.OK
    assert "Class G from the surface, by inference" in found.message


def test_class_g_names_the_data_that_it_is_inferred_from_by_file_and_date(field: Field):
    changes = dated_airspace("2024-05-16", stated="2024-05-16")
    air_data = changes["of_world"]["airspace"]
    (source,) = air_data.sources
    changes["of_world"] = {
        "airspace": replace(air_data, sources=(replace(source, path="data/uk/field.txt"),))
    }
    assert "no zone of field.txt of 2024-05-16 applies" in only(field(**changes), "airspace-class").message


def test_outside_the_loaded_data_is_unknown_never_class_g(field: Field):
    small = Coverage(ring=box(-100, -100, 100, 100), kinds=ALL_KINDS)
    found = findings(field(**airspace(coverage=(small,))), "unmanned-aircraft-zone", Severity.UNKNOWN)
    assert len(found) == 1
    assert "No airspace file is loaded" in found[0].message


def test_controlled_airspace_over_the_site_is_a_violation(field: Field):
    ctr = zone("TOWN CTR", "CTR", east_m=0, radius_m=5000, airspace_class="A", contact="Town Approach")
    found = only(field(**airspace(ctr)), "airspace-class")
    assert found.severity is Severity.VIOLATION
    assert "Town Approach" in found.fix


def test_controlled_airspace_overhead_leaves_its_height_as_margin(field: Field):
    cta = zone(
        "TOWN CTA",
        "CTA",
        east_m=0,
        radius_m=5000,
        airspace_class="D",
        lower=vertical_limit(460.0, VerticalDatum.AMSL),
        top_m=1700.0,
    )
    plan = make_plan(field(**airspace(cta)))
    (found,) = [f for f in plan.findings if f.rule == "airspace-class"]
    top = plan.volumes[-1].top_m_agl
    assert found.severity is Severity.OK
    assert found.margin_m == pytest.approx(460.0 - 10.0 - top, abs=0.1)


def test_an_frz_that_only_the_buffer_touches_is_entered(field: Field):
    """The dock is 400 m east; the zone begins 60 m beyond its routes, inside the ground-risk buffer."""
    frz = zone("TOWN FRZ", "FRZ", east_m=3460, radius_m=3000)
    (found,) = findings(field(**airspace(frz)), "flight-restriction-zone")
    assert found.severity is Severity.VIOLATION
    assert found.margin_m < 0
    assert found.basis is Basis.LAW


def test_an_frz_farther_away_is_named_with_its_distance(field: Field):
    frz = zone("TOWN FRZ", "FRZ", east_m=5000, radius_m=3000)
    (found,) = findings(field(**airspace(frz)), "flight-restriction-zone")
    assert found.severity is Severity.OK
    assert "TOWN FRZ" in found.message
    assert 1300 < found.margin_m < 1600


def restriction(**changes) -> air.TemporaryRestriction:
    made = air.TemporaryRestriction(
        name="Festival RA(T)",
        centre=ORIGIN,
        radius_m=3704.0,
        upper_m_amsl=600.0,
        start=START - timedelta(days=1),
        end=START + timedelta(days=1),
        status="confirmed",
        source="AIC",
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({}, Severity.VIOLATION),
        ({"status": "possible"}, Severity.UNKNOWN),
        ({"start": START + timedelta(days=5), "end": START + timedelta(days=6)}, Severity.OK),
    ],
)
def test_a_restriction_by_notice(field: Field, changes, severity):
    found = only(field(restrictions=(restriction(**changes),)), "temporary-restriction")
    assert found.severity is severity
    assert "Festival RA(T)" in found.message


def test_no_restriction_on_record_is_advice_to_ask(field: Field):
    found = only(field(), "temporary-restriction")
    assert found.severity is Severity.ADVICE
    assert "NOTAM" in found.fix


@pytest.mark.parametrize(
    ("dated", "severity"),
    [
        ("2024-05-20", Severity.OK),
        ("2024-06-10", Severity.OK),
        ("2024-06-20", Severity.ADVICE),
        ("2024-03-01", Severity.ADVICE),
        ("2023-05-01", Severity.UNKNOWN),
        ("2025-07-01", Severity.UNKNOWN),
        ("", Severity.UNKNOWN),
    ],
)
def test_airspace_data_of_another_cycle_or_year_are_said(field: Field, dated, severity):
    """The field is flown on 1 June 2024, in the cycle of 16 May to 12 June (AIRAC 2405)."""
    found = only(field(**dated_airspace(dated, stated=dated)), "airspace-date")
    assert found.severity is severity


def test_data_that_take_effect_after_the_flight_are_unknown_to_it_and_advice_to_an_exercise(field: Field):
    found = only(field(**dated_airspace("2024-06-20", stated="2024-06-20"), exercise=False), "airspace-date")
    assert found.severity is Severity.UNKNOWN
    assert found.fix == "load the data in force on the day: these take effect after the flight"
    found = only(field(**dated_airspace("2024-06-20", stated="2024-06-20"), exercise=True), "airspace-date")
    assert found.severity is Severity.ADVICE


def test_data_without_a_date_say_so_and_ask_for_it(field: Field):
    found = only(field(**dated_airspace("", stated="")), "airspace-date")
    assert found.message == "field.txt has no date, so nobody can say how old it is."
    assert found.fix == "state the date of the data under airspace, or load data that name theirs"


def test_a_date_that_nobody_can_read_is_shown(field: Field):
    found = only(field(**dated_airspace("spring", stated="spring")), "airspace-date")
    assert found.message == "field.txt is dated 'spring', which is no date that can be compared."


def test_a_date_that_scenario_and_file_disagree_on_is_unknown(field: Field):
    found = only(field(**dated_airspace("2024-05-20", stated="2024-05-30")), "airspace-date")
    assert found.severity is Severity.UNKNOWN
    assert "the scenario says 2024-05-30" in found.message


# --- heights and ground


def test_flying_above_120_m_is_a_violation_whatever_the_scenario_allows(field: Field):
    world = field(operation={"cruise_height_m_agl": 150.0, "height_limit_m_agl": 200.0})
    found = findings(world, "height-limit", Severity.VIOLATION)[0]
    assert found.margin_m == pytest.approx(-30.0)
    assert found.fix == "fly 30 m lower"
    assert findings(field(), "height-limit")[0].fix == "", "what holds needs no remedy"


def test_the_return_height_counts_too(field: Field):
    found = findings(field(contingency={"return_height_m_agl": 130.0}), "height-limit")[0]
    assert found.severity is Severity.VIOLATION
    assert "return height" in found.message


def test_a_contingency_top_above_the_limit_is_said(field: Field):
    found = findings(field(operation={"cruise_height_m_agl": 115.0}), "height-limit", Severity.ADVICE)
    assert "contingency volume reaches" in found[0].message


def test_one_assumed_height_is_not_believed_far_away(field: Field):
    near = FlatGround(height_m_amsl=10.0, source="assumed", centre=ORIGIN)
    here = FlatGround(height_m_amsl=10.0, source="assumed", centre=ORIGIN, within_m=300.0)
    assert only(field(of_world={"terrain": near}), "terrain-known").severity is Severity.OK
    assert only(field(of_world={"terrain": here}), "terrain-known").severity is Severity.UNKNOWN


def test_unknown_ground_blocks(field: Field):
    world = field(of_world={"terrain": UnknownGround()})
    assert only(world, "terrain-known").severity is Severity.UNKNOWN


# --- place


def test_the_margin_to_the_boundary_is_that_of_the_route_nearest_to_it(field: Field):
    found = only(field(), "keep-in")
    assert found.severity is Severity.OK
    assert found.margin_m == pytest.approx(100.0, abs=0.5)


def test_a_plan_for_a_wider_boundary_leaves_a_narrower_one(field: Field):
    plan = make_plan(field())
    narrow = field(site={"boundary": box(-500, -500, 390, 500)})
    (found,) = [f for f in check_plan(narrow, plan) if f.rule == "keep-in"]
    assert found.severity is Severity.VIOLATION
    assert found.margin_m < 0


def test_a_contingency_volume_beyond_the_boundary_is_advice(field: Field):
    world = field(site={"boundary": box(-425, -425, 425, 425)})
    found = findings(world, "contingency-volume", Severity.ADVICE)
    assert found[0].margin_m < 0


def test_routes_keep_the_stand_off_from_a_crowd(field: Field):
    world = field(site={"crowds": (crowd(390, 60, 410, 120),)})
    found = only(world, "crowd")
    assert found.severity is Severity.OK
    assert found.margin_m >= -0.02


def test_a_crowd_that_comes_under_a_planned_route_is_a_violation(field: Field):
    plan = make_plan(field())
    moved = field(site={"crowds": (crowd(390, 60, 410, 120),)})
    (found,) = [f for f in check_plan(moved, plan) if f.rule == "crowd"]
    assert found.severity is Severity.VIOLATION
    assert found.margin_m == pytest.approx(-20.0)


def test_a_crowd_in_the_ground_risk_buffer_is_said(field: Field):
    found = findings(field(site={"crowds": (crowd(390, 60, 410, 120),)}), "ground-risk")
    assert any("inside the ground-risk buffer" in f.message for f in found)
    assert any("iGRC 8" in f.message for f in found), "1.1 m over its rotors: the second column"


@pytest.mark.parametrize(
    ("held", "severity"),
    [
        (None, Severity.VIOLATION),
        (authorisation("VLOS"), Severity.VIOLATION),
        (authorisation("VLOS", crowd_overflight=False), Severity.VIOLATION),
        (authorisation("VLOS", crowd_overflight=True), Severity.ADVICE),
    ],
)
def test_a_crowd_is_overflown_only_under_a_clause_that_says_so(field: Field, held, severity):
    operation = {"crowd_margin_m": None, "authorisation": held}
    found = only(field(site={"crowds": (crowd(390, 60, 410, 120),)}, operation=operation), "crowd")
    assert found.severity is severity
    assert ("4.2 as asked" in found.message) == (severity is Severity.ADVICE), "the clause is quoted"


def test_a_crowd_nobody_has_spoken_of_is_unknown(field: Field):
    assert only(field(site={"crowds_known": False}), "crowd").severity is Severity.UNKNOWN
    assert only(field(), "crowd").severity is Severity.OK


@pytest.mark.parametrize(
    ("kind", "allows", "severity"),
    [
        ("VLOS", {}, Severity.ADVICE),
        ("BVLOS", {}, Severity.UNKNOWN),
        ("BVLOS", {"crowd_overflight": True}, Severity.ADVICE),
    ],
)
def test_a_crowd_in_the_buffer_needs_vlos_or_a_clause(field: Field, kind, allows, severity):
    held = authorisation(kind, crowd_stand_off_m=20.0, **allows)
    operation = {"kind": m.OperationKind(kind), "authorisation": held}
    found = findings(field(site={"crowds": (crowd(390, 60, 410, 120),)}, operation=operation), "ground-risk")
    assert next(f for f in found if "inside the ground-risk buffer" in f.message).severity is severity


# --- means


def test_no_go_hours_are_listed_with_a_reason(field: Field):
    hours = tuple(hour(START + timedelta(hours=k), gust_mps=20.0 if k in (1, 2) else 3.0) for k in range(4))
    found = findings(field(weather={"hours": hours}), "weather", Severity.ADVICE)[0]
    assert "cannot fly in 2 of 4 hours with calls, which have 50% of the calls: Sat 11-13" in found.message
    assert "gust 20" in found.message


def test_an_unreported_gust_is_said_to_be_estimated(field: Field):
    hours = tuple(hour(START + timedelta(hours=k), gust_mps=None) for k in range(4))
    found = findings(field(weather={"hours": hours}), "weather", Severity.ADVICE)
    assert any("Gusts are not reported in 4 of 4 hours" in f.message for f in found)


@pytest.mark.parametrize("told", [True, False])
def test_weather_that_is_no_forecast_of_the_day_is_said_not_to_be(field: Field, told: bool):
    hours = tuple(START + timedelta(hours=k) for k in range(4)) if told else ()
    said = [f.message for f in findings(field(weather={"of_the_day": hours}), "weather")]
    assert any("no report or forecast of the day" in message for message in said) is not told


def test_a_drone_without_a_known_wind_limit_is_unknown(field: Field):
    world = field(fleet={"drone": "brinc-responder"}, operation={"max_wind_mps": None})
    assert findings(world, "weather", Severity.UNKNOWN)


def test_a_wind_limit_above_the_drones_own_is_a_violation(field: Field):
    assert findings(field(operation={"max_wind_mps": 25.0}), "weather", Severity.VIOLATION)


def test_a_box_dock_without_power_is_a_violation(field: Field):
    sites = (candidate("east", 400, 0, power=m.Power.NONE, use=m.SiteUse.REQUIRED),)
    assert only(field(candidates=sites), "site-power").severity is Severity.VIOLATION


def test_a_narrow_sky_is_advice(field: Field):
    sites = (candidate("east", 400, 0, sky_view=0.5),)
    assert only(field(candidates=sites), "sky-view").severity is Severity.ADVICE


def test_vlos_without_a_second_safety_pilot_is_a_violation(field: Field):
    shift = (m.Shift(start=START, end=START + timedelta(hours=4), remote_pilots=2, safety_pilots=0),)
    found = findings(field(crew={"shifts": shift}), "crew", Severity.VIOLATION)
    assert "second safety pilot" in found[0].message


def test_too_few_people_for_all_drones_is_advice(field: Field):
    shift = (m.Shift(start=START, end=START + timedelta(hours=4), remote_pilots=1, safety_pilots=1),)
    found = findings(field(crew={"shifts": shift}, fleet={"docks": 2}), "crew", Severity.ADVICE)
    assert "people for 1 of 2 drones" in found[0].message


def test_calls_outside_every_shift_are_counted(field: Field):
    shift = (m.Shift(start=START, end=START + timedelta(hours=3), remote_pilots=2, safety_pilots=2),)
    found = findings(field(crew={"shifts": shift}), "crew", Severity.ADVICE)
    assert "1 hour with 25% of calls: Sat 13-14" in found[0].message


def test_a_long_shift_is_advice(field: Field):
    end = START + timedelta(hours=LONGEST_SHIFT_H + 1)
    shift = (m.Shift(start=START, end=end, remote_pilots=2, safety_pilots=2),)
    assert only(field(crew={"shifts": shift}), "duty-hours").severity is Severity.ADVICE


def test_the_longest_sortie_is_held_against_the_reserve(field: Field):
    found = only(field(), "energy-reserve")
    assert found.severity is Severity.OK
    assert "reserve of 25%" in found.message


def test_cruising_faster_than_the_drone_can_is_a_violation(field: Field):
    assert only(field(operation={"cruise_mps": 40.0}), "airframe-limits").severity is Severity.VIOLATION


@pytest.mark.parametrize(
    ("gust", "severity", "says"),
    [
        (7.5, Severity.OK, "The least room is on Sat 12:00: gust 7.5 m/s, limit 15 m/s (50% used)."),
        (14.9, Severity.ADVICE, "The least room is on Sat 12:00: gust 14.9 m/s, limit 15 m/s (99% used)."),
    ],
)
def test_the_hours_that_may_be_flown_say_how_much_room_there_is(field: Field, gust, severity, says):
    hours = tuple(hour(START + timedelta(hours=k), gust_mps=gust if k == 2 else 3.0) for k in range(4))
    told = findings(field(weather={"hours": hours}), "weather")
    found = next(f for f in told if "All 4 hours with calls may be flown" in f.message)
    assert (found.severity, says in found.message) == (severity, True)


@pytest.mark.parametrize(
    ("gust", "may", "can"),
    [
        (3.0, "The one hour with calls may be flown.", "1 of 1 hour with calls can be flown."),
        (
            30.0,
            "Drones cannot fly in 1 of 1 hour with calls",
            "The one hour with calls cannot be flown: gust",
        ),
    ],
)
def test_one_hour_is_spoken_of_as_one(field: Field, gust, may, can):
    world = field(
        period={"end": START + timedelta(hours=1)}, weather={"hours": (hour(START, gust_mps=gust),)}
    )
    told = make_plan(world).findings
    assert any(f.message.startswith(may) for f in told if f.rule == "weather")
    assert any(f.message.startswith(can) for f in told if f.rule == "flyable-hours")
    assert not any("1 hours" in f.message for f in told)


def test_a_landing_wind_at_its_limit_is_compared_too(field: Field):
    scenario = field().scenario
    windows = hour_windows(scenario)
    limit = landing_wind_limit_mps(find_drone(scenario.fleet.drone), find_dock(scenario.fleet.dock))
    near = [replace(w, weather=replace(w.weather, wind_mps=limit * 0.99, gust_mps=0.0)) for w in windows]
    calm = replace(scenario, operation=replace(scenario.operation, max_wind_mps=80.0))
    assert str(tightest_limit(calm, near)[1]).startswith("landing wind")


def test_docks_that_reach_no_call_in_time_are_a_violation(field: Field):
    assert only(field(targets={"siting_limit_s": 1.0}), "coverage").severity is Severity.VIOLATION


def test_calls_that_no_dock_reaches_are_never_said_to_be_none(field: Field):
    """Few calls of many, such as those of one square of 20,000, are still some."""
    drawn = field().scenario.demand.zones
    zones = (replace(drawn[0], share=0.996), replace(drawn[0], id="far", name="Far", share=0.004))
    world = field(demand={"zones": zones})
    plan = replace(make_plan(world), routes=())
    said = [found.message for found in check_reach(context_of(world, plan))]
    assert any("No dock reaches Far (less than 1 % of calls)" in words for words in said)


@pytest.mark.parametrize("part", ["the boundary", "the places for docks", "the areas of calls"])
def test_what_a_program_drew_is_unknown(field: Field, part: str):
    found = only(field(unconfirmed=(part,)), "placeholder")
    assert found.severity is Severity.UNKNOWN
    assert part in found.message
    assert findings(field(), "placeholder") == []


# --- the rules themselves


def test_the_rules_document_is_the_table(repository: Path):
    assert (repository / "docs" / "rules.md").read_text() == as_markdown()


def test_no_open_category_rule_is_shown_as_law():
    assert not [row for row in UK.rows if row.basis is Basis.LAW and "2019/947" in row.document]
