"""Which calls of a scenario each of two designs of a drone reaches: the same calls, one by one.

Runs of one seed have the same calls (`dfr.sim` draws them from streams of their own), so a call of one run is
the call of that replication and number in the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dfr.errors import InputError
from dfr.metrics.kpi import Summary
from dfr.sim.events import MISSED, Records

Reached = Mapping[tuple[int, int], bool]
"""Of each call, by replication and number: whether a drone came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsOfDesign:
    """What became of the calls with one design.

    `open_share` is the share of the time in which the weather was within its limits; `missed_by` counts the
    calls that no drone reached by the reason that held when the caller gave up.
    """

    key: str
    calls: int
    reached: int
    within_target: float | None
    open_share: float
    missed_by: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignsOnScenario:
    """One or two designs on the same calls; `both` to `neither` count the calls, None for one design."""

    scenario: str
    replications: int
    seed: int
    designs: tuple[CallsOfDesign, ...]
    both: int | None
    only_first: int | None
    only_second: int | None
    neither: int | None
    assumptions: tuple[str, ...]


def compare_designs(
    runs: Sequence[tuple[str, Summary, Records]],
    *,
    scenario: str,
    replications: int,
    seed: int,
    assumptions: tuple[str, ...],
) -> DesignsOnScenario:
    """One or two designs, each by its key, figures and records, on the same calls.

    Raises InputError for any other number of them.
    """
    if not 1 <= len(runs) <= 2:
        raise InputError(f"{len(runs)} designs cannot be set side by side", do="give one or two")
    reached = [_find_reached(records) for _, _, records in runs]
    counted = tuple(
        _count_calls(key, summary, records, calls)
        for (key, summary, records), calls in zip(runs, reached, strict=True)
    )
    both, only_first, only_second, neither = (
        _count_pairs(*reached) if len(reached) == 2 else (None, None, None, None)
    )
    return DesignsOnScenario(
        scenario=scenario,
        replications=replications,
        seed=seed,
        designs=counted,
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=neither,
        assumptions=assumptions,
    )


def _find_reached(records: Records) -> Reached:
    numbers = zip(records.column("calls", "replication"), records.column("calls", "call"), strict=True)
    return {
        (int(replication), int(call)): outcome != MISSED
        for (replication, call), outcome in zip(numbers, records.text("calls", "outcome"), strict=True)
    }


def _count_calls(key: str, summary: Summary, records: Records, reached: Reached) -> CallsOfDesign:
    outcomes, reasons = records.text("calls", "outcome"), records.text("calls", "reason")
    lengths = records.column("weather", "end_s") - records.column("weather", "start_s")
    opened = records.text("weather", "hold") == ""
    missed = Counter(str(r) for r, o in zip(reasons, outcomes, strict=True) if o == MISSED)
    return CallsOfDesign(
        key=key,
        calls=len(reached),
        reached=sum(reached.values()),
        within_target=summary.kpis["within_target"].mean,
        open_share=float(lengths[opened].sum() / max(float(lengths.sum()), 1e-9)),
        missed_by=dict(missed.most_common()),
    )


def _count_pairs(first: Reached, second: Reached) -> tuple[int, int, int, int]:
    """(both, only the first, only the second, neither) of the calls that both runs have."""
    kinds = Counter((first[call], second[call]) for call in first.keys() & second.keys())
    return kinds[True, True], kinds[True, False], kinds[False, True], kinds[False, False]
