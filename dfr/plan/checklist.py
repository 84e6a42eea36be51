"""What a verdict still needs, in the order in which a team works: `make_checklist` of a plan's findings.

Every rule belongs to one step. A step is done when nothing of it stops a go; what only the day brings waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dfr.findings import Finding
from dfr.plan.verdict import Verdict, missing_topic


class StepState(StrEnum):
    """Whether a step is done."""

    DONE = "done"
    TO_DO = "to do"
    ON_THE_DAY = "on the day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of preparing a deployment, and the rules whose findings it clears."""

    id: str
    title: str
    rules: tuple[str, ...]


STEPS = (
    Step(id="country", title="Say whose rules hold", rules=("jurisdiction",)),
    Step(
        id="site",
        title="Draw the real boundary, water, places for docks and areas of calls",
        rules=("placeholder", "dock-place", "keep-in", "keep-out", "site-power", "sky-view"),
    ),
    Step(id="ground", title="Give the height of the ground", rules=("terrain-known", "terrain-profile")),
    Step(id="crowds", title="Say where people gather", rules=("crowd", "ground-risk", "contingency-volume")),
    Step(
        id="air",
        title="Load the airspace, and say who looked for obstacles",
        rules=(
            *("airspace-date", "airspace-class", "airspace-zone", "flight-restriction-zone"),
            *("unmanned-aircraft-zone", "temporary-restriction", "obstacle", "other-traffic"),
        ),
    ),
    Step(
        id="permission",
        title="Enter the authorisation and its clauses",
        rules=("authorisation", "height-limit", "night"),
    ),
    Step(
        id="people",
        title="Place the posts and fill the shifts",
        rules=("visual-line-of-sight", "crew", "duty-hours"),
    ),
    Step(
        id="flights",
        title="Check what the drones are asked to do",
        rules=(
            *("energy-reserve", "safe-landing", "reach", "airframe-limits", "lost-link", "rally-points"),
            *("reserve-choice", "own-drones-apart", "coverage", "flyable-hours"),
        ),
    ),
    Step(id="sources", title="Name who says what is only assumed", rules=("assumed-statement",)),
    Step(id="day", title="On the day, read the NOTAMs and the forecast", rules=("notams", "weather")),
)


IN_TIME = Step(id="time", title="Renew what has ended, and wait for what is yet to come", rules=())
"""Of no rule: at another moment the same plan may be a go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """A step of one plan; `findings` are those that it would clear, `words` what no finding says."""

    step: Step
    state: StepState
    findings: tuple[Finding, ...] = ()
    words: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The item as it appears in JSON."""
        return {
            "id": self.step.id,
            "title": self.step.title,
            "state": self.state.value,
            "findings": [finding.as_dict() for finding in self.findings],
            "words": list(self.words),
        }


def make_checklist(verdict: Verdict, findings: Sequence[Finding]) -> tuple[ChecklistItem, ...]:
    """Every step in order, with what it would clear. `findings` are those of the plan that was judged."""
    return (*(_check_step(step, verdict, findings) for step in STEPS), _check_moment(verdict, findings))


def _check_step(step: Step, verdict: Verdict, findings: Sequence[Finding]) -> ChecklistItem:
    open_now = tuple(f for f in findings if f.rule in step.rules and f.blocks)
    if any(verdict.counts(finding) for finding in open_now):
        state = StepState.TO_DO
    else:
        state = StepState.ON_THE_DAY if open_now else StepState.DONE
    return ChecklistItem(step=step, state=state, findings=open_now)


def _check_moment(verdict: Verdict, findings: Sequence[Finding]) -> ChecklistItem:
    """What the verdict misses that is no finding: a reading that ended, or that is dated in the future."""
    topics = {missing_topic(finding) for finding in findings if finding.blocks}
    words = tuple(words for words in verdict.missing if words not in topics)
    return ChecklistItem(step=IN_TIME, state=StepState.TO_DO if words else StepState.DONE, words=words)
