"""The N-1 report: what each single loss costs, in pairs on the same calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dfr.metrics.compare import Difference, compare
from dfr.metrics.kpi import Summary, summarise
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import SimInputs
from dfr.sim.losses import losses

SHOWN = ("within_target", "attended", "first_on_scene", "call_to_overhead_s", "drone_ready")
"""The figures whose change a loss is judged by; the first decides which is worst."""

OnLoss = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """One loss and what it changes; `changes` are with the loss less without."""

    kind: str
    what: str
    changes: tuple[Difference, ...]

    def as_dict(self) -> dict[str, object]:
        """The loss as JSON."""
        return {
            "lost": self.kind,
            "what": self.what,
            "changes": {
                gap.name: {
                    "without_loss": gap.first,
                    "with_loss": gap.second,
                    "difference": gap.difference,
                    "low": gap.low,
                    "high": gap.high,
                }
                for gap in self.changes
            },
        }


def n_minus_1(
    inputs: SimInputs, whole: Summary, *, jobs: int = 1, on_loss: OnLoss | None = None
) -> tuple[LossReport, ...]:
    """What every single loss costs, the worst first, on the calls of the run that `whole` is of."""
    reports = []
    for done, loss in enumerate(losses(inputs), start=1):
        run = simulate_inputs(loss.inputs, replications=whole.replications, seed=whole.seed, jobs=jobs)
        without = summarise(run.records, run.inputs.deployment, seed=whole.seed)
        gaps = {gap.name: gap for gap in compare(whole, without)}
        changes = tuple(gaps[name] for name in SHOWN if name in gaps)
        reports.append(LossReport(kind=loss.kind, what=loss.what, changes=changes))
        if on_loss is not None:
            on_loss(done)
    return tuple(sorted(reports, key=_worst_first))


def _worst_first(report: LossReport) -> tuple[float, str, str]:
    first = report.changes[0].difference if report.changes else None
    return (0.0 if first is None else first, report.kind, report.what)
