"""An error says what went wrong and what to do next, apart and together."""

from __future__ import annotations

import pickle

import pytest

from dfr.errors import DfrError, InputError, LinkError, Problem, ScenarioError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InputError("no candidate has a cost", do="add `cost`"), "no candidate has a cost -> add `cost`"),
        (LinkError("the link is closed"), "the link is closed"),
    ],
)
def test_an_error_is_what_went_wrong_and_what_to_do(error: DfrError, text: str) -> None:
    assert str(error) == text
    assert text == (f"{error.what} -> {error.do}" if error.do else error.what)


def test_an_error_of_another_process_arrives_whole() -> None:
    error = pickle.loads(pickle.dumps(InputError("a -> b is no name", do="write another")))
    assert (error.what, error.do) == ("a -> b is no name", "write another")
    assert str(error) == "a -> b is no name -> write another"


def test_a_scenario_error_lists_every_problem() -> None:
    problems = tuple(
        Problem(file="a.yaml", line=line, path="docks", what="too few", do="add one") for line in (3, 4)
    )
    assert str(ScenarioError(problems)).splitlines() == [
        "a.yaml:3: docks: too few -> add one",
        "a.yaml:4: docks: too few -> add one",
    ]
