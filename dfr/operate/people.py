"""Who may do what in a live shift: a token for each person, with a role and an end (`People`)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from dfr.errors import DfrError, InputError
from dfr.io.files import OWNER_ONLY, read_bounded, write_atomically

TOKEN_BYTES = 24


class NotAllowedError(DfrError):
    """Somebody who may not do this; nothing was done."""

    code = "not-allowed"
    exit_code = 2


class TokenError(NotAllowedError):
    """A token that is unknown or has expired."""

    code = "token"


class Role(StrEnum):
    """What a person, or a system, may do; each of the first four may do what those before it may.

    A safety pilot announces other traffic and gives the second yes, a pilot sends and recalls drones, a lead
    also ends the shift. A CAD system only reports calls.
    """

    VIEWER = "viewer"
    SAFETY = "safety"
    PILOT = "pilot"
    LEAD = "lead"
    CAD = "cad"

    def may_act_as(self, other: Role) -> bool:
        """Whether this role may do what another may."""
        if Role.CAD in (self, other):
            return self is other
        order = (Role.VIEWER, Role.SAFETY, Role.PILOT, Role.LEAD)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a token: a name, a role, and until when it holds. Only the token's hash is kept."""

    name: str
    role: Role
    until: datetime
    token_sha256: str

    def require(self, *roles: Role) -> None:
        """Raise NotAllowedError unless this person may act in one of these roles."""
        if not any(self.role.may_act_as(role) for role in roles):
            wanted = " or ".join(roles)
            raise NotAllowedError(
                f"{self.name} is {self.role}: this needs a {wanted}, nothing was done", do="ask one of them"
            )


class People:
    """The persons of a shift."""

    def __init__(self, persons: Iterable[Person]) -> None:
        self.persons = tuple(persons)

    def identify(self, token: str, now: datetime) -> Person:
        """The person of a token. Raises NotAllowedError for one that is unknown or has expired."""
        given = _hash(token)
        found = [each for each in self.persons if hmac.compare_digest(each.token_sha256, given)]
        if not token or not found:
            raise TokenError("this token is not known, nothing was done", do="use one of this shift")
        if now >= found[0].until:
            raise TokenError(
                f"the token of {found[0].name} expired at {found[0].until:%Y-%m-%d %H:%M} UTC, "
                "nothing was done",
                do="give out new ones: `dfr operate` with --new-tokens",
            )
        return found[0]


def issue_tokens(names: Iterable[tuple[str, Role]], *, now: datetime, hours: float) -> dict[Person, str]:
    """A new token for each name and role."""
    until = now + timedelta(hours=hours)
    issued = {}
    for name, role in names:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        issued[Person(name=name, role=role, until=until, token_sha256=_hash(token))] = token
    return issued


def write_people(path: Path, people: Iterable[Person]) -> None:
    """Keep the persons, without their tokens, in a file of its owner."""
    rows = [
        {
            "name": each.name,
            "role": each.role.value,
            "until": each.until.isoformat(),
            "token_sha256": each.token_sha256,
        }
        for each in people
    ]
    write_atomically(path, json.dumps(rows, indent=2) + "\n", mode=OWNER_ONLY)


def read_people(path: Path) -> People:
    """The persons in a file. Raises InputError for one that was changed into something else."""
    try:
        rows = json.loads(read_bounded(path))
        return People(
            Person(
                name=str(row["name"]),
                role=Role(row["role"]),
                until=datetime.fromisoformat(row["until"]),
                token_sha256=str(row["token_sha256"]),
            )
            for row in rows
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: no list of persons ({error})", do="give out new tokens") from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
