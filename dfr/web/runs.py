"""Simulations started from the page: one at a time, in a thread, with progress that anyone may ask for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from dfr.errors import DfrError, InputError
from dfr.metrics.compare import compare
from dfr.metrics.kpi import Summary, summarise
from dfr.plan.model import Plan
from dfr.sim.events import Records
from dfr.sim.experiment import simulate
from dfr.world.model import World

MOST_REPLICATIONS = 2_000
"""From a page; longer studies are for `dfr simulate`."""

MOST_RUNS = 20
MOST_SEED = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A simulation that ended: of which plan, its records and its figures."""

    number: int
    label: str
    world: World
    plan: Plan
    records: Records
    summary: Summary

    def as_dict(self) -> dict[str, Any]:
        """The run as the page lists it."""
        summary = {k: v for k, v in self.summary.as_dict().items() if k != "kpis"}
        kpis = [
            {"name": k.name, "unit": k.unit, "what": k.what, **k.as_dict()}
            for k in self.summary.kpis.values()
        ]
        docks = ", ".join(site.name for site in self.plan.sites)
        return {"number": self.number, "label": self.label, "sites": docks, **summary, "kpis": kpis}


class _StoppedError(Exception):
    """Somebody pressed Stop."""


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

    def add(self, label: str, world: World, plan: Plan, records: Records, summary: Summary) -> None:
        """Keep a run; the oldest goes when there are too many."""
        with self._lock:
            run = FinishedRun(
                number=self._next, label=label, world=world, plan=plan, records=records, summary=summary
            )
            self._next += 1
            self._finished = [*self._finished, run][-MOST_RUNS:]

    def start(self, world: World, plan: Plan, *, replications: int, seed: int, label: str) -> None:
        """Begin a simulation. Raises InputError for numbers that make no sense, or while another runs."""
        if not 1 <= replications <= MOST_REPLICATIONS:
            raise InputError(
                f"{replications} replications", do=f"1 to {MOST_REPLICATIONS} here, more with `dfr simulate`"
            )
        if not 0 <= seed < MOST_SEED:
            raise InputError(f"seed {seed}", do=f"0 to {MOST_SEED - 1}")
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise InputError("a simulation is running", do="wait for it, or stop it")
            self._stop.clear()
            self._progress = {"running": True, "done": 0, "total": replications, "error": ""}
            self._thread = threading.Thread(
                target=self._run, args=(world, plan, replications, seed, label), daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """End the simulation that runs, if one does."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and wait until the processes of the simulation are gone."""
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout=30.0)

    @property
    def progress(self) -> dict[str, Any]:
        """How far the simulation is, and why it failed if it did."""
        return dict(self._progress)

    @property
    def finished(self) -> list[FinishedRun]:
        """The runs there are, oldest first."""
        return list(self._finished)

    def run(self, number: int) -> FinishedRun:
        """A run by its number. Raises InputError where there is none."""
        found = next((run for run in self._finished if run.number == number), None)
        if found is None:
            raise InputError(f"no run {number}", do="choose one of the list")
        return found

    def differences(self, first: int, second: int) -> list[dict[str, Any]]:
        """Paired differences of two runs, second less first."""
        found = compare(self.run(first).summary, self.run(second).summary)
        return [
            {
                "name": d.name,
                "unit": d.unit,
                "first": d.first,
                "second": d.second,
                "difference": d.difference,
                "low": d.low,
                "high": d.high,
                "clear": d.clear,
            }
            for d in found
        ]

    def _run(self, world: World, plan: Plan, replications: int, seed: int, label: str) -> None:
        def on_done(done: int) -> None:
            self._progress["done"] = done
            if self._stop.is_set():
                raise _StoppedError

        try:
            run = simulate(
                world, plan, replications=replications, seed=seed, jobs=self._jobs, on_done=on_done
            )
            summary = summarise(run.records, run.inputs.deployment, seed=seed)
            self.add(label, world, plan, run.records, summary)
        except _StoppedError:
            self._progress["error"] = "stopped"
        except DfrError as error:
            self._progress["error"] = str(error)
        finally:
            self._progress["running"] = False
