"""Alerts of a live shift: warning, caution and advisory, raised by a cause and gone with it (`AlertBoard`).

After 14 CFR / CS 25.1322: a warning needs an immediate response, a caution immediate awareness, an advisory
awareness. Each occurrence may be acknowledged, which silences that one alone: the same cause sounds again
when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dfr.errors import InputError


class Level(StrEnum):
    """How urgent an alert is."""

    WARNING = "warning"
    CAUTION = "caution"
    ADVISORY = "advisory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What there is to be alerted of now."""

    level: Level
    words: str
    drone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One occurrence of a cause, since `since_s` of the shift; `acknowledged` by whom, '' by nobody."""

    number: int
    key: str
    cause: Cause
    since_s: float
    acknowledged: str = ""


Tell = Callable[[str, Alert], None]
"""Hears that an alert was `raised`, `acknowledged` or is `gone`."""


class AlertBoard:
    """The alerts that stand now, the most urgent first."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._count = tell, 0
        self._standing: dict[str, Alert] = {}

    def update(self, causes: Mapping[str, Cause], now_s: float) -> None:
        """The causes that hold now, by a key that stays the same while one lasts.

        One that becomes more or less urgent is a new occurrence; words may change.
        """
        for key in [key for key in self._standing if key not in causes]:
            self._tell("gone", self._standing.pop(key))
        for key, cause in causes.items():
            standing = self._standing.get(key)
            if standing is not None and standing.cause.level is cause.level:
                self._standing[key] = replace(standing, cause=cause)
                continue
            self._count += 1
            alert = Alert(number=self._count, key=key, cause=cause, since_s=now_s)
            self._standing[key] = alert
            self._tell("raised", alert)

    def acknowledge(self, number: int, by: str) -> Alert:
        """Silence one occurrence. Raises InputError for one that is gone."""
        for key, alert in self._standing.items():
            if alert.number == number:
                self._standing[key] = acknowledged = replace(alert, acknowledged=by)
                self._tell("acknowledged", acknowledged)
                return acknowledged
        raise InputError(f"alert {number} is gone", do="nothing is left to acknowledge")

    @property
    def standing(self) -> list[Alert]:
        """The alerts that stand, the most urgent and then the oldest first."""
        order = list(Level)
        return sorted(self._standing.values(), key=lambda each: (order.index(each.cause.level), each.number))
