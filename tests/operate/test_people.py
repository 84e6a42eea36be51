"""Tokens and roles: each person may do what the role says, for as long as the token holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dfr.errors import InputError
from dfr.operate.people import (
    NotAllowedError,
    People,
    Role,
    TokenError,
    issue_tokens,
    read_people,
    write_people,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def issued():
    return issue_tokens([("Ann", Role.PILOT), ("Sam", Role.SAFETY)], now=NOW, hours=8.0)


def test_a_token_names_its_person(issued):
    for person, token in issued.items():
        assert People(issued).identify(token, NOW) == person


@pytest.mark.parametrize("token", ["", "guess", "null"])
def test_an_unknown_token_is_refused(issued, token):
    with pytest.raises(TokenError, match="not known, nothing was done"):
        People(issued).identify(token, NOW)


def test_a_token_is_refused_from_the_moment_at_which_it_expires(issued):
    people, (token, *_) = People(issued), issued.values()
    people.identify(token, NOW + timedelta(hours=8.0, seconds=-1.0))
    with pytest.raises(TokenError, match="the token of Ann expired at 2026-06-01 20:00 UTC"):
        people.identify(token, NOW + timedelta(hours=8.0))


def test_the_file_keeps_the_persons_and_no_token(issued, tmp_path):
    file = tmp_path / "people.json"
    write_people(file, issued)
    assert read_people(file).persons == tuple(issued)
    assert not any(token in file.read_text() for token in issued.values())
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{}[", '[{"name": "x"}]', '[{"name":"x","role":"king"}]', "3"])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    file = tmp_path / "people.json"
    file.write_text(text)
    with pytest.raises(InputError, match="no list of persons"):
        read_people(file)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.SAFETY, {Role.VIEWER, Role.SAFETY}),
        (Role.PILOT, {Role.VIEWER, Role.SAFETY, Role.PILOT}),
        (Role.LEAD, {Role.VIEWER, Role.SAFETY, Role.PILOT, Role.LEAD}),
        (Role.CAD, {Role.CAD}),
    ],
)
def test_each_role_may_do_what_those_below_it_may(role, may):
    assert {other for other in Role if role.may_act_as(other)} == may


def test_whoever_may_not_is_told_who_may(issued):
    ann, sam = issued
    ann.require(Role.SAFETY)
    with pytest.raises(NotAllowedError, match="Sam is safety: this needs a pilot"):
        sam.require(Role.PILOT)
