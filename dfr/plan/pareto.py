"""What more docks buy, and what fairness costs: layouts that no other beats, each with its proof."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from dfr.plan.layouts import CandidateLayouts
from dfr.plan.model import SitedBy
from dfr.plan.objectives import Objective, SitingObjective, compromises, site

MOST_DOCKS = 8
"""Docks are counted up to so many, or the scenario's own number if that is more."""

BY_DOCKS = (Objective.MCLP, Objective.MEDIAN, Objective.P90, Objective.CENTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """The best that so many docks can do by one objective."""

    docks: int
    sites: tuple[str, ...]
    by: SitedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class FairOption:
    """A layout that no other beats: none covers more without a later worst zone, or as much with an earlier.

    `share_bound` is what any layout with no later worst zone covers at most.
    """

    sites: tuple[str, ...]
    share: float
    share_bound: float
    worst_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoFronts:
    """Options by number of docks, and the compromises of coverage and worst time for `docks` docks.

    Compromises count a zone as covered with the median launch; `proven` says that they are all there are.
    """

    options: tuple[Option, ...]
    docks: int
    compromises: tuple[FairOption, ...]
    proven: bool

    def as_dict(self) -> dict[str, object]:
        """The Pareto fronts as they appear in front.json."""
        return {
            "by_docks": [
                {"docks": option.docks, "sites": list(option.sites), **dataclasses.asdict(option.by)}
                for option in self.options
            ],
            "compromises": {
                "docks": self.docks,
                "proven": self.proven,
                "points": [dataclasses.asdict(point) for point in self.compromises],
            },
        }


def pareto_fronts(layouts: CandidateLayouts, docks: int) -> ParetoFronts:
    """Every number of docks up to `MOST_DOCKS` by each of four objectives, and the compromises of `docks`.

    Raises InfeasibleError where so many docks cannot stand.
    """
    layouts.enough(docks)
    least, most = max(1, len(layouts.forced)), min(layouts.usable, max(MOST_DOCKS, docks))
    options = []
    for count in range(least, most + 1):
        for objective in BY_DOCKS:
            chosen, by = site(layouts, count, SitingObjective(objective=objective))
            options.append(Option(docks=count, sites=_ids(layouts, chosen), by=by))
    front = compromises(layouts, docks)
    total, launch_s = float(layouts.calls.sum()), layouts.scenario.crew.launch.median_s
    fair = (
        FairOption(
            sites=_ids(layouts, point.chosen),
            share=round(point.covered / total, 6),
            share_bound=round(point.bound / total, 6),
            worst_s=round(point.worst_s + launch_s, 3),
        )
        for point in front.points
    )
    return ParetoFronts(options=tuple(options), docks=docks, compromises=tuple(fair), proven=front.proven)


def _ids(layouts: CandidateLayouts, chosen: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(layouts.scenario.candidates[j].id for j in chosen)
