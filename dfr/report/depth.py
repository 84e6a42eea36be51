"""The report's further parts, where a run has them: single losses, fronts, STRESS-DES, hours one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dfr.metrics.resilience import LossReport
from dfr.plan.model import CoverageHour, Plan
from dfr.plan.pareto import Fronts
from dfr.report.views import front

SHARE_FIGURES = ("within_target", "attended", "first_on_scene", "drone_ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What was looked into besides the run itself; empty where nobody asked."""

    losses: Sequence[LossReport] = ()
    fronts: Fronts | None = None
    stress: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def shown(depth: Depth, plan: Plan) -> dict[str, object]:
    """What the page's template asks for."""
    flyable = [hour for hour in plan.coverage_by_hour if hour.flyable]
    return {
        "losses": [_loss(report) for report in depth.losses],
        "fronts": depth.fronts,
        "front_svg": "" if depth.fronts is None else front(depth.fronts),
        "stress": depth.stress,
        "hours": [_hour(hour) for hour in flyable],
        "hours_alike": len({(hour.share, hour.mean_s, hour.worst_s) for hour in flyable}) == 1,
    }


def _loss(report: LossReport) -> dict[str, object]:
    """One loss: each figure with all in order, without, and the interval of the difference."""
    figures = []
    for change in report.changes:
        share = change.name in SHARE_FIGURES
        figures.append(
            {
                "name": change.name.removesuffix("_s").replace("_", " ") + ("" if share else ", s"),
                "whole": _written(change.first, share=share),
                "left": _written(change.second, share=share),
                "low": _written(change.low, share=share, sign=True),
                "high": _written(change.high, share=share, sign=True),
            }
        )
    return {"what": f"{report.kind.replace('_', ' ')} {report.what}", "figures": figures}


def _hour(hour: CoverageHour) -> dict[str, str]:
    return {
        "hour": hour.hour[:16].replace("T", " "),
        "wind": f"{hour.wind_mps:.1f} m/s from {hour.wind_from_deg:.0f}°",
        "share": _written(hour.share, share=True),
        "mean": _written(hour.mean_s, share=False),
        "worst": _written(hour.worst_s, share=False),
    }


def _written(value: float | None, *, share: bool, sign: bool = False) -> str:
    if value is None:
        return "unknown"
    plus = "+" if sign else ""
    return f"{100 * value:{plus}.1f} %" if share else f"{value:{plus}.1f}"
