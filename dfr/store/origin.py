"""Reads a run back from its folder alone (`load_run`): scenario, plan, files of the day, records, figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dfr.errors import InputError
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_files import DayFiles, find_scenario, load_world, with_day_files
from dfr.io.weather.files import WEATHER_KINDS, WeatherFiles
from dfr.metrics.kpi import Summary, summarise
from dfr.plan.codec import plan_from_dict
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan, plan_with_docks
from dfr.sim.build import deployment_of
from dfr.sim.events import Records
from dfr.sim.factors import Variant, varied_world
from dfr.store.runs import load_manifest, load_records
from dfr.world.model import World

ORIGIN = "origin.json"
PLAN = "plan.json"
DAY = "day"
"""The folder with copies of the files of the day (weather, NOTAMs) that a run was planned with."""

RECORDS_FOLDERS = ("run", ".")
"""Where the records are: `dfr rehearse` puts them in a folder of their own, `dfr simulate` does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRun:
    """A run read back: its world, its plan, and its records and figures where it was simulated."""

    folder: Path
    world: World
    plan: Plan
    seed: int
    records: Records | None
    summary: Summary | None
    day: DayFiles = field(default_factory=DayFiles)


def write_origin(
    folder: Path,
    scenario: Path,
    *,
    plan: Plan | None = None,
    variant: Variant | None = None,
    day: DayFiles | None = None,
) -> None:
    """Write which scenario file a run belongs to, its plan, its files of the day, and what was varied."""
    document: dict[str, object] = {"scenario_file": str(scenario.resolve())}
    if day:
        document["day"] = _keep_day_files(folder, day)
    if variant is not None:
        document["variant"] = variant.as_dict()
    if plan is not None:
        write_atomically(folder / PLAN, json.dumps(plan.as_dict(), indent=2, ensure_ascii=False) + "\n")
    write_atomically(folder / ORIGIN, json.dumps(document, indent=2) + "\n")


def _keep_day_files(folder: Path, day: DayFiles) -> dict[str, object]:
    """Copies of the files of the day in the run's folder: their names in it by their kind."""
    kept: dict[str, object] = {}
    for kind, path in day.weather.files_by_kind().items():
        kept[kind] = _copy_file(folder, path, f"{kind}{path.suffix}")
    kept["notams"] = [
        _copy_file(folder, path, f"notams-{number}{path.suffix}") for number, path in enumerate(day.notams, 1)
    ]
    return kept


def _copy_file(folder: Path, path: Path, name: str) -> str:
    write_atomically(folder / DAY / name, read_bounded(path))
    return f"{DAY}/{name}"


def on_the_day_of(found: LoadedRun, files: DayFiles) -> LoadedRun:
    """The run with other files of the day: the same docks, hours planned and findings checked again."""
    world = with_day_files(found.world, files)
    plan = plan_with_docks(world, [site.id for site in found.plan.sites])
    return replace(found, world=world, plan=plan, day=files)


def load_run(folder: Path, *, scenario: str | None = None) -> LoadedRun:
    """The run in a folder that `dfr rehearse`, `dfr plan` or `dfr simulate` wrote.

    `scenario` names the scenario file if it was moved. Raises InputError where there is no run, or where
    the scenario has changed since.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder", do="give the --out folder of a run")
    records = next(
        (folder / sub for sub in RECORDS_FOLDERS if (folder / sub / "manifest.json").is_file()), None
    )
    manifest = None if records is None else load_manifest(records)
    plan = _load_plan(folder)
    if plan is None and manifest is None:
        raise InputError(
            f"{folder} holds neither plan.json nor manifest.json", do="give the --out folder of a run"
        )
    name, sha256 = (
        (plan.scenario, plan.scenario_sha256)
        if plan is not None
        else (str((manifest or {}).get("scenario")), str((manifest or {}).get("scenario_sha256")))
    )
    day = _load_day_files(folder)
    world = varied_world(
        with_day_files(_load_world(folder, name, sha256, scenario), day), _load_variant(folder)
    )
    plan = plan or _plan_again(world, (manifest or {}).get("sites"), folder)
    seed = world.scenario.study.seed if manifest is None else _seed_of(manifest, folder)
    found = load_records(records) if records is not None and (records / "kpis.json").is_file() else None
    summary = None if found is None else summarise(found, deployment_of(world, plan), seed=seed)
    return LoadedRun(
        folder=folder, world=world, plan=plan, seed=seed, records=found, summary=summary, day=day
    )


def _seed_of(manifest: Mapping[str, object], folder: Path) -> int:
    seed = manifest.get("seed")
    if not isinstance(seed, int):
        raise InputError(f"{folder}: the seed in its manifest is not a whole number", do="run it again")
    return seed


def _load_plan(folder: Path) -> Plan | None:
    path = folder / PLAN
    if not path.is_file():
        return None
    try:
        plan = plan_from_dict(json.loads(read_bounded(path)), name=str(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error})", do="run it again") from error
    if not plan.findings:
        raise InputError(f"{path} holds no findings, so nothing was checked", do="run it again")
    return plan


def _load_world(folder: Path, name: str, sha256: str, given: str | None) -> World:
    """The world of the scenario, whose file must be byte for byte that of the run."""
    world = load_world(find_scenario(given) if given else _remembered_file(folder) or find_scenario(name))
    if world.scenario.sha256 != sha256:
        raise InputError(
            f"{world.scenario.file} has changed since the run in {folder}",
            do="run it again, or give --scenario with the file it was made from",
        )
    return world


def _load_day_files(folder: Path) -> DayFiles:
    """The files of the day that the run was planned with."""
    kept = _load_origin(folder).get("day")
    named = kept if isinstance(kept, dict) else {}
    weather = WeatherFiles(**{kind: folder / str(named[kind]) for kind in WEATHER_KINDS if kind in named})
    notams = named.get("notams")
    return DayFiles(weather=weather, notams=[folder / str(name) for name in notams or ()])


def _remembered_file(folder: Path) -> Path | None:
    """The scenario file of the run, if it is still there."""
    file = _load_origin(folder).get("scenario_file")
    return Path(file) if isinstance(file, str) and Path(file).is_file() else None


def _load_variant(folder: Path) -> Variant:
    """What the run varied in its scenario."""
    varied = _load_origin(folder).get("variant")
    return Variant.from_dict(varied) if isinstance(varied, dict) else Variant()


def _load_origin(folder: Path) -> dict[str, object]:
    """The content of origin.json; empty where it cannot be read."""
    path = folder / ORIGIN
    if not path.is_file():
        return {}
    try:
        document = json.loads(read_bounded(path))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _plan_again(world: World, sites: object, folder: Path) -> Plan:
    """The plan made again: planning is deterministic, so the docks must agree."""
    wanted = sites if isinstance(sites, list) else []
    plan = make_plan(world, docks=len(wanted) or None)
    if [site.id for site in plan.sites] != wanted:
        raise InputError(f"{folder}: the docks of this run differ from those planned now", do="run it again")
    return plan
