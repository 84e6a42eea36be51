"""The incidents of a shift, each once (`IncidentInbox`): what is new, an update, or came too late."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from dfr.errors import InputError
from dfr.io.incidents.report import IncidentReport

MOST_A_MINUTE = 120
"""Messages of one sender in a minute (assumed: a large control room opens 10, with some updates of each)."""

MOST_AGENCIES, MOST_INCIDENTS = 50, 20_000
WINDOW_S = 60.0


class FloodError(InputError):
    """More messages than anybody sends who means them."""

    code = "incident-flood"


class Arrival(StrEnum):
    """What a message was."""

    NEW = "new"
    UPDATED = "updated"
    SAME = "same"
    OLDER = "older"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An incident after a message: what the message was, and the incident as it now stands.

    `key` is that of the first message about it, by which the shift knows the call.
    """

    arrival: Arrival
    key: tuple[str, str]
    report: IncidentReport


class IncidentInbox:
    """Every incident that came in, by agency and id: another message about one is no second call."""

    def __init__(self) -> None:
        self._reports: dict[tuple[str, str], IncidentReport] = {}
        self._first: dict[tuple[str, str], tuple[str, str]] = {}
        self._seen_s: dict[str, deque[float]] = {}

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def reports(self) -> tuple[IncidentReport, ...]:
        """The incidents as they stand, in the order in which they came."""
        return tuple(self._reports.values())

    def receive(self, report: IncidentReport, *, now_s: float, sender: str = "") -> Received:
        """Take a message that came at `now_s` (of any clock that never jumps). Raises FloodError.

        `sender` is who sent it, whatever agency it names; the agency where nobody knows.
        """
        self._refuse_flood(sender or report.agency, now_s)
        return self._take(report)

    def restore(self, reports: Iterable[IncidentReport]) -> None:
        """Take what a log kept, in its order, as if it came again."""
        for report in reports:
            self._take(report)

    def _take(self, report: IncidentReport) -> Received:
        key = self._key_of(report)
        before = self._reports.get(key)
        if before is None and len(self._reports) >= MOST_INCIDENTS:
            raise FloodError(f"{MOST_INCIDENTS} incidents came in", do="begin another shift")
        arrival, report_now = _judge(report, before)
        self._reports[key] = report_now
        for name in _names(report):
            self._first.setdefault(name, key)
        return Received(arrival=arrival, key=key, report=report_now)

    def _key_of(self, report: IncidentReport) -> tuple[str, str]:
        return next((self._first[name] for name in _names(report) if name in self._first), report.key)

    def _refuse_flood(self, sender: str, now_s: float) -> None:
        if sender not in self._seen_s and len(self._seen_s) >= MOST_AGENCIES:
            raise FloodError(
                f"messages of more than {MOST_AGENCIES} agencies", do="send each agency's own name"
            )
        seen = self._seen_s.setdefault(sender, deque())
        while seen and now_s - seen[0] >= WINDOW_S:
            seen.popleft()
        if len(seen) >= MOST_A_MINUTE:
            raise FloodError(
                f"{sender}: more than {MOST_A_MINUTE} messages in a minute", do="send the rest later"
            )
        seen.append(now_s)


def _names(report: IncidentReport) -> Iterator[tuple[str, str]]:
    """The messages about its incident that a report names: no agency speaks for another's."""
    yield report.key
    yield from (key for key in report.earlier if key[0] == report.agency)


def _judge(report: IncidentReport, before: IncidentReport | None) -> tuple[Arrival, IncidentReport]:
    """What a message is, and the incident as it then stands."""
    if before is None:
        return Arrival.NEW, report
    if report.time < before.time:
        return Arrival.OLDER, before
    # A second message of the same time counts: systems date by the second.
    after = _keep_place(report, before)
    return (Arrival.SAME, before) if after == before else (Arrival.UPDATED, after)


def _keep_place(report: IncidentReport, before: IncidentReport) -> IncidentReport:
    """An update that tells no place leaves the incident where it was said to be."""
    if report.place.position is None and before.place.position is not None:
        return replace(report, place=before.place)
    return report
