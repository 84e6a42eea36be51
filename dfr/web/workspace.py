"""A folder of deployments behind one server (`Workspace`): listed, added, and opened when somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from dfr.errors import DfrError, InputError
from dfr.io.deployment_bundle import read_bundle, write_beside
from dfr.io.deployment_folder import DeploymentFile, add_deployment, list_deployments, make_slug
from dfr.io.files import read_bounded
from dfr.io.new_deployment import read_new_deployment, write_new_deployment
from dfr.io.place_names import PlaceNames
from dfr.io.scenario_files import load_scenario, shipped_scenarios
from dfr.plan.verdict import exercise_title
from dfr.store.personal_data import retention_lines
from dfr.web.app import deployment_app
from dfr.web.base_map import TileServer
from dfr.web.editor import ScenarioEditor
from dfr.web.new_page import find_places, list_choices
from dfr.web.page_data import PageData
from dfr.web.page_words import without_folders, words_for_page
from dfr.web.runs import SimulationRuns

MOST_LISTED = 60
"""Home lists the newest so many, and says how many more there are."""


class Workspace:
    """The deployments of one folder; every public method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        *,
        jobs: int = 2,
        basemap: Path | None = None,
        tiles: TileServer | None = None,
        names: PlaceNames | None = None,
    ) -> None:
        self.folder, self._names = folder.resolve(), names
        self._jobs, self._basemap, self._tiles = jobs, basemap, tiles
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._opened: dict[str, tuple[PageData, Starlette]] = {}
        self._described: dict[tuple[Path, int, int], dict[str, Any]] = {}
        list_deployments(self.folder)

    def describe_home(self) -> dict[str, Any]:
        """What Home shows: the deployments, newest first, and the shipped scenarios."""
        files = list_deployments(self.folder)
        return {
            "folder": str(self.folder),
            "deployments": [self._describe_file(file) for file in files[:MOST_LISTED]],
            "more": max(0, len(files) - MOST_LISTED),
            "personal": self.apply_retention(),
            "shipped": [self._describe_shipped(name, path) for name, path in shipped_scenarios().items()],
        }

    def apply_retention(self) -> list[str]:
        """Erase data about people whose time is over; in sentences what was erased and what is kept."""
        return [without_folders(line) for line in retention_lines(self.folder)]

    def holds(self, slug: str) -> bool:
        """Whether a deployment of this name is open or in the folder."""
        return slug in self._opened or any(file.slug == slug for file in list_deployments(self.folder))

    def open_app(self, slug: str) -> Starlette:
        """The pages of a deployment, planned the first time. Raises DfrError where it cannot be planned."""
        with self._lock:
            opening = self._opening.setdefault(slug, threading.Lock()) if self.holds(slug) else None
        if opening is None:
            raise InputError(f"there is no deployment {slug!r:.60}", do="choose one on Home")
        with opening:
            if slug not in self._opened:
                self._opened[slug] = self._open_file(slug)
            return self._opened[slug][1]

    def copy_shipped(self, name: str) -> str:
        """Copy a shipped scenario into the folder; the slug of the copy."""
        shipped = shipped_scenarios()
        if name not in shipped:
            raise InputError(f"no scenario {name!r:.60} comes with dfr", do=f"choose {', '.join(shipped)}")
        return self._slug_of(add_deployment(self.folder, name, read_bounded(shipped[name])))

    def add_files(self, files: Sequence[tuple[str, bytes]]) -> str:
        """Take in a scenario that a user opens with the files beside it, or a zip of them; its slug.

        Raises ScenarioError with every problem, such as a file that it names and nobody gave.
        """
        bundle = read_bundle(files)
        path = add_deployment(self.folder, Path(bundle.name).stem, bundle.data)
        write_beside(path.parent, bundle.beside)
        return self._slug_of(path)

    def find_places(self, text: str) -> list[dict[str, Any]]:
        """The places that a text can mean, by coordinates or by the names that the server was given."""
        return find_places(text, self._names)

    def list_choices(self) -> dict[str, Any]:
        """Everything that can be chosen for a new deployment."""
        return list_choices(has_names=self._names is not None)

    def create(self, document: dict[str, Any]) -> dict[str, Any]:
        """Write a new deployment into the folder; its slug, and what the place itself decided."""
        title = document.get("title")
        name = make_slug(title if isinstance(title, str) else "")
        new = read_new_deployment({**document, "name": name})
        written = write_new_deployment(new, folder=self.folder, names=self._names)
        slug = self._slug_of(add_deployment(self.folder, name, written.text))
        return {"slug": slug, "notes": list(written.notes)}

    def close(self) -> None:
        """End what is running in every open deployment."""
        for pages, _ in self._opened.values():
            pages.close()

    def _open_file(self, slug: str) -> tuple[PageData, Starlette]:
        path = next(file.path for file in list_deployments(self.folder) if file.slug == slug)
        pages = PageData(
            editor=ScenarioEditor(path),
            runs=SimulationRuns(jobs=self._jobs),
            basemap=self._basemap,
            tiles=self._tiles,
        )
        return pages, deployment_app(pages)

    def _slug_of(self, path: Path) -> str:
        return next(file.slug for file in list_deployments(self.folder) if file.path == path)

    def _describe_file(self, file: DeploymentFile) -> dict[str, Any]:
        """A deployment as Home lists it; `problem` says why it cannot be opened, '' where it can."""
        key = (file.path, file.modified_ns, file.size_bytes)
        if key not in self._described:
            self._described[key] = _describe_scenario(file.path)
        modified = datetime.fromtimestamp(file.modified_ns / 1e9, tz=UTC).isoformat(timespec="seconds")
        where = str(file.path.relative_to(self.folder))
        return {"slug": file.slug, "file": where, "modified": modified, **self._described[key]}

    def _describe_shipped(self, name: str, path: Path) -> Mapping[str, Any]:
        key = (path, 0, 0)
        if key not in self._described:
            self._described[key] = _describe_scenario(path)
        return {"name": name, **self._described[key]}


def _describe_scenario(path: Path) -> dict[str, Any]:
    """Title, description and days of a scenario, or what is wrong with its file."""
    try:
        scenario = load_scenario(path)
    except DfrError as error:
        return {
            "title": path.stem,
            "description": "",
            "first_day": None,
            "last_day": None,
            "problem": words_for_page(error),
        }
    period = scenario.period
    return {
        "title": exercise_title(scenario, scenario.title),
        "description": scenario.description,
        "first_day": period.start.date().isoformat(),
        "last_day": period.end.date().isoformat(),
        "problem": "",
    }
