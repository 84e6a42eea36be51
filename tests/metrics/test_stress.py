"""The STRESS-DES report says what was run, in numbers of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfr.metrics.kpi import summarise
from dfr.metrics.stress import stress, stress_markdown
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import Spread

MANIFEST: dict[str, Any] = {
    "scenario_sha256": "aa11", "inputs_sha256": "bb22", "seed": 77, "sites": ["east"],
    "traced_calls": None, "versions": {"dfr": "9.9", "simpy": "4.1"},
}  # fmt: skip


@pytest.fixture
def sections(
    inputs: SimInputs, records: Callable[..., Any], call: Callable[..., Any]
) -> dict[str, dict[str, str]]:
    """The report of two replications with one call each."""
    inputs = replace(inputs, launch=Spread.lognormal(35.0, 55.0))
    summary = summarise(records({"calls": [call(0)]}, {"calls": [call(0)]}), inputs.deployment, seed=77)
    return stress(inputs, summary, MANIFEST)


def test_every_section_of_the_checklist_is_filled_in(sections: dict[str, dict[str, str]]) -> None:
    assert [title[0] for title in sections] == ["1", "2", "3", "4", "5", "6"]
    for number, items in sections.items():
        assert items
        assert all(name.startswith(number[0]) and text for name, text in items.items())


def test_it_holds_the_runs_own_numbers(sections: dict[str, dict[str, str]]) -> None:
    text = stress_markdown(sections)
    for own in ("aa11", "bb22", "seed 77", "2 independent replications", "east: 2", "dfr 9.9", "2.00 days"):
        assert own in text
    assert "launch: lognormal, median 35 s, p90 55 s" in text
    assert "172.8 calls expected over 48 hours" in text
    assert "`call_to_overhead_s`" in text


def test_traced_calls_are_named_as_such(
    inputs: SimInputs, records: Callable[..., Any], call: Callable[..., Any]
) -> None:
    summary = summarise(records({"calls": [call(0)]}), inputs.deployment, seed=77)
    found = stress(inputs, summary, {**MANIFEST, "traced_calls": 31})
    assert "31 calls of a log" in found["3 Data"]["3.3 Input parameters"]
