"""The records of a run as the figures want them: replications counted from 0, sums and counts of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfr.metrics.measures import BoolArray, IntArray, counts_of, sums_of
from dfr.sim.events import Records
from dfr.sim.inputs import Deployment, DockPlace, Zone
from dfr.statistics import FloatArray


@dataclass(frozen=True, slots=True)
class RunView:
    """Records, the deployment they are of, and its time with people on duty."""

    records: Records
    deployment: Deployment
    count: int
    ranks: dict[str, IntArray]
    duty_moments_s: FloatArray
    duty_until_s: FloatArray

    @classmethod
    def of(cls, records: Records, deployment: Deployment) -> RunView:
        """The view of a run."""
        order = np.asarray(records.replications)
        ranks = {
            name: np.searchsorted(order, table["replication"]).astype(np.int64)
            for name, table in records.tables.items()
        }
        return cls(records, deployment, len(order), ranks, *_duty_clock(deployment))

    def replication(self, table: str) -> IntArray:
        """The replication of each record, counted from 0."""
        return self.ranks[table]

    def number(self, table: str, name: str) -> FloatArray:
        """A column of numbers."""
        return self.records.column(table, name)

    def is_(self, table: str, name: str, word: str) -> BoolArray:
        """Where a text column holds a word."""
        hits: BoolArray = self.records.column(table, name) == self.records.code(word)
        return hits

    def places(self, table: str, name: str, parts: Sequence[DockPlace | Zone]) -> IntArray:
        """A text column of docks or zones as their numbers in the deployment."""
        place = np.full(len(self.records.words), -1, dtype=np.int64)
        for number, part in enumerate(parts):
            place[self.records.code(part.id)] = number
        return place[self.records.column(table, name)]

    def sums(self, table: str, values: FloatArray) -> FloatArray:
        """Sum over each replication of one value for each record."""
        return sums_of(self.ranks[table], values, self.count)

    def counts(self, table: str) -> FloatArray:
        """Number of records of each replication."""
        return counts_of(self.ranks[table], self.count)

    def ended(self, clock: str, table: str = "flights") -> FloatArray:
        """A clock of the flights or moves, the horizon where it never came."""
        moments = self.number(table, clock)
        return np.where(np.isnan(moments), self.deployment.horizon_s, moments)

    def flown_s(self, since: str) -> FloatArray:
        """Seconds of all flights and moves from a clock to touchdown, for each replication."""
        flights, moves = (
            self.sums(table, self.ended("landed_s", table) - self.number(table, since))
            for table in ("flights", "moves")
        )
        return flights + moves

    def on_duty_s(self, start_s: FloatArray, end_s: FloatArray) -> FloatArray:
        """Seconds between two moments in which people were on duty."""
        until = np.interp(end_s, self.duty_moments_s, self.duty_until_s)
        return np.asarray(until - np.interp(start_s, self.duty_moments_s, self.duty_until_s))

    @property
    def duty_s(self) -> float:
        """Seconds of the horizon with people on duty."""
        return float(self.duty_until_s[-1])

    @property
    def posts_s(self) -> float:
        """Drone seconds that the people on duty may have in use."""
        horizon = self.deployment.horizon_s
        return sum(
            duty.drones * max(0.0, min(duty.end_s, horizon) - max(0.0, duty.start_s))
            for duty in self.deployment.duties
        )


def ready_share(view: RunView, dock: str) -> FloatArray:
    """Share of the time on duty with a charged drone in a dock, for each replication."""
    some = view.is_("readiness", "dock", dock) & (view.number("readiness", "ready") > 0)
    seconds = view.on_duty_s(view.number("readiness", "start_s"), view.number("readiness", "end_s"))
    return share_of(view.sums("readiness", some * seconds), view.duty_s)


def share_of(values: FloatArray, whole: float) -> FloatArray:
    """Values over a whole; NaN where that is nothing."""
    return values / whole if whole > 0.0 else np.full(len(values), np.nan)


def _duty_clock(deployment: Deployment) -> tuple[FloatArray, FloatArray]:
    """Moments, and the seconds on duty up to each."""
    horizon = deployment.horizon_s
    duties = [(max(0.0, d.start_s), min(horizon, d.end_s)) for d in deployment.duties if d.drones > 0]
    moments = np.unique(np.clip([0.0, horizon, *(t for duty in duties for t in duty)], 0.0, horizon))
    middles = 0.5 * (moments[:-1] + moments[1:])
    manned = np.array([any(start <= t < end for start, end in duties) for t in middles], dtype=float)
    return moments, np.concatenate([[0.0], np.cumsum(manned * np.diff(moments))])
