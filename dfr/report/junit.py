"""A rehearsal as JUnit XML, so that a CI page shows each finding and each flown phase."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from dfr.findings import Finding, by_danger
from dfr.metrics.flown import RehearsedFlight
from dfr.plan.verdict import Verdict


def junit_xml(
    scenario: str,
    findings: Sequence[Finding],
    flights: Sequence[RehearsedFlight],
    *,
    verdict: Verdict,
    problem: str = "",
) -> str:
    """JUnit XML with suites for verdict, findings and each flight; what blocks a go or differs is a failure.

    `problem` says why a planned flight did not happen; it is a failure too.
    """
    root = ET.Element("testsuites", name=f"dfr rehearse {scenario}")
    reasons = ". ".join(line.rstrip(".") for line in verdict.lines)
    _add_suite(root, "verdict", [(verdict.headline, "" if verdict.go else reasons, 0.0)], said=reasons)
    against = [(f.rule, f.message if verdict.counts(f) else "", 0.0) for f in by_danger(findings)]
    _add_suite(root, "findings", against)
    for flight in flights:
        cases = [
            (
                phase.phase.value,
                "" if phase.agrees else f"predicted {phase.predicted_s} s, flown {phase.flown_s} s",
                phase.flown_s or 0.0,
            )
            for phase in flight.phases
        ]
        not_landed = "it did not come to rest, disarmed, within the tolerance of its guidance"
        cases.append(("landed", "" if flight.landed else not_landed, 0.0))
        _add_suite(root, f"flight {flight.site_id} to {flight.zone_id}", cases)
    if problem:
        _add_suite(root, "flights", [("every dispatch is flown", problem, 0.0)])
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_suite(
    root: ET.Element, name: str, cases: Sequence[tuple[str, str, float]], *, said: str = ""
) -> None:
    failures = sum(bool(failure) for _, failure, _ in cases)
    name = _numbered(name, [other.get("name") for other in root])
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)), failures=str(failures))
    for case, failure, seconds in cases:
        shown = _numbered(case, [other.get("name") for other in suite])
        node = ET.SubElement(suite, "testcase", classname=name, name=shown, time=f"{seconds:.1f}")
        if failure:
            ET.SubElement(node, "failure", message=failure)
        if said:
            ET.SubElement(node, "system-out").text = said


def _numbered(name: str, taken: Sequence[str | None]) -> str:
    """A name that is not taken yet: CI pages show one of those that share a name."""
    alike = sum(other == name or (other or "").startswith(f"{name} #") for other in taken)
    return name if not alike else f"{name} #{alike + 1}"
