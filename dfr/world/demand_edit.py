"""An estimate of the demand as an edit of a scenario (`demand_edit`): with its source and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dfr.scenario.edits import AllEdits, Edit, RemoveValue, SetValue
from dfr.scenario.features import value_at
from dfr.scenario.schema_parts import MOST_LETTERS
from dfr.world.demand_estimate import DemandEstimate, Estimate, rounded_shares

METHOD = (
    "shares by Dirichlet posteriors with 1/K in each of K cells, days by weekday with Poisson intervals, "
    "95 % intervals"
)


def demand_edit(estimate: DemandEstimate, data: Any, *, source: str) -> AllEdits:
    """The edit of a scenario's plain data that puts the estimate in place of its zones, days and shares.

    `source` says which calls it is from. What calls do not tell stays as it is: how long callers wait, who is
    on the ground, and `rate_cv` where no weekday was observed twice.
    """
    edits: list[Edit] = [
        SetValue(path=["demand", "zones"], value=_zones(estimate, source)),
        SetValue(path=["demand", "days"], value=_days(estimate, data, source)),
    ]
    if value_at(data, ("demand", "points")) is not None:
        edits.append(RemoveValue(path=["demand", "points"]))
    if estimate.grades is not None:
        edits += _grade_edits(estimate, data, source)
    if estimate.rate_cv is not None:
        value = {"value": estimate.rate_cv, "source": f"{source}; days of the same weekday, by moments"}
        edits.append(SetValue(path=["demand", "rate_cv"], value=value))
    return AllEdits(edits=edits, what="estimate the demand from calls")


def _zones(estimate: DemandEstimate, source: str) -> dict[str, Any]:
    told = _list_estimates(
        (zone.id, share) for zone, share in zip(estimate.zones, estimate.shares, strict=True)
    )
    return {
        "source": f"{source}; {METHOD}",
        "note": fit_note("shares with 95 % intervals: ", told),
        "areas": [
            {
                "id": zone.id,
                "name": zone.name,
                "share": zone.share,
                "area": [[round(corner.lat_deg, 6), round(corner.lon_deg, 6)] for corner in zone.area],
            }
            for zone in estimate.zones
        ],
    }


def _days(estimate: DemandEstimate, data: Any, source: str) -> dict[str, Any]:
    """Hour weights and totals; a date of the scenario that the estimate does not speak of keeps its total."""
    before = value_at(data, ("demand", "days", "totals")) or []
    kept = {str(day.get("date")): day.get("calls") for day in before if isinstance(day, dict)}
    kept |= {day.isoformat(): round(found.value, 2) for day, found in estimate.days.items()}
    told = _list_estimates((day.isoformat(), found) for day, found in estimate.days.items())
    notes = "".join(f"{note}; " for note in estimate.notes)
    return {
        "hour_weights": list(estimate.hour_weights()),
        "totals": [{"date": day, "calls": calls} for day, calls in sorted(kept.items())],
        "source": f"{source}; {METHOD}",
        "note": fit_note(f"{notes}calls with 95 % intervals: ", told),
    }


def _grade_edits(estimate: DemandEstimate, data: Any, source: str) -> list[Edit]:
    """The shares of the grades, which stay as they are otherwise."""
    grades = value_at(data, ("demand", "priorities", "grades")) or []
    ids = [str(value_at(grade, ("id",))) for grade in grades]
    if estimate.grades is None or set(ids) != set(estimate.grades):
        return []
    shares = rounded_shares([estimate.grades[id_].value for id_ in ids])
    path: list[str | int] = ["demand", "priorities"]
    edits: list[Edit] = [
        SetValue(path=[*path, "grades", number, "share"], value=share) for number, share in enumerate(shares)
    ]
    told = _list_estimates(estimate.grades.items())
    edits += [
        SetValue(path=[*path, "source"], value=source),
        RemoveValue(path=[*path, "assumed"]),
        SetValue(path=[*path, "note"], value=fit_note("shares with 95 % intervals: ", told)),
    ]
    return edits


def _list_estimates(pairs: Iterable[tuple[str, Estimate]]) -> list[str]:
    return [f"{name} {estimate}" for name, estimate in pairs]


def fit_note(head: str, told: Sequence[str]) -> str:
    """A note of a scenario: a head, and whole items of a list as far as it may go, with how many more.

    >>> fit_note("days: ", ["a 1", "b 2"])
    'days: a 1, b 2'
    """
    kept, room = list[str](), MOST_LETTERS - len(head) - len(", ... and 999,999 more")
    for item in told:
        room -= len(item) + len(", ")
        if room < 0:
            return f"{head}{', '.join(kept)}, ... and {len(told) - len(kept):,} more"
        kept.append(item)
    return head + ", ".join(kept)
