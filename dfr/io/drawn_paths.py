"""A path drawn in Google Earth or another planner (KML, KMZ) as a mission (`read_drawn_path`).

Such a file says where to fly and, at best, how high: each point becomes a waypoint, and nothing is added.
Heights that the file does not count are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from dfr.archives import BROKEN_ARCHIVE, entry_names
from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import VerticalDatum
from dfr.io.map_features.files import MAX_FEATURE_BYTES
from dfr.io.map_features.kml import read_kml_features
from dfr.io.map_features.model import FeatureFile, MapPath
from dfr.mission.formats import Home
from dfr.mission.formats.wpml import WAYLINES
from dfr.mission.items import FlightPlan, MissionItem

FRAMES = {VerticalDatum.AGL: Frame.GLOBAL_TERRAIN_ALT, VerticalDatum.AMSL: Frame.GLOBAL}

_OF_A_PLAN = re.compile(rb"""<(?:\w+:)?Data\s+name\s*=\s*["']dfr["']""")
"""What `dfr mission` writes into each placemark of a flight plan."""

SAY_HEIGHT = "give --height-m-agl, the height above the ground to fly it at"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMission:
    """The mission of a path, and in sentences what of its file is no part of it."""

    plan: FlightPlan
    notes: tuple[str, ...]


def is_drawn(data: bytes, *, name: str) -> bool:
    """Whether a file is a KML or KMZ of another origin: no flight plan of dfr, and no route of DJI's."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".kml":
        return _OF_A_PLAN.search(data) is None
    if suffix != ".kmz":
        return False
    try:
        names = entry_names(data)
    except BROKEN_ARCHIVE:
        return False
    return WAYLINES not in names and any(entry.lower().endswith(".kml") for entry in names)


def read_drawn_path(
    data: bytes,
    *,
    name: str,
    height_m_agl: float | None = None,
    path: str | None = None,
    home: Home | None = None,
) -> DrawnMission:
    """The path of a KML or KMZ as waypoints: `path` by its name or number, or the only one.

    Heights count as the file says, or are `height_m_agl` everywhere. Without `home` the first point stands
    for it. Raises InputError for a file without a path, or with a path whose heights nobody says.
    """
    if len(data) > MAX_FEATURE_BYTES:
        raise InputError(f"{name}: {len(data)} bytes are over {MAX_FEATURE_BYTES}", do="cut it to the site")
    file = read_kml_features(data, name=name)
    chosen = _choose(file, path)
    label = _label(file, chosen)
    where = f"{name}: {label}"
    frame, heights_m = _heights_of(chosen, height_m_agl, where=where)
    items = tuple(
        MissionItem(command=Command.NAV_WAYPOINT, frame=frame, position=place, z_m=round(height_m, 2))
        for place, height_m in zip(chosen.points, heights_m, strict=True)
    )
    here = Home(position=chosen.points[0], height_m_amsl=None) if home is None else home
    plan = FlightPlan(
        name=label,
        home=here.position,
        home_m_amsl=here.height_m_amsl,
        items=items,
        fence=(),
        rally=(),
        params={},
    )
    return DrawnMission(plan=plan, notes=tuple(_notes(file, chosen, height_m_agl)))


def _label(file: FeatureFile, path: MapPath) -> str:
    return path.name or f"path {file.paths.index(path) + 1}"


def _choose(file: FeatureFile, wanted: str | None) -> MapPath:
    """The path that is asked for, or the only one."""
    if not file.paths:
        problem = f" ({file.problems[0]})" if file.problems else ""
        raise InputError(
            f"{file.name}: holds no path{problem}", do="draw the path as a line, and export that"
        )
    labels = [_label(file, each) for each in file.paths]
    listed = ", ".join(f"{number} {label!r}" for number, label in enumerate(labels[:20], start=1))
    if wanted is None:
        if len(file.paths) > 1:
            raise InputError(
                f"{file.name}: holds {len(file.paths)} paths", do=f"choose with --path: {listed}"
            )
        return file.paths[0]
    named = [each for each, label in zip(file.paths, labels, strict=True) if label == wanted]
    if len(named) == 1:
        return named[0]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:6]) <= len(file.paths):
        return file.paths[int(wanted) - 1]
    count = "several paths" if named else "no path"
    raise InputError(f"{file.name}: {count} of the name {wanted!r}", do=f"give the number of one: {listed}")


def _heights_of(path: MapPath, height_m_agl: float | None, *, where: str) -> tuple[Frame, Sequence[float]]:
    """The frame of a path's heights, and the height of each point. Raises InputError where nobody says."""
    if height_m_agl is not None:
        return Frame.GLOBAL_TERRAIN_ALT, [height_m_agl] * len(path.points)
    if path.datum is None:
        raise InputError(f"{where} lies on the ground: how high to fly it is not known", do=SAY_HEIGHT)
    known = [height_m for height_m in path.heights_m if height_m is not None]
    if len(known) < len(path.points):
        missing = counted_noun(len(path.points) - len(known), "point")
        raise InputError(f"{where}: the height of {missing} is not known", do=SAY_HEIGHT)
    if path.datum is VerticalDatum.AGL and min(known) <= 0.0:
        low = 1 + next(number for number, height_m in enumerate(known) if height_m <= 0.0)
        raise InputError(f"{where}: point {low} is {known[low - 1]:g} m above the ground", do=SAY_HEIGHT)
    if path.datum is VerticalDatum.AMSL and not any(known):
        raise InputError(f"{where}: all its heights are 0 m above mean sea level", do=SAY_HEIGHT)
    return FRAMES[path.datum], known


def _notes(file: FeatureFile, path: MapPath, height_m_agl: float | None) -> Iterator[str]:
    """How the path was read, and what beside it was not."""
    datum = "above the ground" if height_m_agl is not None or path.datum is VerticalDatum.AGL else "AMSL"
    yield (
        f"{file.name}: {_label(file, path)!r} is read as {counted_noun(len(path.points), 'waypoint')}, "
        f"heights {datum}; a drawn path has no takeoff, no stay and no end: put them in with a planner"
    )
    if len(file.features) > 1:
        yield f"{file.name}: what else it holds is not read: points, areas and other paths"
    yield from file.problems
