"""Scenario files: found, read, their references resolved, and the world built around them."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import dfr
from dfr.aircraft import catalogue
from dfr.errors import InputError
from dfr.geo import LocalFrame
from dfr.io.airspace.files import load_airspace
from dfr.io.airspace.notam import read_notams, reading_of_files
from dfr.io.demand_files import MAX_PLACES_BYTES, with_demand_places
from dfr.io.files import read_bounded
from dfr.io.own_drone_files import parse_own_drone
from dfr.io.terrain_files import load_terrain
from dfr.io.weather.files import WeatherFiles, weather_files, with_weather
from dfr.io.yaml_reader import MAX_BYTES, read_yaml
from dfr.scenario.air import AirspaceFile, NotamReading
from dfr.scenario.model import Assumption, Scenario
from dfr.scenario.own_drone import OwnDrone
from dfr.scenario.schema_checks import Complaint, Parts
from dfr.scenario.schema_read import FileOrigin, read_scenario
from dfr.world.model import World
from dfr.world.notices import Notams, with_notams
from dfr.world.terrain import FlatGround, Terrain, UnknownGround

SUFFIXES = (".yaml", ".yml")


def shipped_folder(kind: str) -> Path:
    """The folder of shipped `scenarios` or `airspace`: in the wheel, or beside the package in a checkout."""
    package = Path(dfr.__file__).resolve().parent
    installed = package / "data" / kind
    return installed if installed.is_dir() else package.parent / kind


def shipped_scenarios() -> dict[str, Path]:
    """The scenarios that come with dfr, by name."""
    return {path.stem: path for path in sorted(shipped_folder("scenarios").glob("*.yaml"))}


def find_scenario(text: str) -> Path:
    """The scenario file that `text` names: a path, or the name of a shipped scenario.

    `scenarios/NAME.yaml` also finds the shipped one where there is no such file here, so that the
    commands of the README work from any folder. Raises InputError with the names there are.
    """
    path = Path(text)
    if _is_file(path):
        return path
    shipped = shipped_scenarios()
    name = path.stem if path.suffix in SUFFIXES else path.name
    if name in shipped and path.parent in (Path(), Path("scenarios")):
        return shipped[name]
    close = difflib.get_close_matches(name, shipped, n=1)
    hint = f"did you mean {close[0]}?" if close else f"give a file or one of {', '.join(shipped)}"
    raise InputError(
        f"{text!r} is neither a scenario file here nor the name of a shipped scenario", do=f"{hint}"
    )


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises ScenarioError with every problem at once."""
    data = read_bounded(path, limit_bytes=MAX_BYTES)
    return parse_scenario(data, name=str(path), folder=path.parent)


def parse_scenario(data: bytes, *, name: str, folder: Path) -> Scenario:
    """The scenario in `data`, with the weather of the files that it names, all looked for from `folder`."""
    document = read_yaml(data, name=name)
    catalogue_data = _catalogue_data(document.value, folder)
    own_drone = None if catalogue_data is None else parse_own_drone(catalogue_data[0], name=catalogue_data[1])
    told = data if catalogue_data is None else data + catalogue_data[0]
    told += _demand_data(document.value, folder)
    origin = FileOrigin(file=name, sha256=hashlib.sha256(told).hexdigest(), line=document.line)
    scenario = read_scenario(
        document.value,
        origin,
        also=lambda parts: _check_references(parts, folder, own_drone),
        airspace_path=lambda text: str(_airspace_path(text, folder)),
        own_drone=own_drone,
    )
    scenario = with_demand_places(scenario)
    return with_weather(scenario, weather_files([Path(file) for file in scenario.weather.files]))


def _demand_data(raw: object, folder: Path) -> bytes:
    """The content of the file with the places of calls; nothing where the scenario names none."""
    name = raw
    for key in ("demand", "points", "file"):
        name = name.get(key) if isinstance(name, dict) else None
    if not isinstance(name, str) or not _is_file(folder / name):
        return b""
    return read_bounded(folder / name, limit_bytes=MAX_PLACES_BYTES)


def _catalogue_data(raw: object, folder: Path) -> tuple[bytes, str] | None:
    """(content, name) of the file with the team's own drone; None where the scenario names none."""
    name = raw.get("catalogue") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not _is_file(folder / name):
        return None
    return read_bounded(folder / name, limit_bytes=MAX_BYTES), name


def load_world(path: Path) -> World:
    """The world of a scenario file: its airspace files read, its ground and local frame set."""
    return build_world(load_scenario(path))


def build_world(scenario: Scenario) -> World:
    """The world around a scenario. Raises ScenarioError or AirspaceError for files that cannot be read."""
    airspace = load_airspace(
        [_drop_assumed_words(file, exercise=scenario.exercise) for file in scenario.airspace]
    )
    world = World(
        scenario=scenario,
        frame=LocalFrame(scenario.site.centre),
        airspace=airspace,
        terrain=_load_ground(scenario),
    )
    reading = _reading_that_counts(scenario)
    return _with_reading(
        world, reading, [read_notams(Path(name)) for name in reading.files] if reading else []
    )


def rebuild_world(world: World, scenario: Scenario, files: DayFiles) -> World:
    """The world of an edited scenario: files are read again only where it names them differently."""
    if _what_a_world_reads(scenario) != _what_a_world_reads(world.scenario):
        return with_day_files(build_world(scenario), files)
    return replace(world, scenario=with_weather(scenario, files.weather))


def _what_a_world_reads(scenario: Scenario) -> tuple[object, ...]:
    """All that `build_world` takes from a scenario beside the scenario itself."""
    site = scenario.site
    ground = next((item for item in scenario.assumptions if item.path == "site.ground_m_amsl"), None)
    files = (scenario.airspace, scenario.terrain, scenario.notams)
    return (*files, scenario.exercise, site.centre, site.ground_m_amsl, ground)


def with_notam_files(world: World, paths: Sequence[Path]) -> World:
    """The world with the NOTAM files of the day, added to those that the scenario names.

    Where nobody is named as their reader they count as read when the briefing was issued, or, where it does
    not say so, when the file was written.
    """
    texts = [read_notams(path) for path in paths]
    if not texts:
        return world
    reading = world.notam_reading
    return _with_reading(world, reading or reading_of_files(paths, texts), texts)


def _with_reading(world: World, reading: NotamReading | None, texts: Sequence[Notams]) -> World:
    """The world with a reading of NOTAMs, and with their texts."""
    airspace = with_notams(world.airspace, reading, texts)
    return replace(world, airspace=airspace, notam_reading=reading, notams=(*world.notams, *texts))


def _reading_that_counts(scenario: Scenario) -> NotamReading | None:
    """Who read the NOTAMs; one that is only assumed counts in an exercise alone."""
    reading = scenario.notams
    return None if reading is None or (reading.assumed and not scenario.exercise) else reading


def _drop_assumed_words(file: AirspaceFile, *, exercise: bool) -> AirspaceFile:
    """A file with what the scenario says of it; outside an exercise without what is only assumed."""
    if not file.assumed or exercise:
        return file
    return replace(file, covers=None, kinds=None, obstacles_from_m_agl=None)


def _load_ground(scenario: Scenario) -> Terrain:
    if scenario.terrain:
        return load_terrain(scenario.terrain, near=scenario.site.centre)
    height_m = scenario.site.ground_m_amsl
    if height_m is None:
        return UnknownGround()
    says = next((item for item in scenario.assumptions if item.path == "site.ground_m_amsl"), None)
    guessed = says is not None and says.assumed
    centre = scenario.site.centre if guessed else None
    return FlatGround(height_m_amsl=height_m, source=_name_source(says), centre=centre)


def _name_source(says: Assumption | None) -> str:
    if says is None:
        return "the scenario"
    return f"assumed: {says.source}" if says.assumed else says.source


def _check_references(parts: Parts, folder: Path, own: OwnDrone | None) -> Iterator[Complaint]:
    """What the scenario refers to but does not exist: drones, docks and files."""
    named = parts.get(str, "catalogue")
    if named is not None and own is None:
        yield ("catalogue",), f"no file {named!r}", f"a path from {folder.resolve()}"
    drones = [*catalogue.list_drones(), *([] if own is None else [own.key])]
    for key, known in (("drone", drones), ("dock", list(catalogue.list_docks()))):
        name = parts.get(str, "fleet", key)
        if name is not None and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            yield ("fleet", key), f"no {key} {name!r} in the catalogue", f"{hint}known: {', '.join(known)}"
    for kind, hint in (("airspace", _where_to_look(folder)), ("terrain", f"a path from {folder.resolve()}")):
        files = parts.raw.get(kind) if isinstance(parts.raw, dict) else None
        for index, item in enumerate(files if isinstance(files, list) else []):
            name = item.get("file") if isinstance(item, dict) else None
            if isinstance(name, str) and name and _airspace_path(name, folder) is None:
                yield (kind, index, "file"), f"no file {name!r}", hint
    points = parts.get(str, "demand", "points", "file")
    if points is not None and _airspace_path(points, folder) is None:
        yield ("demand", "points", "file"), f"no file {points!r}", f"a path from {folder.resolve()}"
    for part in ("notams", "weather"):
        for index, name in enumerate(parts.get(list, part, "files") or []):
            if _airspace_path(name, folder) is None:
                yield (part, "files", index), f"no file {name!r}", f"a path from {folder.resolve()}"


def _where_to_look(folder: Path) -> str:
    shipped = ", ".join(sorted(path.name for path in shipped_folder("airspace").glob("*.txt")))
    return f"give a path from {folder.resolve()}, or a shipped file: {shipped}"


def _airspace_path(text: str, folder: Path) -> Path | None:
    """An airspace file by its path from the scenario, or by the name of a shipped one."""
    paths = (folder / text, shipped_folder("airspace") / text)
    return next((path.resolve() for path in paths if _is_file(path)), None)


def _is_file(path: Path) -> bool:
    """Whether a path is a file; False for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiles:
    """Weather reports, forecasts and NOTAMs of the day; empty where only the scenario is used."""

    weather: WeatherFiles = field(default_factory=WeatherFiles)
    notams: Sequence[Path] = ()

    def __bool__(self) -> bool:
        return bool(self.weather) or bool(self.notams)


def with_day_files(world: World, files: DayFiles) -> World:
    """The world with the weather and the NOTAMs of the files."""
    world = with_notam_files(world, files.notams)
    return replace(world, scenario=with_weather(world.scenario, files.weather))
