"""The data of the web pages (`PageData`): the plan being edited, runs, flights and vehicles of one server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dfr.api.logs import judge_fleet
from dfr.errors import InputError
from dfr.findings import by_danger, count_by_severity
from dfr.geo import Position
from dfr.io.logs.files import parse_log
from dfr.io.scenario_edit import read_plain_data
from dfr.metrics.timeline import ShiftKind
from dfr.plan.checklist import make_checklist
from dfr.plan.facts import list_facts, state_fact
from dfr.plan.model import DockSite, Plan
from dfr.plan.verdict import Verdict, VerdictKind, exercise_title, verdict_of
from dfr.scenario.model import Scenario
from dfr.sim.events import Records
from dfr.sim.experiment import simulate
from dfr.web.base_map import BaseMap, TileServer
from dfr.web.control import Control
from dfr.web.data_age import describe_data
from dfr.web.editor import EditStep, ScenarioEditor
from dfr.web.features import map_features
from dfr.web.flown_track import tracks_since
from dfr.web.hours import hours_of, isochrones_of
from dfr.web.imports import Imports, kept_beside
from dfr.web.layers import Layers, drawn_layers, plan_layers, soonest_routes, static_layers
from dfr.web.live import LiveVehicle
from dfr.web.replay import replay_of_log, shift_of
from dfr.web.runs import SimulationRuns
from dfr.world.airspace import Airspace
from dfr.world.model import World

SAMPLE = 0
"""The number of the run that is simulated for the Replay page where there is none yet."""

SAMPLE_REPLICATIONS = 5
"""Few, so that the page need not wait: the middle one is shown as typical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedVehicle:
    """A vehicle on the live page: its state and its commands."""

    live: LiveVehicle
    control: Control


@dataclass(slots=True, kw_only=True)
class PageData:
    """The state behind the pages; a part is None or empty where the server was started without it."""

    editor: ScenarioEditor | None = None
    runs: SimulationRuns = field(default_factory=SimulationRuns)
    flights: dict[str, dict[str, Any]] = field(default_factory=dict)
    served: list[ServedVehicle] = field(default_factory=list)
    basemap: Path | None = None
    imports: Imports = field(default_factory=Imports)
    tiles: TileServer | None = None
    _base: BaseMap | None = None
    _static: tuple[Airspace, int, Layers] | None = None
    _sample: tuple[EditStep, Records] | None = None
    _sampling: threading.Lock = field(default_factory=threading.Lock)
    _isochrones: tuple[EditStep, list[dict[str, Any]]] | None = None
    _working_out: threading.Lock = field(default_factory=threading.Lock)

    def require_editor(self) -> ScenarioEditor:
        """The editor of the plan. Raises InputError where no scenario is served."""
        if self.editor is None:
            raise InputError(
                "no scenario is served", do="start with `dfr serve --scenario NAME` or `--run DIR`"
            )
        return self.editor

    def describe_server(self) -> dict[str, Any]:
        """What this server offers, for the head of every page."""
        scenario = None if self.editor is None else self.editor.step.world.scenario
        return {
            "title": _page_title(scenario),
            "exercise": scenario is not None and scenario.exercise,
            "plan": scenario is not None,
            "basemap": self.basemap is not None,
            "tiles": None if self.tiles is None else self.tiles.as_dict(),
            "live": bool(self.served),
            "allow_control": any(vehicle.control.allowed for vehicle in self.served),
        }

    def fixed_layers(self) -> Layers:
        """The layers that change only with the airspace and the base map; a page asks for them once."""
        world, base = self.require_editor().step.world, self.base_map().version
        if self._static is None or self._static[0] is not world.airspace or self._static[1] != base:
            self._static = (world.airspace, base, static_layers(world))
        return self._static[2]

    def show_import(self, data: bytes, name: str, wanted: str) -> dict[str, Any]:
        """What a dropped file holds, as what it is taken for; nothing changes yet."""
        step = self.require_editor().step
        return self.imports.show(data, name, wanted, step.data.decode("utf-8-sig"), step.world.scenario)

    def show_calls(self, document: dict[str, Any]) -> dict[str, Any]:
        """What a dropped table of calls says, with its columns matched by hand."""
        step = self.require_editor().step
        return self.imports.show_calls(document, step.data.decode("utf-8-sig"), step.world.scenario)

    def take_over(self, document: dict[str, Any]) -> None:
        """Take a dropped file over as one edit of the plan; what the scenario names is kept beside it."""
        editor = self.require_editor()
        step, folder = editor.step, editor.folder
        text = step.data.decode("utf-8-sig")
        taken = self.imports.take_over(document, text, step.world.scenario, folder=folder)
        if taken.file is not None and editor.why_not_saved:
            raise InputError(f"nothing can be kept beside the scenario: {editor.why_not_saved}")
        with kept_beside(folder, taken.file):
            editor.apply(taken.edit)
        self.imports.forget(str(document.get("id", "")))

    def base_map(self) -> BaseMap:
        """What lies under the plan, as the files beside the scenario say."""
        editor = self.require_editor()
        if self._base is None:
            self._base = BaseMap(editor.path, read_only=editor.why_not_saved)
        return self._base

    def change_base_map(self, change: Callable[[BaseMap], None]) -> dict[str, Any]:
        """Change what lies under the plan, and tell every open page."""
        base = self.base_map()
        change(base)
        self.require_editor().news.announce()
        return base.describe()

    def site_centre(self) -> Position:
        """The middle of the site as edited."""
        return self.require_editor().step.world.scenario.site.centre

    def plan_state(self) -> dict[str, Any]:
        """The plan page's state, all of one moment."""
        editor = self.require_editor()
        history, first = editor.history, editor.first
        step = history.step
        plan, before = step.plan, first.plan
        best, best_before = soonest_routes(plan), soonest_routes(before)
        features = map_features(read_plain_data(step.data.decode()))
        return {
            **editor.status(history),
            "features": features,
            "layers": {**drawn_layers(step.world, features), **plan_layers(step.world, plan)},
            "centre": _site_centre(step.world.scenario),
            "boundary": [[p.lon_deg, p.lat_deg] for p in step.world.scenario.site.boundary],
            "docks": [_dock_state(plan, site) for site in plan.sites],
            "zones": [
                {
                    "id": zone.id,
                    "name": zone.name,
                    "share": zone.share,
                    "from": best[zone.id].site_id if zone.id in best else None,
                    "overhead_s": best[zone.id].overhead_s if zone.id in best else None,
                    "before_s": best_before[zone.id].overhead_s if zone.id in best_before else None,
                }
                for zone in step.world.scenario.demand.zones
            ],
            "coverage": [
                [limit, share, before.coverage.get(limit)] for limit, share in plan.coverage.items()
            ],
            "mean_s": [plan.mean_overhead_s, before.mean_overhead_s],
            "limit_s": plan.siting_limit_s,
            "objective": plan.objective,
            "layouts": [{"docks": gain.docks, "share": gain.share} for gain in plan.layouts],
            "profiles": _profiles(plan),
            "wind": None
            if plan.planning_wind is None
            else {
                "hour": plan.planning_wind.hour,
                "mps": plan.planning_wind.wind_mps,
                "from_deg": plan.planning_wind.wind_from_deg,
            },
            "period": _local_times(step.world.scenario),
            "assumed_weather": step.world.scenario.weather.assumed,
            "ceiling_m": step.world.scenario.operation.height_limit_m_agl,
            "hours": [
                {
                    "hour": h.hour,
                    "wind_mps": h.wind_mps,
                    "wind_from_deg": h.wind_from_deg,
                    "share": h.share,
                    "mean_s": h.mean_s,
                    "worst_s": h.worst_s,
                    "flyable": h.flyable,
                    "limited_by": h.limited_by,
                }
                for h in plan.coverage_by_hour
            ],
            "verdict": _verdict_now(step).as_dict(),
            "findings": [finding.as_dict() for finding in by_danger(plan.findings)],
            "checklist": self.checklist(step)["steps"],
            "counted": count_by_severity(plan.findings),
        }

    def hours(self, step: EditStep) -> list[dict[str, Any]]:
        """A plan hour by hour."""
        return hours_of(step.world, step.plan)

    def isochrones(self, step: EditStep) -> list[dict[str, Any]]:
        """How soon a drone is overhead anywhere on the site, hour by hour; worked out once for each plan."""
        with self._working_out:
            if self._isochrones is None or self._isochrones[0] is not step:
                self._isochrones = (step, isochrones_of(step.world, step.plan))
            return self._isochrones[1]

    def checklist(self, step: EditStep) -> dict[str, Any]:
        """What the verdict now still needs, in order, and the facts that can be stated in each step."""
        verdict, findings = _verdict_now(step), by_danger(step.plan.findings)
        facts = list_facts(read_plain_data(step.data.decode("utf-8-sig")))
        return {
            "verdict": verdict.kind.value,
            "steps": [
                {**item.as_dict(), "facts": [fact.as_dict() for fact in facts if fact.step == item.step.id]}
                for item in make_checklist(verdict, findings)
            ],
        }

    def state_fact(self, document: dict[str, Any]) -> None:
        """State a fact of the checklist as one edit of the plan."""
        editor, answers = self.require_editor(), document.get("answers", {})
        if not isinstance(answers, dict):
            raise InputError("answers is no mapping", do="send {field: answer}")
        data = read_plain_data(editor.step.data.decode("utf-8-sig"))
        editor.apply(state_fact(str(document.get("fact", "")), answers, data))

    def explain_saving(self, step: EditStep) -> dict[str, Any]:
        """What saving a step means: its verdict, and whether the file alone would give other docks."""
        saving, verdict = self.require_editor().explain_saving(step), _verdict_now(step)
        chosen, others = (", ".join(names) for names in (saving.docks, saving.file_docks))
        return {
            "go": verdict.kind is VerdictKind.GO,
            "verdict": verdict.headline,
            "docks": chosen,
            "other_docks": f"From this file the planner would choose other docks: {others}."
            if saving.other_docks
            else "",
        }

    def standing(self) -> dict[str, Any]:
        """What the head of every page says: the plan's state, its verdict now, and how old its data are."""
        if self.editor is None:
            return {"state": "", "version": 0}
        history = self.editor.history
        verdict = _verdict_now(history.step)
        return {
            "state": history.step.state,
            "version": history.version,
            "verdict": verdict.kind.value,
            "headline": verdict.headline,
            "data": describe_data(history.step.world),
            "base": self.base_map().version,
        }

    def list_replays(self) -> dict[str, Any]:
        """What there is to replay."""
        runs = [{"number": run.number, "label": run.label} for run in self.runs.finished]
        return {"runs": runs, "flights": list(self.flights)}

    def replay_shift(self, number: int, kind: str) -> dict[str, Any]:
        """A simulated shift of a run, to replay."""
        if kind not in list(ShiftKind):
            raise InputError(f"there is no kind of shift {kind!r:.20}", do=f"choose {', '.join(ShiftKind)}")
        if number == SAMPLE:
            return self._sample_shift(ShiftKind(kind))
        run = self.runs.find_run(number)
        return shift_of(run.world, run.plan, run.records, ShiftKind(kind))

    def _sample_shift(self, kind: ShiftKind) -> dict[str, Any]:
        """A shift of the plan as it stands, simulated for the Replay page alone where nothing else was."""
        step = self.require_editor().step
        with self._sampling:
            if self._sample is None or self._sample[0] is not step:
                run = simulate(step.world, step.plan, replications=SAMPLE_REPLICATIONS, seed=1, jobs=1)
                self._sample = (step, run.records)
        return shift_of(step.world, step.plan, self._sample[1], kind)

    def replay_flight(self, name: str) -> dict[str, Any]:
        """A flight by its name; only flights that were read at the start are found."""
        if name not in self.flights:
            raise InputError(f"there is no flight {name!r:.60}", do="choose one from the list")
        return self.flights[name]

    def add_log(self, data: bytes) -> dict[str, Any]:
        """The flights of an uploaded log, of any format that `dfr log` reads."""
        log = parse_log(data, name="uploaded log")
        if self.editor is None:
            return replay_of_log(log, ceiling_m=None)
        scenario = self.editor.step.world.scenario
        ceiling_m, judged = scenario.operation.height_limit_m_agl, judge_fleet(scenario.fleet)
        return replay_of_log(log, ceiling_m=ceiling_m, judged=judged)

    def vehicle_states(self) -> dict[str, Any]:
        """The state of the live page: each vehicle with its commands, in the order given at the start."""
        return {"vehicles": [vehicle.live.as_dict() | vehicle.control.as_dict() for vehicle in self.served]}

    def tracks(self, known: str) -> list[dict[str, Any]]:
        """What each vehicle has flown beyond what a page knows (`read_known`)."""
        return tracks_since([each.live.track for each in self.served], known)

    def control_of(self, number: int) -> Control:
        """The control of a vehicle. Raises InputError where there is no such vehicle."""
        if not self.served:
            raise InputError("no vehicle is connected", do="start with `dfr serve --vehicle URL`")
        if not 0 <= number < len(self.served):
            raise InputError(f"there is no vehicle {number}", do=f"choose 0 to {len(self.served) - 1}")
        return self.served[number].control

    def world_and_plan(self) -> tuple[World, Plan] | None:
        """The world and plan as edited; None where no scenario is served."""
        return None if self.editor is None else (self.editor.step.world, self.editor.step.plan)

    def close(self) -> None:
        """End what is running."""
        self.runs.close()
        for vehicle in self.served:
            vehicle.live.close()


def _verdict_now(step: EditStep) -> Verdict:
    """The verdict now on the plan as edited."""
    return verdict_of(step.world.scenario, step.plan, now=datetime.now(tz=UTC))


def _local_times(scenario: Scenario) -> list[str]:
    """Beginning and end of the period as a scenario writes them, in local time."""
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in (scenario.period.start, scenario.period.end)]


def _site_centre(scenario: Scenario) -> list[float]:
    centre = scenario.site.centre
    return [centre.lon_deg, centre.lat_deg]


def _page_title(scenario: Scenario | None) -> str:
    """The title of every page; it says when this is an exercise."""
    return "dfr" if scenario is None else exercise_title(scenario, scenario.title)


def _dock_state(plan: Plan, site: DockSite) -> dict[str, Any]:
    """A dock and how many zones it reaches; `why` says what limits it."""
    routes = [route for route in plan.routes if route.site_id == site.id]
    return {
        "id": site.id,
        "reaches": sum(route.reachable for route in routes),
        "why": next((route.limited_by for route in routes if not route.reachable), ""),
    }


def _profiles(plan: Plan) -> list[dict[str, Any]]:
    """The heights along each route that can be flown; None where the plan holds none."""
    return [
        {
            "site": route.site_id,
            "zone": route.zone_id,
            "profile": None if route.profile is None else asdict(route.profile),
        }
        for route in plan.routes
        if route.reachable and len(route.points) > 1
    ]
