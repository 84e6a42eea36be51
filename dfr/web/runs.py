"""Simulations started from the page (`SimulationRuns`): one at a time, in a thread, with their progress."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from dfr.errors import DfrError, InputError
from dfr.metrics.compare import compare
from dfr.metrics.kpi import Summary, summarise
from dfr.plan.model import Plan
from dfr.sim.events import Records
from dfr.sim.experiment import simulate
from dfr.web.page_words import words_for_page
from dfr.world.model import World

MOST_REPLICATIONS = 2_000
"""The most replications from a page; use `dfr simulate` for longer studies."""

MOST_RUNS = 20
MOST_SEED = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A finished simulation: its world, plan and its state ('' unknown), records and key figures."""

    number: int
    label: str
    world: World
    plan: Plan
    records: Records
    summary: Summary
    state: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The run as the page lists it."""
        summary = {k: v for k, v in self.summary.as_dict().items() if k != "kpis"}
        kpis = [
            {"name": k.name, "unit": k.unit, "what": k.what, **k.as_dict()}
            for k in self.summary.kpis.values()
        ]
        docks = ", ".join(site.name for site in self.plan.sites)
        of = {"number": self.number, "label": self.label, "state": self.state}
        return {**of, "sites": docks, **summary, "kpis": kpis}


class _StopPressedError(Exception):
    """The user pressed Stop."""


class SimulationRuns:
    """The simulations of one session."""

    def __init__(self, *, jobs: int = 2) -> None:
        self._lock = threading.Lock()
        self._jobs = jobs
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._finished: list[FinishedRun] = []
        self._progress: dict[str, Any] = {"running": False, "done": 0, "total": 0, "error": ""}
        self._next = 1
        self._started_s = 0.0

    def add_run(
        self, label: str, world: World, plan: Plan, records: Records, summary: Summary, *, state: str = ""
    ) -> None:
        """Keep a run; when there are too many, the oldest is dropped."""
        with self._lock:
            run = FinishedRun(
                number=self._next,
                label=label,
                world=world,
                plan=plan,
                records=records,
                summary=summary,
                state=state,
            )
            self._next += 1
            self._finished = [*self._finished, run][-MOST_RUNS:]

    def start_run(
        self, world: World, plan: Plan, *, replications: int, seed: int, label: str, state: str = ""
    ) -> None:
        """Start a simulation. Raises InputError for numbers out of range, or while another is running."""
        if not 1 <= replications <= MOST_REPLICATIONS:
            raise InputError(
                f"a page cannot simulate {replications} replications",
                do=f"choose 1 to {MOST_REPLICATIONS:,}, or run more with `dfr simulate`",
            )
        if not 0 <= seed < MOST_SEED:
            raise InputError(f"seed {seed} is out of range", do=f"choose 0 to {MOST_SEED - 1}")
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise InputError("a simulation is running", do="wait for it, or stop it")
            self._stop.clear()
            self._started_s = time.monotonic()
            self._progress = {"running": True, "done": 0, "total": replications, "error": ""}
            asked = {"replications": replications, "seed": seed, "label": label, "state": state}
            self._thread = threading.Thread(
                target=self._simulate_in_thread, args=(world, plan), kwargs=asked, daemon=True
            )
            self._thread.start()

    def stop_run(self) -> None:
        """Stop the running simulation, if there is one."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait until the processes of the simulation are gone."""
        self.stop_run()
        if self._thread is not None:
            self._thread.join(timeout=30.0)

    @property
    def progress(self) -> dict[str, Any]:
        """How far the simulation is, the seconds left (None: unknown), and why it ended early if it did."""
        found = dict(self._progress)
        done, total = found["done"], found["total"]
        spent_s = time.monotonic() - self._started_s
        known = found["running"] and done > 0
        return found | {"left_s": spent_s / done * (total - done) if known else None}

    @property
    def finished(self) -> list[FinishedRun]:
        """The finished runs, oldest first."""
        return list(self._finished)

    def find_run(self, number: int) -> FinishedRun:
        """A run by its number. Raises InputError for an unknown number."""
        found = next((run for run in self._finished if run.number == number), None)
        if found is None:
            raise InputError(f"there is no run {number}", do="choose one from the list")
        return found

    def compare_runs(self, first: int, second: int) -> list[dict[str, Any]]:
        """Paired differences of two runs, second minus first."""
        run = self.find_run(first)
        a, b = run.summary, self.find_run(second).summary
        found = compare(a, b, primary=run.world.scenario.simulation.primary_figure)
        return [
            {
                "name": d.name,
                "unit": d.unit,
                "what": a.kpis[d.name].what,
                "first": d.first,
                "second": d.second,
                "difference": d.difference,
                "low": d.low,
                "high": d.high,
                "clear": d.clear,
                "clear_among_all": d.clear_among_all,
                "first_p50": a.kpis[d.name].p50,
                "second_p50": b.kpis[d.name].p50,
            }
            for d in found
        ]

    def _simulate_in_thread(
        self, world: World, plan: Plan, *, replications: int, seed: int, label: str, state: str
    ) -> None:
        def on_done(done: int) -> None:
            self._progress["done"] = done
            if self._stop.is_set():
                raise _StopPressedError

        try:
            run = simulate(
                world, plan, replications=replications, seed=seed, jobs=self._jobs, on_done=on_done
            )
            summary = summarise(run.records, run.inputs.deployment, seed=seed)
            self.add_run(label, world, plan, run.records, summary, state=state)
        except _StopPressedError:
            self._progress["error"] = "stopped"
        except DfrError as error:
            self._progress["error"] = words_for_page(error)
        finally:
            self._progress["running"] = False
