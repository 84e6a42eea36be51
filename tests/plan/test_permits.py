"""What counts as a permission: an authorisation by its clauses, a clearance for zone, hours and height."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dfr.findings import Finding, Severity
from dfr.geo import VerticalDatum
from dfr.plan.checks.permission import names_zone
from dfr.scenario import air
from dfr.scenario import model as m
from dfr.world.terrain import UnknownGround
from dfr.world.zones import vertical_limit

from .compliance_world import airspace, crowd, findings, only, zone
from .conftest import ORIGIN, START, Field, at, authorisation, hour

END = START + timedelta(hours=4)


def clearance(**changes) -> m.Clearance:
    held = m.Clearance(
        zone="TOWN FRZ",
        kind=None,
        authority="Town Tower",
        reference="ATC/2024/17",
        start=START,
        end=END,
        height_m_agl=120.0,
        height_m_amsl=None,
        conditions="call before launch",
        contact="Town Tower, 01234 567",
    )
    return replace(held, **changes)


def inside_frz(field: Field, *clearances: m.Clearance, **changes) -> list[Finding]:
    """What is found of the FRZ that the whole field lies in."""
    frz = zone("TOWN FRZ", "FRZ", east_m=0, radius_m=4000)
    world = field(**airspace(frz), clearances=clearances, **changes)
    return findings(world, "flight-restriction-zone")


def test_a_clearance_permits_its_zone_and_is_to_be_carried(field: Field):
    (refused,), (permitted,) = inside_frz(field), inside_frz(field, clearance())
    assert refused.severity is Severity.VIOLATION
    assert permitted.severity is Severity.ADVICE
    assert "under ATC/2024/17, by Town Tower, until" in permitted.message
    assert "call before launch" in permitted.message
    assert "01234 567" in permitted.fix
    assert permitted.margin_m > 0, "the room below the height cleared"


def test_a_go_ends_with_the_clearance(field: Field):
    (permitted,) = inside_frz(field, clearance())
    assert (permitted.validity.what, permitted.validity.until) == ("clearance ATC/2024/17", END)


DENIED = {
    "another zone": ({"zone": "CITY FRZ"}, "inside"),
    "another kind": ({"zone": None, "kind": "RPZ"}, "inside"),
    "the right zone of another kind": ({"kind": "D"}, "inside"),
    "an hour too short": ({"end": END - timedelta(hours=1)}, "ATC/2024/17 ends on 2024-06-01 13:00, and 1 h"),
    "begun late": (
        {"start": START + timedelta(hours=1.5)},
        "does not cover 1.5 h of operations, from 2024-06-01 10:00",
    ),
    "expired": (
        {"start": START - timedelta(days=40), "end": START - timedelta(days=30)},
        "ends on 2024-05-02 10:00, and 4 h of operations come after it",
    ),
    "too low": ({"height_m_agl": 60.0}, "allows flights up to 60 m AGL, but the volume reaches"),
    "too low above the sea": ({"height_m_agl": None, "height_m_amsl": 60.0}, "m AMSL: "),
    "assumed": ({"assumed": True}, "only assumed"),
}


@pytest.mark.parametrize(("changes", "says"), DENIED.values(), ids=DENIED)
def test_a_clearance_that_does_not_cover_what_is_flown_says_by_how_much(field: Field, changes, says):
    (found,) = inside_frz(field, clearance(**changes), exercise=False)
    assert found.severity is Severity.VIOLATION
    assert says in found.message


def test_of_clearances_that_are_too_low_the_highest_is_told(field: Field):
    low, less_low = clearance(height_m_agl=40.0), clearance(height_m_agl=60.0, reference="ATC/2024/18")
    for held in ((low, less_low), (less_low, low)):
        (found,) = inside_frz(field, *held, exercise=False)
        assert "ATC/2024/18 allows flights up to 60 m AGL" in found.message


def test_in_an_exercise_an_assumed_clearance_stands(field: Field):
    (found,) = inside_frz(field, clearance(assumed=True), exercise=True)
    assert found.severity is Severity.ADVICE


def test_two_clearances_in_a_row_cover_the_day_and_a_gap_between_them_does_not(field: Field):
    noon = START + timedelta(hours=2)
    morning, afternoon = clearance(end=noon), clearance(start=noon, reference="ATC/2024/18")
    assert inside_frz(field, morning, afternoon)[0].severity is Severity.ADVICE
    late = replace(afternoon, start=noon + timedelta(minutes=30))
    (gap,) = inside_frz(field, morning, late)
    assert gap.severity is Severity.VIOLATION
    assert "does not cover 0.5 h of operations, from 2024-06-01 12:00" in gap.message


@pytest.mark.parametrize("named", ["TOWN FRZ", "town frz", "EGRU013B", "EG RU013B", "EG RU013B TOWN RWY 05"])
def test_a_zone_is_named_as_published_or_by_its_designator(named: str):
    published = "TOWN FRZ" if "town" in named.lower() and "RWY" not in named else "EG RU013B TOWN RWY 05"
    assert names_zone(clearance(zone=named), zone(published, "FRZ", east_m=0, radius_m=1000))


@pytest.mark.parametrize("named", ["TOWN", "EG", "RU013", "EGRU013A", "RWY 05"])
def test_part_of_a_name_names_no_zone(named: str):
    published = zone("EG RU013B TOWN RWY 05", "RPZ", east_m=0, radius_m=1000)
    assert not names_zone(clearance(zone=named), published)


def test_a_clearance_for_a_kind_permits_every_zone_of_it_and_no_other(field: Field):
    frz = zone("TOWN", "FRZ", east_m=0, radius_m=4000)
    danger = zone("RANGE", "D", east_m=0, radius_m=4000)
    world = field(**airspace(frz, danger), clearances=(clearance(zone=None, kind="FRZ"),))
    assert only(world, "flight-restriction-zone").severity is Severity.ADVICE
    assert only(world, "airspace-zone").severity is Severity.VIOLATION


def test_one_clearance_of_two_control_zones_leaves_the_other(field: Field):
    one, two = (
        zone(name, "CTR", east_m=0, radius_m=5000, airspace_class="A") for name in ("TOWN CTR", "CITY CTR")
    )
    found = findings(field(**airspace(one, two), clearances=(clearance(zone="TOWN CTR"),)), "airspace-class")
    assert {f.severity for f in found} == {Severity.ADVICE, Severity.VIOLATION}


def test_a_festivals_restriction_is_entered_under_the_clearance_of_its_sponsor(field: Field):
    notice = air.TemporaryRestriction(
        name="Festival RA(T)",
        centre=ORIGIN,
        radius_m=3704.0,
        upper_m_amsl=600.0,
        start=START - timedelta(days=1),
        end=START + timedelta(days=1),
        status="confirmed",
        source="AIC",
    )
    held = clearance(
        zone="Festival RA(T)", authority="the force's event commander", height_m_agl=None, height_m_amsl=600.0
    )
    world = field(restrictions=(notice,), clearances=(held,))
    assert only(world, "temporary-restriction").severity is Severity.ADVICE


# --- the authorisation


def held(**changes) -> dict[str, object]:
    return {"authorisation": replace(authorisation("VLOS", visual_range_m=900.0), **changes)}


EXPIRED = {
    "ended a month ago": ({"valid_to": START - timedelta(days=30)}, "30.2 days before the operation does"),
    "ends at noon": ({"valid_to": START + timedelta(hours=2)}, "2 h before the operation does"),
    "begins tomorrow": ({"valid_from": START + timedelta(days=1)}, "24 h after the operation does"),
}


@pytest.mark.parametrize(("changes", "says"), EXPIRED.values(), ids=EXPIRED)
def test_an_authorisation_that_does_not_hold_throughout_says_by_how_much(field: Field, changes, says):
    found = only(field(operation=held(**changes)), "authorisation")
    assert found.severity is Severity.VIOLATION
    assert says in found.message


def test_an_assumed_authorisation_permits_nothing_outside_an_exercise(field: Field):
    assumed = held(assumed=True)
    assert only(field(operation=assumed, exercise=True), "authorisation").severity is Severity.OK
    assert only(field(operation=assumed, exercise=False), "authorisation").severity is Severity.UNKNOWN


@pytest.mark.parametrize(("flown", "allowed"), [("BVLOS", "VLOS"), ("EVLOS", "VLOS"), ("VLOS", "BVLOS")])
def test_a_kind_that_is_not_named_is_not_allowed(field: Field, flown, allowed):
    operation = {"kind": m.OperationKind(flown), "authorisation": authorisation(allowed)}
    found = only(field(operation=operation), "authorisation")
    assert found.severity is Severity.VIOLATION
    assert f"allows {allowed} only, but {flown} is planned" in found.message


@pytest.mark.parametrize(
    ("flown", "clause", "blocked"), [(2, None, True), (3, 2, True), (5, 4, True), (2, 2, False)]
)
def test_more_drones_for_a_pilot_need_a_clause(field: Field, flown, clause, blocked):
    allows = {} if clause is None else {"drones_per_pilot": clause}
    world = field(operation={"authorisation": authorisation(**allows)}, crew={"drones_per_pilot": flown})
    assert (
        bool([f for f in findings(world, "crew", Severity.VIOLATION) if "for one pilot" in f.message])
        is blocked
    )


@pytest.mark.parametrize(
    ("height", "clause", "severity"),
    [
        (121.0, None, Severity.VIOLATION),
        (140.0, 130.0, Severity.VIOLATION),
        (80.0, 60.0, Severity.VIOLATION),
        (140.0, 150.0, Severity.OK),
    ],
)
def test_the_height_is_that_of_the_clause_or_120_m(field: Field, height, clause, severity):
    allows = {} if clause is None else {"height_m_agl": clause}
    operation = {
        "cruise_height_m_agl": height,
        "height_limit_m_agl": 200.0,
        "authorisation": authorisation(visual_range_m=900.0, **allows),
    }
    assert findings(field(operation=operation), "height-limit")[0].severity is severity


@pytest.mark.parametrize(
    ("margin", "stand_off", "short"),
    [(20.0, None, -30.0), (49.0, None, -1.0), (20.0, 30.0, -10.0), (50.0, None, None)],
)
def test_the_stand_off_is_that_of_the_clause_or_50_m(field: Field, margin, stand_off, short):
    allows = {} if stand_off is None else {"crowd_stand_off_m": stand_off}
    operation = {"crowd_margin_m": margin, "authorisation": authorisation(visual_range_m=900.0, **allows)}
    world = field(site={"crowds": (crowd(390, 60, 410, 120),)}, operation=operation)
    found = [f for f in findings(world, "crowd", Severity.VIOLATION) if "is required" in f.message]
    assert [f.margin_m for f in found] == ([] if short is None else [short])


@pytest.mark.parametrize(
    ("sees", "clause", "blocked"),
    [
        (5000.0, None, True),
        (501.0, None, True),
        (5000.0, 900.0, True),
        (500.0, None, False),
        (800.0, 900.0, False),
    ],
)
def test_a_post_is_relied_on_no_farther_than_allowed(field: Field, sees, clause, blocked):
    allows = {} if clause is None else {"visual_range_m": clause}
    post = (m.Observer(id="post", position=ORIGIN, range_m=sees),)
    operation = {"posts": post, "authorisation": authorisation(**allows)}
    found = [
        f
        for f in findings(field(operation=operation), "visual-line-of-sight")
        if "see" in f.message and "judged" in f.message
    ]
    (one,) = found
    assert (one.severity is Severity.VIOLATION) is blocked
    assert f"{sees:.0f} m" in one.message
    assert "388 m" in one.message, "both numbers are said"


def test_landing_outside_the_boundary_needs_a_clause(field: Field):
    far = {"rally_points": (at(600, 0),)}
    for allows, severity in (({}, Severity.VIOLATION), ({"landing_outside_boundary": True}, Severity.ADVICE)):
        world = field(contingency=far, operation={"authorisation": authorisation(**allows)})
        assert only(world, "rally-points").severity is severity


def dark(field: Field, **operation):
    """The field flown from 20:00 to midnight in June: three of its hours are dark."""
    later = tuple(1.0 if h >= 20 else 0.0 for h in range(24))
    day = m.DemandDay(date=START.replace(hour=0), calls=8.0, hour_weights=later)
    start, end = START.replace(hour=20), START.replace(hour=0) + timedelta(days=1)
    return field(
        operation=operation,
        demand={"days": (day,)},
        period=m.Period(start=start, end=end, zone=START.tzinfo),
        weather={"hours": tuple(hour(start + timedelta(hours=k)) for k in range(4))},
        crew={"shifts": (m.Shift(start=start, end=end, remote_pilots=2, safety_pilots=2),)},
    )


@pytest.mark.parametrize(
    ("authorised", "severity"),
    [
        (None, Severity.UNKNOWN),
        (authorisation("VLOS"), Severity.VIOLATION),
        (authorisation("VLOS", night=False), Severity.VIOLATION),
        (authorisation("VLOS", night=True), Severity.ADVICE),
    ],
)
def test_the_dark_is_flown_only_under_a_clause(field: Field, authorised, severity):
    found = only(dark(field, authorisation=authorised), "night")
    assert found.severity is severity
    assert ("4.2 as asked" in found.message) == (severity is Severity.ADVICE)


def test_a_clearance_up_to_a_height_above_the_sea_needs_known_ground(field: Field):
    frz = zone("TOWN FRZ", "FRZ", east_m=0, radius_m=4000)
    world = field(
        of_world={**airspace(frz)["of_world"], "terrain": UnknownGround()},
        clearances=(clearance(height_m_agl=None, height_m_amsl=600.0),),
    )
    (found,) = findings(world, "flight-restriction-zone")
    assert found.blocks


def test_a_zone_overhead_needs_no_clearance(field: Field):
    above = zone(
        "HIGH", "R", east_m=0, radius_m=4000, lower=vertical_limit(900.0, VerticalDatum.AMSL), top_m=2000.0
    )
    assert only(field(**airspace(above)), "airspace-zone").severity is Severity.OK
