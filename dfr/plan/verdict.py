"""The verdict on a plan at a moment: GO, NO GO or UNKNOWN, in the one wording that every output prints.

Days ahead (`Stage.PLAN`) a go is subject to the facts that only the day brings (`Finding.due`); from 24 hours
before the start (`Stage.DAY`) the same facts are unknown until given. A go ends with the first reading,
cycle or permission that it rests on (`Finding.validity`). The time is always given, never read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dfr.errors import NonCompliantError
from dfr.findings import DayFact, Finding, Severity, Validity, counted_noun
from dfr.plan.model import CoverageHour, Plan
from dfr.scenario.model import Scenario

DAY_BEFORE = timedelta(hours=24)
"""The day stage begins this long before the start: the longest that a reading of NOTAMs stands."""

AVAILABLE = {
    DayFact.NOTAMS: "read them within the 24 h before the start, and again before each flight",
    DayFact.WEATHER: "TAFs and forecasts of the day come out within the 24 h before the start",
}
"""When the facts of the day can be had."""

EXERCISE = "EXERCISE"
EXERCISE_PREFIX = f"{EXERCISE}: "
"""What every output of an exercise says, and says first."""

SHARES = (
    (0.02, "almost none"),
    (0.07, "about one in twenty"),
    (0.15, "about a tenth"),
    (0.29, "about a quarter"),
    (0.41, "about a third"),
    (0.58, "about half"),
    (0.7, "about two thirds"),
    (0.82, "about three quarters"),
    (0.93, "about nine tenths"),
    (0.995, "nearly all"),
)
"""Shares in words, each up to its bound; above the last it is all."""

WEEK = timedelta(days=7)
MOST_CLOSURES = 3


class Stage(StrEnum):
    """How near the flight is."""

    PLAN = "plan"
    DAY = "day"


class VerdictKind(StrEnum):
    """What a plan comes to."""

    NO_GO = "NO GO"
    UNKNOWN = "UNKNOWN"
    GO = "GO"


FORMS = {
    VerdictKind.GO: "GO for N of M hours",
    VerdictKind.NO_GO: "NO GO",
    VerdictKind.UNKNOWN: "UNKNOWN: what is missing",
}
"""The headline of each kind of verdict, as the help and the docs show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a plan comes to at a moment, and what a commander must know of it.

    `missing` names what is unknown and blocks, `outstanding` what a go of the plan stage is subject to.
    `valid_until` is when a go ends, None where nothing bounds it; `valid_because` what ends then.
    """

    kind: VerdictKind
    stage: Stage
    exercise: bool
    flyable_hours: int
    planned_hours: int
    commander: str
    violations: int = 0
    missing: tuple[str, ...] = ()
    outstanding: tuple[DayFact, ...] = ()
    valid_until: datetime | None = None
    valid_because: str = ""

    @property
    def go(self) -> bool:
        """True where it may be flown, in the hours that can be."""
        return self.kind is VerdictKind.GO

    def counts(self, finding: Finding) -> bool:
        """Whether a finding stops the go at this stage: what only the day brings does not, days ahead."""
        return finding.blocks and not (self.stage is Stage.PLAN and finding.due is not None)

    @property
    def prefix(self) -> str:
        """What stands before every title and headline of an exercise; '' for a real operation."""
        return EXERCISE_PREFIX if self.exercise else ""

    @property
    def headline(self) -> str:
        """The verdict in one line, as every output prints it."""
        words = f"{self.prefix}{self.kind.value}"
        if self.kind is VerdictKind.NO_GO:
            return words
        if self.kind is VerdictKind.UNKNOWN:
            return f"{words}: {', '.join(self.missing)}"
        words += f" for {self.flyable_hours} of {_hours_words(self.planned_hours)}"
        if not self.outstanding:
            return words
        return f"{words}, subject to {' and '.join(fact.value for fact in self.outstanding)} of the day"

    @property
    def lines(self) -> tuple[str, ...]:
        """The headline, the commander's sentence, what is outstanding and how long a go is valid."""
        due = [f"{_capitalise(fact.value)} of the day: {AVAILABLE[fact]}." for fact in self.outstanding]
        until = (
            [f"Valid until {_time_words(self.valid_until)}: {self.valid_because}."]
            if self.valid_until
            else []
        )
        return (self.headline, self.commander, *due, *until)

    def as_dict(self) -> dict[str, object]:
        """The verdict as it appears in JSON."""
        return {
            "verdict": self.kind.value,
            "headline": self.headline,
            "lines": list(self.lines),
            "commander": self.commander,
            "stage": self.stage.value,
            "exercise": self.exercise,
            "flyable_hours": self.flyable_hours,
            "planned_hours": self.planned_hours,
            "violations": self.violations,
            "missing": list(self.missing),
            "outstanding": {fact.value: AVAILABLE[fact] for fact in self.outstanding},
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
            "valid_because": self.valid_because,
        }


def exercise_title(scenario: Scenario, title: str) -> str:
    """A title that says EXERCISE where the scenario is one."""
    return f"{EXERCISE_PREFIX}{title}" if scenario.exercise else title


def stage_at(scenario: Scenario, now: datetime, *, day: bool = False) -> Stage:
    """The stage at a moment: the day's within 24 h of the start, or where `day` asks for it."""
    return Stage.DAY if day or now >= scenario.period.start - DAY_BEFORE else Stage.PLAN


def verdict_of(scenario: Scenario, plan: Plan, *, now: datetime, day: bool = False) -> Verdict:
    """The verdict on a checked plan at a moment; `day` asks for the day stage whatever the time."""
    stage = stage_at(scenario, now, day=day)
    violations = sum(found.severity is Severity.VIOLATION for found in plan.findings)
    unknown = [found for found in plan.findings if found.severity is Severity.UNKNOWN]
    ahead = [found for found in unknown if stage is Stage.PLAN and found.due is not None]
    renewed = _due_again(scenario, plan.findings, stage)
    resting = [found for found in plan.findings if found not in renewed]
    validities = (
        () if scenario.exercise else _find_validities(scenario, resting, ahead=bool(ahead or renewed))
    )
    over = [_ended_words(validity) for validity in validities if validity.until <= now]
    early = [_not_yet(validity) for validity in validities if _begins_after(validity, plan, now)]
    future = [_not_made(validity) for validity in validities if validity.made_at and validity.made_at > now]
    missing = [*(missing_topic(found) for found in unknown if found not in ahead), *over, *early, *future]
    kind = VerdictKind.NO_GO if violations else VerdictKind.UNKNOWN if missing else VerdictKind.GO
    ends = min(validities, key=lambda validity: validity.until, default=None)
    hours = plan.coverage_by_hour
    return Verdict(
        kind=kind,
        stage=stage,
        exercise=scenario.exercise,
        flyable_hours=sum(hour.flyable for hour in hours),
        planned_hours=len(hours),
        commander=_for_the_commander(scenario, plan, kind, violations),
        violations=violations,
        missing=tuple(dict.fromkeys(missing)),
        outstanding=tuple(fact for fact in DayFact if any(found.due is fact for found in (*ahead, *renewed))),
        valid_until=ends.until if ends is not None and kind is VerdictKind.GO else None,
        valid_because=f"then {ends.what} ends" if ends is not None and kind is VerdictKind.GO else "",
    )


def require_go(verdict: Verdict, *, simulated: bool) -> None:
    """Raise NonCompliantError where a vehicle must not fly what was judged."""
    if verdict.exercise and not simulated:
        raise NonCompliantError(
            f"{verdict.headline}: an exercise is flown on no vehicle that is not marked simulated",
            do="take `exercise: true` out of the scenario and answer what is assumed in it",
        )
    if not verdict.go:
        raise NonCompliantError(f"{verdict.headline}. {verdict.commander}", do="see `dfr check`")


def _due_again(scenario: Scenario, findings: Iterable[Finding], stage: Stage) -> list[Finding]:
    """Days ahead: facts of the day that are given, and no longer hold when the operation starts."""
    if stage is Stage.DAY:
        return []
    given = [found for found in findings if found.due is not None and found.validity is not None]
    return [f for f in given if f.validity is not None and f.validity.until < scenario.period.start]


def _find_validities(scenario: Scenario, findings: Iterable[Finding], *, ahead: bool) -> Sequence[Validity]:
    """What ends a go: each thing that a finding rests on, and the deployment itself.

    Where facts of the day are still due, the time before the day does too.
    """
    resting = [found.validity for found in findings if found.validity is not None]
    resting.append(Validity(what="the deployment", until=scenario.period.end))
    if ahead:
        day_begins = scenario.period.start - DAY_BEFORE
        resting.append(Validity(what="the time before the facts of the day are due", until=day_begins))
    return resting


def missing_topic(finding: Finding) -> str:
    """What an unknown finding lacks, in the words of its rule."""
    return finding.due.value if finding.due is not None else finding.rule.replace("-", " ")


def _ended_words(validity: Validity) -> str:
    return f"{validity.what} ended {_time_words(validity.until)}"


def _not_made(validity: Validity) -> str:
    dated = "" if validity.made_at is None else _time_words(validity.made_at)
    return f"{validity.what} is dated {dated}, which is yet to come"


def _begins_after(validity: Validity, plan: Plan, now: datetime) -> bool:
    """Whether it begins to hold only after the next hour with calls."""
    ends = [datetime.fromisoformat(hour.hour) + timedelta(hours=1) for hour in plan.coverage_by_hour]
    coming = next((end for end in ends if end > now), None)
    return validity.since is not None and coming is not None and coming <= validity.since


def _not_yet(validity: Validity) -> str:
    return f"{validity.what} before {_time_words(validity.since)}" if validity.since else validity.what


def _for_the_commander(scenario: Scenario, plan: Plan, kind: VerdictKind, violations: int) -> str:
    """One sentence for whoever decides: what the drones do for how many calls, and when they do not fly."""
    if not any(hour.flyable for hour in plan.coverage_by_hour):
        return "Do not fly: no hour with calls can be flown."
    if kind is VerdictKind.NO_GO:
        return f"Do not fly: {counted_noun(violations, 'violation')} must be resolved first."
    limit = _limit_words(plan.siting_limit_s)
    served = f"Overhead within {limit} of the decision for {_share_words(plan.objective)} of the calls"
    closed = _closure_words(scenario, plan.coverage_by_hour)
    where = served if not closed else f"{served} in the hours flown; no flying {closed}"
    ready = "" if kind is VerdictKind.GO else "Do not fly before what is missing is known. If it is clear: "
    return f"{ready}{where if not ready else where[0].lower() + where[1:]}."


def _closure_words(scenario: Scenario, hours: Sequence[CoverageHour]) -> str:
    """When no drone flies, as spans of whole hours; only their number where there are many."""
    dated = scenario.period.end - scenario.period.start > WEEK
    spans: list[list[datetime]] = []
    shut = True
    for hour in hours:
        start = datetime.fromisoformat(hour.hour)
        if hour.flyable:
            shut = False
            continue
        if spans and shut and start - spans[-1][1] < DAY_BEFORE / 2:
            spans[-1][1] = start + timedelta(hours=1)
        else:
            spans.append([start, start + timedelta(hours=1)])
        shut = True
    if len(spans) > MOST_CLOSURES:
        closed = sum(not hour.flyable for hour in hours)
        return f"in {closed} of {_hours_words(len(hours))}"
    return " and ".join(_span_words(start, end, dated=dated) for start, end in spans)


def _span_words(start: datetime, end: datetime, *, dated: bool) -> str:
    """A span of hours.

    >>> _span_words(datetime(2024, 8, 24, 10), datetime(2024, 8, 24, 20), dated=False)
    'Saturday 10 to 20 h'
    """
    day = "%A %d %B" if dated else "%A"
    if end.hour == 0:
        return f"{start:{day}} {start.hour} to 24 h"
    if start.date() == end.date():
        return f"{start:{day}} {start.hour} to {end.hour} h"
    return f"{start:{day}} {start.hour} h to {end:{day}} {end.hour} h"


def _share_words(share: float) -> str:
    """A share as a commander says it.

    >>> _share_words(0.52), _share_words(1.0)
    ('about half', 'all')
    """
    return next((words for bound, words in SHARES if share <= bound), "all")


def _limit_words(seconds: float) -> str:
    """A limit of time in words.

    >>> _limit_words(120.0), _limit_words(90.0)
    ('2 min', '90 s')
    """
    return f"{seconds / 60:g} min" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g} s"


def _hours_words(count: int) -> str:
    return counted_noun(count, "hour")


def _time_words(when: datetime) -> str:
    return f"{when:%a %d %b %Y %H:%M %Z}"


def _capitalise(words: str) -> str:
    return words[:1].upper() + words[1:]
