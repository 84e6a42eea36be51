"""How permissions are written in a scenario file, and what its reader says to a mere text."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dfr.errors import ScenarioError
from dfr.io.scenario_files import parse_scenario
from dfr.scenario.model import OperationKind, Scenario

WRITTEN = """\
  authorisation:
    reference: UAS 7712/2026
    issuer: CAA
    valid_from: 2024-01-01
    valid_to: 2024-12-31
    allows:
      kind: {value: [VLOS, EVLOS], clause: "2.1 within sight"}
      night: {value: true, clause: "2.4 day and night"}
      height_m_agl: {value: 120, clause: "2.2 not above 400 ft"}
"""
CLEARED = """\
clearances:
  - zone: LEE-ON-SOLENT FRZ
    authority: Lee Tower
    reference: LEE/24/8
    start: 2024-08-23 09:00Z
    end: 2024-08-25 22:00
    height_m_agl: 120
    conditions: call 15 min before
    contact: "01234 567"
"""


@pytest.fixture(scope="module")
def base(repository: Path) -> str:
    """The shipped Victorious scenario without its authorisation."""
    text = (repository / "scenarios" / "victorious-2024.yaml").read_text()
    start = text.index("  authorisation:")
    return text[:start] + "  #HERE#\n" + text[text.index("  posts:", start) :]


@pytest.fixture
def read(repository: Path, base: str) -> Callable[..., Scenario]:
    def _read(authorisation: str = "", top: str = "") -> Scenario:
        text = base.replace("  #HERE#\n", authorisation) + top
        return parse_scenario(text.encode(), name="s.yaml", folder=repository / "scenarios")

    return _read


def refusal(read: Callable[..., Scenario], *written: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(*written)
    return str(caught.value)


def test_an_authorisation_is_read_clause_by_clause(read) -> None:
    held = read(WRITTEN).operation.authorisation
    assert held.label == "UAS 7712/2026 (CAA)"
    assert held.allows.kind.value == (OperationKind.VLOS, OperationKind.EVLOS)
    assert held.allows.night.text == "2.4 day and night"
    assert held.allows.crowd_overflight is None, "what it does not say is not allowed"
    assert held.valid_to.isoformat() == "2025-01-01T00:00:00+00:00", "the last day counts whole"


def test_a_document_is_vouched_for_by_its_reference(read) -> None:
    told = {item.path: item for item in read(WRITTEN, CLEARED).assumptions}
    assert told["operation.authorisation"].source == "UAS 7712/2026"
    assert not told["clearances[0]"].assumed


@pytest.mark.parametrize("text", ["OA 12", "applied for", "TBC", "refused", "granted by phone"])
def test_a_text_is_no_authorisation_and_the_new_form_is_spelt_out(read, text: str) -> None:
    said = refusal(read, f"  authorisation: {text}\n")
    assert f"the text '{text}' permits nothing" in said
    assert "write {reference: ..., issuer: ..., valid_from: 2026-01-01" in said


@pytest.mark.parametrize(
    "reference",
    ["applied for 12 June", "TBC", "refused 3/24", "OA 12 pending", "verbal", "yes", "to be confirmed 1"],
)
def test_a_reference_that_says_it_is_not_held_is_none(read, reference: str) -> None:
    said = refusal(read, WRITTEN.replace("UAS 7712/2026", reference))
    assert "operation.authorisation.reference" in said
    assert "is not a permission" in said or "is not a reference" in said
    assert "clearances[0].reference" in refusal(read, WRITTEN, CLEARED.replace("LEE/24/8", reference))


NOT_QUOTED = [
    "applied for",
    "TBC",
    "2.1 TBC",
    "-",
    "n/a",
    "refused",
    "pending 2.1",
    "to be filled in",
    "3 not yet granted",
]


@pytest.mark.parametrize("clause", NOT_QUOTED)
def test_a_clause_that_quotes_nothing_allows_nothing(read, clause: str) -> None:
    said = refusal(read, WRITTEN.replace("2.4 day and night", clause))
    assert "operation.authorisation" in said
    assert f"allows.night: '{clause}' quotes no clause" in said


@pytest.mark.parametrize(
    "clause", ["5 by night on request of the sergeant", "7.2 over roads unless refused by ATC"]
)
def test_a_clause_may_speak_of_requests_and_refusals(read, clause: str) -> None:
    held = read(WRITTEN.replace("2.4 day and night", clause)).operation.authorisation
    assert held.allows.night.text == clause


def test_who_refused_has_issued_nothing(read) -> None:
    assert "'refused' names nobody" in refusal(read, WRITTEN.replace("issuer: CAA", "issuer: refused"))


@pytest.mark.parametrize("answer", ["TBC", "not yet given", "unknown", "?", "pending a reply of the council"])
def test_an_answer_that_is_still_open_answers_nothing(read, answer: str) -> None:
    top = f"answers:\n  - {{topic: police-law, answer: {json.dumps(answer)}, reference: Act 12}}\n"
    assert "is not an answer" in refusal(read, WRITTEN, top)


def test_that_nothing_applies_is_an_answer(read) -> None:
    top = "answers:\n  - {topic: police-law, answer: none of it applies here, reference: Act 12}\n"
    assert read(WRITTEN, top).answers[0].text == "none of it applies here"


def test_a_clearance_takes_times_in_utc_as_notices_write_them(read) -> None:
    (leave,) = read(WRITTEN, CLEARED).clearances
    assert leave.start == datetime(2024, 8, 23, 9, 0, tzinfo=UTC)
    assert f"{leave.start:%H:%M}" == "10:00", "shown in local time"
    assert leave.end == datetime(2024, 8, 25, 21, 0, tzinfo=UTC)


BROKEN = {
    "no zone and no kind": ("  - zone: LEE-ON-SOLENT FRZ\n    authority", "  - authority", "names no zone"),
    "two heights": (
        "    height_m_agl: 120",
        "    height_m_agl: 120\n    height_m_amsl: 90",
        "needs one height",
    ),
    "no height": ("    height_m_agl: 120\n", "", "needs one height"),
    "ends before it starts": ("2024-08-25 22:00", "2024-08-22 22:00", "end is not after start"),
    "no authority": ("    authority: Lee Tower\n", "", "authority"),
    "no contact": ('    contact: "01234 567"\n', "", "contact"),
    "assumed without a reason": (
        "    height_m_agl",
        "    assumed: true\n    height_m_agl",
        "assumed without a reason",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), BROKEN.values(), ids=BROKEN)
def test_a_clearance_that_is_not_whole_is_refused(read, old: str, new: str, said: str) -> None:
    assert old in CLEARED
    assert said in refusal(read, WRITTEN, CLEARED.replace(old, new))


def test_a_restriction_exempts_nobody_by_itself(repository: Path) -> None:
    text = (repository / "scenarios" / "isle-of-wight-2024.yaml").read_text()
    text = text.replace("    status: possible\n", "    status: possible\n    exempt: true\n")
    with pytest.raises(
        ScenarioError, match="exempt: true is not a permission -> take it out and write clearances"
    ):
        parse_scenario(text.encode(), name="s.yaml", folder=repository / "scenarios")


def test_water_may_be_none_in_a_word(repository: Path) -> None:
    text = (repository / "scenarios" / "urban-fringe-999.yaml").read_text()
    before, rest = text.split("  water:", 1)
    after = rest[rest.index("\ncandidates:") :]
    read = [
        parse_scenario(f"{before}{said}{after}".encode(), name="s", folder=repository)
        for said in ("", "  water: none\n", "  water: []\n")
    ]
    assert [scenario.site.water for scenario in read] == [None, (), ()]
