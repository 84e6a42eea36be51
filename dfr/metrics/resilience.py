"""N-1: the same deployment without one of its parts for the whole period, and what each such loss costs.

Losses are compared in pairs on the same calls. A dock that is lost, or whose command link is, sends no drone:
the two differ in what is repaired, not in what callers get. A pilot who is missing leaves the others to fly
what they may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import floor

from dfr.metrics.compare import Difference, compare
from dfr.metrics.kpi import Summary, summarise
from dfr.scenario.key_figures import PRIMARY, Better, judged_figure
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import Duty, SimInputs

SHOWN = ("within_target", "attended", "first_on_scene", "call_to_overhead_s", "drone_ready")
"""The figures whose change a loss is judged by, beside the primary one, which decides which is worst."""

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
    inputs: SimInputs,
    whole: Summary,
    *,
    primary: str = PRIMARY,
    jobs: int = 1,
    on_loss: OnLoss | None = None,
) -> tuple[LossReport, ...]:
    """What every single loss costs, on the calls of the run that `whole` is of.

    The worst comes first, by the primary figure as it is shown.
    """
    shown = dict.fromkeys((primary, *SHOWN))
    reports = []
    for done, loss in enumerate(losses(inputs), start=1):
        run = simulate_inputs(loss.inputs, replications=whole.replications, seed=whole.seed, jobs=jobs)
        without = summarise(run.records, run.inputs.deployment, seed=whole.seed)
        gaps = {gap.name: gap for gap in compare(whole, without)}
        changes = tuple(gaps[name] for name in shown if name in gaps)
        reports.append(LossReport(kind=loss.kind, what=loss.what, changes=changes))
        if on_loss is not None:
            on_loss(done)
    sign = -1.0 if judged_figure(primary).better is Better.LESS else 1.0
    return tuple(sorted(reports, key=lambda report: _gain_by(report, sign)))


def _gain_by(report: LossReport, sign: float) -> tuple[float, str, str]:
    """How much better the primary figure is with the loss; unknown counts as nothing."""
    first = report.changes[0].difference if report.changes else None
    return (0.0 if first is None else sign * first, report.kind, report.what)


DOCK, DRONE, PILOT = "dock_or_its_link", "drone", "remote_pilot"
"""What can be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One part gone: which, and the deployment without it."""

    kind: str
    what: str
    inputs: SimInputs


def losses(inputs: SimInputs) -> Iterator[Loss]:
    """Every single loss of a deployment: each dock (or its link), a drone of each dock, a pilot.

    A dock with one drone loses it as it loses itself, so that comes once.
    """
    for number, dock in enumerate(inputs.docks):
        yield Loss(kind=DOCK, what=dock.id, inputs=_with_drones(inputs, number, 0))
    for number, dock in enumerate(inputs.docks):
        if dock.drones > 1:
            yield Loss(kind=DRONE, what=dock.id, inputs=_with_drones(inputs, number, dock.drones - 1))
    if any(duty.remote_pilots > 1 for duty in inputs.duties):
        duties = tuple(_short_of_one(duty) for duty in inputs.duties)
        yield Loss(kind=PILOT, what="every shift", inputs=replace(inputs, duties=duties))


def _with_drones(inputs: SimInputs, number: int, drones: int) -> SimInputs:
    docks = tuple(
        replace(dock, drones=drones, spare=dock.spare if drones else 0) if index == number else dock
        for index, dock in enumerate(inputs.docks)
    )
    return replace(inputs, docks=docks)


def _short_of_one(duty: Duty) -> Duty:
    """A shift with a remote pilot fewer, and what the others may fly; a lone pilot stays."""
    if duty.remote_pilots < 2:
        return duty
    pilots = duty.remote_pilots - 1
    return replace(duty, remote_pilots=pilots, drones=floor(duty.drones * pilots / duty.remote_pilots))
