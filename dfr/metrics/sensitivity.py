"""What uncertain figures do to an answer (`Sensitivity`), each at the two ends of its range."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.metrics.compare import Difference
from dfr.metrics.decision_value import DecisionValue
from dfr.metrics.kpi import Summary
from dfr.scenario.uncertain import Lever


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A deployment, simulated and judged: its figures, its verdict, and the rules that stop a go.

    `refused` says why there is none; '' where there is one.
    """

    summary: Summary | None = None
    verdict: str = ""
    stopped_by: frozenset[str] = frozenset()
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A figure at one end of its range: its value there, what came of it, and how the answer differs."""

    value: float
    judged: Judged
    difference: Difference | None

    @property
    def shift(self) -> float | None:
        """By how much the answer differs from that of the figure as it is; None where there is none."""
        return None if self.difference is None else self.difference.difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an uncertain figure does to the answer, and what knowing it is worth to the decision."""

    lever: Lever
    low: End
    high: End
    worth: DecisionValue | None = None

    @property
    def swing(self) -> float:
        """The larger of the two shifts, whichever way; 0 where there is none."""
        return max((abs(end.shift) for end in (self.low, self.high) if end.shift is not None), default=0.0)

    @property
    def clear(self) -> bool:
        """Whether at one end at least the answer differs by more than chance."""
        return any(end.difference is not None and end.difference.clear for end in (self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Numbers of docks to choose from, and how much of the key figure a further dock must bring."""

    docks: tuple[int, ...]
    dock_must_bring: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The answer as it is, and the effect of each figure, the largest first."""

    scenario: str
    exercise: bool
    figure: str
    unit: str
    base: Judged
    seed: int
    replications: int
    docks: tuple[str, ...]
    effects: tuple[Effect, ...]
    decision: Decision | None = None

    @property
    def answer(self) -> float | None:
        """The key figure as it is."""
        return None if self.base.summary is None else self.base.summary.kpis[self.figure].mean
