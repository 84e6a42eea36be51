"""Map files and calls taken over into the text of a scenario (`import_files`): what `dfr init` is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import shapely

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import LocalFrame, Position
from dfr.io.call_columns import ColumnMatch
from dfr.io.call_import import read_call_file, write_calls_into
from dfr.io.feature_import import ROLES, ImportChoices, import_edit, placeholder_kinds, possible_shapes
from dfr.io.map_features.files import read_feature_file
from dfr.io.map_features.model import FeatureFile
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import parse_scenario
from dfr.scenario.features import SPECS, FeatureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFiles:
    """Map files by the role of their features, each as `FILE` or `FILE#NAME`, and a table of calls.

    `FILE#NAME` takes the features with that name, or in the folder of that name.
    """

    features: Mapping[FeatureKind, Sequence[str]] = field(default_factory=dict)
    calls: Path | None = None
    match: ColumnMatch | None = None
    call_zones: int | None = None

    @property
    def anything(self) -> bool:
        """Whether there is something to import."""
        return any(self.features.values()) or self.calls is not None


def import_files(text: str, files: ImportFiles, *, folder: Path) -> tuple[str, tuple[str, ...]]:
    """(The text of a scenario with what the files say, what a person must know, a sentence each).

    What `dfr init` drew as a placeholder gives way to what a file says. Raises InputError for files that
    cannot be used; ScenarioError where the result is no sound scenario.
    """
    notes: list[str] = []
    placeholders = placeholder_kinds(read_plain_data(text)) | {FeatureKind.RALLY_POINT, FeatureKind.PATROL}
    for kind in ROLES:
        for number, given in enumerate(files.features.get(kind, ())):
            replaced = placeholders & {kind} if number == 0 else frozenset()
            text, told = _import_features(text, given, kind, ImportChoices(replace=frozenset(replaced)))
            notes += told
    if files.calls is not None:
        data, name = read_call_file(files.calls)
        scenario = parse_scenario(text.encode(), name="the new scenario", folder=folder)
        text, found = write_calls_into(
            text, scenario, data, name=name, match=files.match, zones=files.call_zones
        )
        notes += found.lines()
    return text, tuple(notes)


def site_of_boundary(given: str) -> tuple[Position, float]:
    """(The place furthest inside a boundary in a map file, its distance in m from the nearest side)."""
    file = _chosen_features(given, FeatureKind.BOUNDARY)
    if len(file.features) != 1:
        raise InputError(_several_boundaries(file), do=f"name one of them: {given}#NAME")
    ring = file.features[0].points
    frame = LocalFrame(ring[0])
    # From the centre of the largest circle inside to the side that it touches.
    radius = shapely.maximum_inscribed_circle(frame.polygon(ring), tolerance=1.0)
    (east, north), _ = radius.coords
    return frame.position(east, north), float(radius.length)


def _import_features(
    text: str, given: str, kind: FeatureKind, choices: ImportChoices
) -> tuple[str, list[str]]:
    """The text with the features of one file in one role."""
    file = _chosen_features(given, kind)
    if kind is FeatureKind.BOUNDARY and len(file.features) > 1:
        raise InputError(_several_boundaries(file), do=f"name one of them: {given}#NAME")
    roles = dict.fromkeys(range(len(file.features)), kind)
    text = apply_edit(text, import_edit(file, roles, read_plain_data(text), choices))
    taken = f"took over {counted_noun(len(roles), SPECS[kind].title.lower())} from {file.name}"
    return text, [taken, *(f"{file.name}: {problem}" for problem in file.problems)]


def _several_boundaries(file: FeatureFile) -> str:
    names = ", ".join(feature.name or "unnamed" for feature in file.features)
    return f"{file.name}: {len(file.features)} areas could be the boundary: {names}"


def _chosen_features(given: str, kind: FeatureKind) -> FeatureFile:
    """The features of a file that have the shape of a role and the name asked for; the others are told."""
    path, _, name = given.partition("#")
    file = read_feature_file(Path(path))
    shapes = possible_shapes(kind)
    wanted = [
        feature
        for feature in file.features
        if not name or name.casefold() in (feature.name.casefold(), feature.group.casefold())
    ]
    if name and not wanted:
        names = ", ".join(dict.fromkeys(f.name for f in file.features if f.name)) or "none has a name"
        raise InputError(f"{file.name}: no feature or folder is called {name!r}", do=f"one of: {names}")
    # An open line is joined into an area only where there is none.
    fitting = next((found for one in shapes if (found := [f for f in wanted if f.shape is one])), [])
    holes = [feature for feature in fitting if feature.hole_of is not None]
    if kind is FeatureKind.BOUNDARY and holes:
        raise InputError(
            f"{file.name}: the boundary has {counted_noun(len(holes), 'hole')}, in which drones would fly",
            do="import it on the page and give its holes a role, or draw it without",
        )
    others = len(wanted) - len(fitting)
    if not fitting:
        raise InputError(
            f"{file.name}: holds no {shapes[0]} for a {SPECS[kind].title.lower()}", do="check it"
        )
    told = [f"{counted_noun(others, 'feature')} left out: only a {shapes[0]} can be that"] if others else []
    return replace(file, features=tuple(fitting), problems=(*file.problems, *told))
