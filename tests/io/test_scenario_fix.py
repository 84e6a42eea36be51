"""Old forms of a scenario brought up to date: only what needs no guess, and every other byte kept."""

from __future__ import annotations

import pytest
import yaml

from dfr.io.scenario_edit import update_old_form

BLOCK = b"""\
# ours
restrictions:
  - name: RA(T)      # the festival
    exempt: false    # we asked nobody
    status: possible
  - exempt: false
    name: TDA
operation:
  authorisation: applied for   # since May
"""

FLOW = b"restrictions: [{name: RA(T), exempt: false}, {exempt: false, name: TDA}]\n"


def test_a_false_exemption_is_taken_out_and_the_rest_kept_to_the_byte():
    new, done = update_old_form(BLOCK)
    assert new == (
        b"# ours\nrestrictions:\n  - name: RA(T)      # the festival\n    status: possible\n"
        b"  - name: TDA\noperation:\n  authorisation: null   # since May\n"
    )
    assert [what.split(":")[0] for what in done] == [
        "restrictions[0].exempt",
        "restrictions[1].exempt",
        "operation.authorisation",
    ]


def test_lists_in_braces_are_brought_up_to_date_too():
    new, _ = update_old_form(FLOW)
    assert yaml.safe_load(new) == {"restrictions": [{"name": "RA(T)"}, {"name": "TDA"}]}


@pytest.mark.parametrize(
    "text",
    [
        b"restrictions: [{name: RA(T), exempt: true}]\n",
        b"operation: {authorisation: OA 12}\n",
        b"restrictions: []\n",
        b"name: x\n",
    ],
    ids=["an exemption", "a reference", "nothing", "no such part"],
)
def test_what_would_have_to_be_guessed_is_left_as_it_is(text):
    assert update_old_form(text) == (text, ())
