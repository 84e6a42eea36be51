"""`dfr sensitivity` as a user runs it."""

import json

import pytest

from tests.cli.verbs import dfr


def test_the_figures_and_their_ranges_can_be_listed_before_anything_is_simulated():
    done = dfr("sensitivity", "winter-storm", "--list", "--vary", "wind=0.8..1.6", "--json")
    listed = json.loads(done.stdout)
    assert done.returncode == 0
    assert (listed["wind"]["low"], listed["wind"]["high"]) == (0.8, 1.6)
    assert listed["crew.launch"]["assumed"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--vary", "crew.launch=60..20", "lower end first"),
        ("--vary", "crew.launch", "is no range"),
        ("--vary", "crew.launch=nan..2", "is no range"),
        ("--vary", "crew.lunch=1..2", "no figure 'crew.lunch'"),
        ("--by", "1.5", "out of range"),
        ("--docks", "2", "two or more numbers"),
        ("--docks", "a,b", "two or more numbers"),
        ("--figure", "nonsense", "nonsense"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_way_on(option, value, words):
    done = dfr("sensitivity", "winter-storm", option, value)
    assert done.returncode == 2
    assert words in done.stderr
    assert " -> " in done.stderr
