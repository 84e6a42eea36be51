"""The rules of a country are its own: cited alone, true of the place, and silent where they do not reach."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dfr.findings import Basis, Severity
from dfr.geo import LocalFrame, Position
from dfr.plan.jurisdictions import Binds
from dfr.plan.planner import make_plan
from dfr.plan.rules import JURISDICTIONS, NONE, RULES
from dfr.scenario import model as m
from dfr.world.coverage import DATA_NEEDS
from dfr.world.model import World

from .compliance_world import airspace, findings, zone
from .conftest import FIELD_AUTHORISATION, Field, authorisation

MUNICH = Position(lat_deg=48.1372, lon_deg=11.5755)
DENVER = Position(lat_deg=39.74, lon_deg=-104.99)
BRITISH = re.compile(r"\bUK\b|UKPDRA|\bANO\b|NPCC|\bCAA\b|\bCAP \d|S\.I\.|NATS")


def answer(topic: str, **changes) -> m.Answer:
    held = m.Answer(topic=topic, text="allowed by the state", reference="PAG article 47")
    return replace(held, **changes)


EU_ANSWERS = (answer("police-law"), answer("national-zones"))


def abroad(field: Field, key: str, centre: Position, **changes) -> World:
    """The field as a scenario of another country: only its stated centre moves."""
    told = {"authorisation": replace(FIELD_AUTHORISATION, issuer="the authority")}
    world = field(jurisdiction=key, site={"centre": centre}, operation=told, **changes)
    return replace(world, frame=LocalFrame(field().scenario.site.centre))


def jurisdiction_findings(world: World, severity: Severity) -> list[str]:
    return [f.message for f in findings(world, "jurisdiction", severity)]


def test_where_no_rules_are_loaded_no_plan_is_a_go(field: Field):
    (found,) = findings(field(jurisdiction="none"), "jurisdiction")
    assert found.severity is Severity.UNKNOWN
    assert "No set of rules is loaded" in found.message
    assert found.fix == "write jurisdiction: uk"


@pytest.mark.parametrize(("key", "centre"), [("eu", MUNICH), ("us", DENVER)])
def test_a_report_abroad_cites_no_british_law(field: Field, key, centre):
    plan = make_plan(abroad(field, key, centre, exercise=False))
    said = [f"{f.rule}: {f.message} {f.fix} {f.source} {f.basis.value}" for f in plan.findings]
    assert [line for line in said if BRITISH.search(line) or "npcc" in line] == []
    assert any("2019/947" in line if key == "eu" else "14 CFR 107" in line for line in said)


def test_at_home_findings_cite_the_law_of_the_land(field: Field):
    frz = zone("TOWN FRZ", "FRZ", east_m=0, radius_m=4000)
    (found,) = findings(field(**airspace(frz)), "height-limit")[:1]
    assert found.basis is Basis.NPCC_POLICY
    assert "NPCC" in found.source


@pytest.mark.parametrize(
    ("key", "centre", "says"),
    [
        ("uk", MUNICH, "48.13720 N 11.57550 E is outside it, in the European Union and associated states"),
        (
            "uk",
            Position(lat_deg=-1.09, lon_deg=50.78),
            "Read the other way round, 50.78000 N 1.09000 W is in the United Kingdom",
        ),
        ("us", Position(lat_deg=35.68, lon_deg=139.69), "in no country whose rules are loaded"),
        ("eu", Position(lat_deg=54.18, lon_deg=-6.34), "may be outside it"),
    ],
)
def test_a_site_elsewhere_than_its_rules_is_unknown_with_both_readings(field: Field, key, centre, says):
    told = jurisdiction_findings(abroad(field, key, centre, answers=EU_ANSWERS), Severity.UNKNOWN)
    assert any(says in message for message in told)


def test_an_undecided_country_is_settled_by_an_answer_and_a_wrong_one_is_not(field: Field):
    newry, said = Position(lat_deg=54.18, lon_deg=-6.34), (answer("country"),)
    assert jurisdiction_findings(abroad(field, "uk", newry), Severity.UNKNOWN)
    assert not jurisdiction_findings(abroad(field, "uk", newry, answers=said), Severity.UNKNOWN)
    assert jurisdiction_findings(abroad(field, "uk", MUNICH, answers=said), Severity.UNKNOWN)


@pytest.mark.parametrize(
    ("answers", "open_topics"),
    [
        ((), 2),
        ((answer("police-law"),), 1),
        ((answer("weather"), answer("police-law")), 1),
        ((answer("police-law", assumed=True), answer("national-zones")), 1),
        (EU_ANSWERS, 0),
    ],
)
def test_what_the_rules_leave_open_is_unknown_until_answered_by_a_reference(
    field: Field, answers, open_topics
):
    world = abroad(field, "eu", MUNICH, answers=answers, exercise=False)
    assert len(jurisdiction_findings(world, Severity.UNKNOWN)) == open_topics


def test_london_is_told_that_its_helicopter_routes_are_in_no_file(field: Field):
    city = Position(lat_deg=51.51, lon_deg=-0.10)
    assert any(
        "helicopter routes of London" in f
        for f in jurisdiction_findings(abroad(field, "uk", city), Severity.ADVICE)
    )
    assert not any("helicopter" in f for f in jurisdiction_findings(field(), Severity.ADVICE))


@pytest.mark.parametrize(
    ("airspace_class", "kind", "severity"),
    [
        ("D", "VLOS", Severity.ADVICE),
        ("D", "BVLOS", Severity.VIOLATION),
        ("A", "VLOS", Severity.VIOLATION),
        ("C", "EVLOS", Severity.VIOLATION),
    ],
)
def test_class_d_asks_no_permission_of_a_small_drone_in_sight_at_home(
    field: Field, airspace_class, kind, severity
):
    ctr = zone("TOWN CTR", "CTR", east_m=0, radius_m=5000, airspace_class=airspace_class)
    operation = {"kind": m.OperationKind(kind), "authorisation": authorisation(kind, visual_range_m=900.0)}
    assert findings(field(**airspace(ctr), operation=operation), "airspace-class")[0].severity is severity


@pytest.mark.parametrize(("key", "centre"), [("eu", MUNICH), ("us", DENVER)])
def test_class_d_asks_permission_abroad(field: Field, key, centre):
    ctr = zone("TOWN CTR", "CTR", east_m=0, radius_m=5000, airspace_class="D")
    assert (
        findings(abroad(field, key, centre, **airspace(ctr)), "airspace-class")[0].severity
        is Severity.VIOLATION
    )


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("FRZ", Severity.VIOLATION),
        ("RPZ", Severity.VIOLATION),
        ("ATZ", Severity.VIOLATION),
        ("MATZ", Severity.ADVICE),
        ("NOATZ", Severity.ADVICE),
    ],
)
def test_a_matz_and_a_noatz_are_no_flight_restriction_zones(field: Field, kind, severity):
    around = zone("TOWN", kind, east_m=0, radius_m=4000)
    assert findings(field(**airspace(around)), "flight-restriction-zone")[0].severity is severity


# --- the tables


def test_every_row_is_dated_linked_and_cites_checks_that_exist():
    for rules in JURISDICTIONS.values():
        for row in rules.rows:
            assert row.document, row
            assert row.link, row
            assert row.dated or not row.confirmed, row
            assert set(row.checks) <= set(RULES), row


def test_no_check_is_cited_by_two_rows_of_a_country():
    for rules in JURISDICTIONS.values():
        cited = [check for row in rules.rows for check in row.checks]
        assert len(cited) == len(set(cited))


def test_every_set_of_rules_names_the_air_data_that_a_go_needs():
    assert set(DATA_NEEDS) == set(JURISDICTIONS) - {NONE.key}


def test_what_binds_british_police_by_law_is_not_the_open_category():
    law = [row for row in JURISDICTIONS["uk"].rows if row.binds is Binds.LAW]
    assert law
    assert not [row for row in law if "2019/947" in row.document]
