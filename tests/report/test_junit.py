"""A rehearsal as JUnit: what blocks or differs is a failure, and only that."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np

from dfr.findings import Basis, DayFact, Finding, Severity
from dfr.metrics.flown import RehearsedFlight, compare_phases
from dfr.plan.verdict import Stage, Verdict, VerdictKind
from dfr.report.junit import junit_xml
from dfr.track import FlightTrack, Phase


def finding(rule, severity):
    return Finding(rule=rule, severity=severity, message=f"{rule} <&>", basis=Basis.ASSUMED, source="test")


def flight(flown, *, landed):
    still = np.zeros(2)
    track = FlightTrack(
        name="t", t_s=np.arange(2.0), east_m=still, north_m=still, height_m=still, return_t_s=None
    )
    return RehearsedFlight(
        site_id="D1",
        zone_id="Z1",
        vehicle="built-in",
        airframe="quad",
        wind="calm",
        phases=compare_phases(dict.fromkeys(Phase, 50.0), flown),
        predicted=track,
        flown=track,
        landed=landed,
        docked=False,
        dock_tolerance_m=0.125,
        landing_error_m=None,
        notes=(),
    )


def verdict(kind, **more):
    return Verdict(
        kind=kind,
        stage=Stage.PLAN,
        exercise=True,
        flyable_hours=2,
        planned_hours=3,
        commander="Do not fly: the airspace is not known.",
        **more,
    )


def test_what_blocks_or_differs_fails_and_the_rest_passes():
    flown = dict.fromkeys(Phase, 50.0) | {Phase.OUT: 60.0}
    text = junit_xml(
        "s",
        [
            finding("airspace", Severity.UNKNOWN),
            finding("height", Severity.OK),
            finding("crew", Severity.ADVICE),
        ],
        [flight(flown, landed=False)],
        verdict=verdict(VerdictKind.UNKNOWN, missing=("airspace",)),
    )
    suites = {suite.get("name"): suite for suite in ET.fromstring(text)}
    failed = {
        name: [case.get("name") for case in suite if case.find("failure") is not None]
        for name, suite in suites.items()
    }
    assert failed == {
        "verdict": ["EXERCISE: UNKNOWN: airspace"],
        "findings": ["airspace"],
        "flight D1 to Z1": ["out", "landed"],
    }
    assert "Do not fly: the airspace is not known" in ET.tostring(suites["verdict"], encoding="unicode")
    assert suites["findings"].get("tests") == "3"
    assert suites["findings"].get("failures") == "1"


def test_a_fact_of_the_day_is_no_failure_days_ahead():
    due = replace(finding("weather", Severity.UNKNOWN), due=DayFact.WEATHER)
    text = junit_xml("s", [due], [], verdict=verdict(VerdictKind.GO, outstanding=(DayFact.WEATHER,)))
    assert ET.fromstring(text).find(".//failure") is None
    assert "EXERCISE: GO for 2 of 3 hours, subject to weather of the day" in text


def test_findings_of_one_rule_and_flights_of_one_pair_have_names_of_their_own():
    found = [
        finding("airspace", Severity.UNKNOWN),
        finding("airspace", Severity.OK),
        finding("crew", Severity.OK),
    ]
    twice = [flight(dict.fromkeys(Phase, 50.0), landed=True) for _ in range(2)]
    root = ET.fromstring(junit_xml("s", found, twice, verdict=verdict(VerdictKind.GO)))
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(cases) == len(set(cases))
    assert ("findings", "airspace #2") in cases
