"""Editing a scenario on the plan page (`ScenarioEditor`): undo and save are exact, byte for byte."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dfr.errors import DfrError, InputError
from dfr.geo import Position
from dfr.io.drafts import make_draft, read_draft, remove_draft, set_draft_aside, write_draft
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import (
    DayFiles,
    build_world,
    parse_scenario,
    rebuild_world,
    shipped_folder,
    with_day_files,
)
from dfr.io.yaml_reader import MAX_BYTES
from dfr.plan.matrix import path_finder
from dfr.plan.model import Plan
from dfr.plan.path_times import sorties_of
from dfr.plan.planner import choose_docks, make_plan, plan_with_docks
from dfr.plan.windows import hour_windows, planning_window
from dfr.scenario.edits import AllEdits, Edit, SetValue, describe_edit
from dfr.scenario.features import SITES
from dfr.scenario.model import CandidateSite, Scenario, SiteUse
from dfr.web.page_words import words_for_page
from dfr.web.plan_state import PlanNews, StalePlanError, digest_of, state_of
from dfr.world.demand import zone_centres
from dfr.world.model import World

MOST_STEPS = 200
"""Edits that can be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditStep:
    """The scenario after an edit: its bytes, its world, the plan for the docks kept, and its content hash."""

    data: bytes
    what: str
    world: World
    plan: Plan
    state: str

    @property
    def docks(self) -> tuple[str, ...]:
        """The sites that have a dock in its plan."""
        return tuple(site.id for site in self.plan.sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingWords:
    """What saving would mean: the docks shown, and those that the planner would choose from the file."""

    docks: tuple[str, ...]
    file_docks: tuple[str, ...]
    other_docks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHistory:
    """All steps of a session at a moment, replaced as a whole: who reads it never sees half an edit.

    `now` is the step shown, `saved` what is in the file; `version` counts the changes of this session.
    """

    steps: tuple[EditStep, ...]
    now: int
    saved: bytes
    version: int

    @property
    def step(self) -> EditStep:
        """The step shown."""
        return self.steps[self.now]

    def as_dict(self) -> dict[str, Any]:
        """What can be done now."""
        last = len(self.steps) - 1
        return {
            "state": self.step.state,
            "version": self.version,
            "can_undo": self.now > 0,
            "can_redo": self.now < last,
            "undo": self.step.what if self.now else "",
            "redo": self.steps[self.now + 1].what if self.now < last else "",
            "changed": self.step.data != self.saved,
        }


class ScenarioEditor:
    """The steps of one editing session; every public method may be called from any thread."""

    def __init__(self, path: Path, *, plan: Plan | None = None, day: DayFiles | None = None) -> None:
        self._path, self._day = path, day or DayFiles()
        self._lock = threading.RLock()
        self._digests: dict[Path, str] = {}
        self.news = PlanNews()
        data = read_bounded(path, limit_bytes=MAX_BYTES)
        world = with_day_files(
            build_world(parse_scenario(data, name=str(path), folder=path.parent)), self._day
        )
        found = make_plan(world) if plan is None else plan
        self._first = self._make_step(data, "as in the file", world, found)
        self.history = EditHistory(steps=(self._first,), now=0, saved=data, version=0)
        self._saved_docks = self._first.docks
        self._draft_words = ""
        self._restore_draft()

    @property
    def path(self) -> Path:
        """The scenario file."""
        return self._path

    @property
    def step(self) -> EditStep:
        """The scenario as it stands now."""
        return self.history.step

    @property
    def first(self) -> EditStep:
        """The scenario as it was when the session began."""
        return self._first

    @property
    def folder(self) -> Path:
        """Where the scenario's file is, with those that it names."""
        return self._path.parent

    @property
    def why_not_saved(self) -> str:
        """Why the file cannot be written; '' where it can."""
        if self._path.resolve().is_relative_to(shipped_folder("scenarios").resolve()):
            return "this scenario came with dfr. Copy the file and serve the copy"
        return ""

    @property
    def version(self) -> int:
        """How many changes this session has seen."""
        return self.history.version

    def status(self, history: EditHistory | None = None) -> dict[str, Any]:
        """What can be done now, or could at that moment."""
        said = {"why_not_saved": self.why_not_saved, "draft": self._draft_words}
        return {**(history or self.history).as_dict(), **said}

    @contextmanager
    def edit_of(self, state: str) -> Iterator[None]:
        """One edit of the plan in that state; no other edit comes between. Raises StalePlanError."""
        with self._lock:
            if state != self.step.state:
                raise StalePlanError
            yield

    def apply(self, edit: Edit) -> None:
        """Make a typed edit and plan again with the docks that are still there."""
        with self._lock:
            what = describe_edit(edit, read_plain_data(self.step.data.decode()))
            self._apply_edit(edit, what)

    def place_dock(self, site_id: str) -> None:
        """Add a dock on a candidate site. The file says how many docks there are, not which."""
        with self._lock:
            site, docks = self._find_site(site_id), self._dock_ids()
            if site.use is SiteUse.FORBIDDEN:
                raise InputError(f"{site.name} is forbidden for docks", do="change its `use` in the scenario")
            if site_id in docks:
                raise InputError(f"{site.name} already has a dock", do="choose another site")
            more = _set_dock_count(len(docks) + 1)
            self._apply_edit(more, f"dock at {site.name}", docks=[*docks, site_id])

    def take_dock(self, site_id: str) -> None:
        """Remove the dock from a candidate site; the plan has one dock fewer."""
        with self._lock:
            site = self._find_site(site_id)
            left = [dock for dock in self._dock_ids() if dock != site_id]
            if len(left) == len(self._dock_ids()):
                raise InputError(f"{site.name} has no dock", do="choose a site that has one")
            if not left:
                raise InputError("a plan needs at least one dock", do="place another first")
            edits: list[Edit] = [_set_dock_count(len(left))]
            if site.use is SiteUse.REQUIRED:
                edits.append(self._set_use(site_id, SiteUse.ALLOWED))
            self._apply_edit(AllEdits(edits=edits), f"no dock at {site.name}", docks=left)

    def site_again(self) -> None:
        """Let the planner choose the docks again."""
        with self._lock:
            now = self.step
            found = make_plan(now.world)
            self._push_step(self._make_step(now.data, "choose docks again", now.world, found))

    def undo(self) -> None:
        """Go one step back, where there is one."""
        self._move_by(-1)

    def redo(self) -> None:
        """Go one step forward, where there is one."""
        self._move_by(1)

    def describe_plan(self, step: EditStep) -> str:
        """Which plan a step is, for the name of a run: that of the file or an edited one, and its docks."""
        of_file = step.data == self.history.saved and step.docks == self._saved_docks
        docks = ", ".join(site.name for site in step.plan.sites)
        return f"{'as in the file' if of_file else 'edited, not saved'}: {docks}"

    def explain_saving(self, step: EditStep) -> SavingWords:
        """What saving this step means: whether the planner would choose its docks from the file alone."""
        chosen = {site.id for site in step.plan.sites}
        of_file = choose_docks(step.world)
        return SavingWords(
            docks=tuple(site.name for site in step.plan.sites),
            file_docks=tuple(site.name for site in of_file),
            other_docks={site.id for site in of_file} != chosen,
        )

    def save(self, *, keep_docks: bool = False) -> None:
        """Write the file, unless somebody has changed it since it was read.

        `keep_docks` writes the docks that are shown as required. Without it the file leaves them to the
        planner, and the plan shown is the one that it makes from the file.
        """
        with self._lock:
            if self.why_not_saved:
                raise InputError(self.why_not_saved)
            on_disk = read_bounded(self._path, limit_bytes=MAX_BYTES)
            if on_disk != self.history.saved:
                digest = hashlib.sha256(on_disk).hexdigest()[:12]
                raise InputError(
                    f"somebody else has changed the file (sha256 {digest})", do="start `dfr serve` again"
                )
            if self.explain_saving(self.step).other_docks:
                self._require_docks() if keep_docks else self.site_again()
            data = self.step.data
            # The file must mean what was planned: read it before it replaces the old one.
            parse_scenario(data, name=str(self._path), folder=self._path.parent)
            write_atomically(self._path, data)
            self._saved_docks = self.step.docks
            self._show(replace(self.history, saved=data))

    def preview_times(self, position: Position, *, of: EditStep | None = None) -> dict[str, float | None]:
        """Seconds from lift-off at a place to overhead of each zone, in the planning wind."""
        now = of or self.step
        scenario, frame = now.world.scenario, now.world.frame
        hour = planning_window(hour_windows(scenario))
        find = path_finder(now.world, hour)
        start = frame.point(position)
        centres = zone_centres(scenario)
        paths = [find(start, frame.point(centre)) for centre in centres.values()]
        found = sorties_of(scenario, paths, [hour])
        seconds = found.climb_s + found.out_s
        return {zone: float(s) if np.isfinite(s) else None for zone, s in zip(centres, seconds, strict=True)}

    def _find_site(self, site_id: str) -> CandidateSite:
        site = next((c for c in self.step.world.scenario.candidates if c.id == site_id), None)
        if site is None:
            raise InputError(f"there is no candidate site {site_id!r:.60}", do="reload the page")
        return site

    def _dock_ids(self) -> list[str]:
        return list(self.step.docks)

    def _set_use(self, site_id: str, use: SiteUse) -> SetValue:
        index = [site.id for site in self.step.world.scenario.candidates].index(site_id)
        return SetValue(path=[*SITES, index, "use"], value=use.value)

    def _apply_edit(self, edit: Edit, what: str, *, docks: list[str] | None = None) -> None:
        """Add a step: the edited file, planned with these docks, or with those before that still stand."""
        data, world = self._edited(edit)
        if docks is None:
            docks = self._docks_left(world.scenario)
            if docks and len(docks) < len(self._dock_ids()):
                data, world = self._edited(AllEdits(edits=[edit, _set_dock_count(len(docks))]))
        plan = plan_with_docks(world, docks) if docks else make_plan(world)
        self._push_step(self._make_step(data, what, world, plan))

    def _edited(self, edit: Edit) -> tuple[bytes, World]:
        data = apply_edit(self.step.data.decode(), edit).encode()
        scenario = parse_scenario(data, name=str(self._path), folder=self._path.parent)
        return data, rebuild_world(self.step.world, scenario, self._day)

    def _docks_left(self, scenario: Scenario) -> list[str]:
        """The docks that an edit leaves; none where it requires another: the planner then chooses again."""
        use = {site.id: site.use for site in scenario.candidates}
        left = [
            dock for dock in self._dock_ids() if use.get(dock, SiteUse.FORBIDDEN) is not SiteUse.FORBIDDEN
        ]
        required = {site for site, said in use.items() if said is SiteUse.REQUIRED}
        sites = self.step.world.scenario.candidates
        before = {site.id for site in sites if site.use is SiteUse.REQUIRED}
        return [] if required - before - set(left) else left

    def _make_step(self, data: bytes, what: str, world: World, plan: Plan) -> EditStep:
        docks = [site.id for site in plan.sites]
        state = state_of(world.scenario.sha256, self._digests_of(world.scenario), docks)
        return EditStep(data=data, what=what, world=world, plan=plan, state=state)

    def _digests_of(self, scenario: Scenario) -> dict[Path, str]:
        """The files that a scenario rests on, as they were when they were read."""
        notams = scenario.notams.files if scenario.notams else ()
        airspace = (file.path for file in scenario.airspace)
        points = () if scenario.demand.points is None else (scenario.demand.points.path,)
        terrain = (file.path for file in scenario.terrain)
        named = (*airspace, *terrain, *notams, *scenario.weather.files, *points)
        for path in (*map(Path, named), *self._day.notams):
            self._digests.setdefault(path, digest_of(path))
        # The weather of the day is read again with each edit.
        return self._digests | {path: digest_of(path) for path in self._day.weather.files_by_kind().values()}

    def _require_docks(self) -> None:
        """Write the docks that are shown as required, so that the planner chooses them from the file."""
        docks = self._dock_ids()
        edits: list[Edit] = [_set_dock_count(len(docks))]
        for site in self.step.world.scenario.candidates:
            if site.id in docks:
                edits.append(self._set_use(site.id, SiteUse.REQUIRED))
            elif site.use is SiteUse.REQUIRED:
                edits.append(self._set_use(site.id, SiteUse.ALLOWED))
        self._apply_edit(AllEdits(edits=edits), "require these docks", docks=docks)

    def _push_step(self, step: EditStep) -> None:
        kept = self.history.steps[: self.history.now + 1]
        steps = (*kept, step)[-MOST_STEPS:]
        self._show(replace(self.history, steps=steps, now=len(steps) - 1))

    def _move_by(self, by: int) -> None:
        with self._lock:
            history = self.history
            if 0 <= history.now + by < len(history.steps):
                self._show(replace(history, now=history.now + by))

    def _show(self, history: EditHistory) -> None:
        """Let everybody see a changed history."""
        self.history = replace(history, version=history.version + 1)
        self._keep_draft()
        self.news.announce()

    def _keep_draft(self) -> None:
        """Keep what is not in the file beside it; a folder that cannot be written keeps no drafts."""
        if self.why_not_saved:
            return
        step, saved = self.step, self.history.saved
        try:
            if step.data == saved and step.docks == self._saved_docks:
                remove_draft(self._path)
            else:
                write_draft(self._path, make_draft(step.data, step.docks, of=saved))
            self._draft_words = ""
        except InputError as error:
            self._draft_words = f"Unsaved changes are not kept: {words_for_page(error)}"

    def _restore_draft(self) -> None:
        """Go on from the unsaved edits of an earlier session; undo leads back to the file."""
        draft = None if self.why_not_saved else read_draft(self._path)
        if draft is None:
            return
        if not draft.is_of(self.history.saved):
            kept = set_draft_aside(self._path)
            said = f"The file has changed since your unsaved changes of {draft.edited}"
            self._draft_words = f"{said}: they are kept in {kept.name}."
            return
        try:
            data = draft.text.encode()
            scenario = parse_scenario(data, name=str(self._path), folder=self._path.parent)
            world = rebuild_world(self.step.world, scenario, self._day)
            known = {site.id for site in scenario.candidates}
            docks = [dock for dock in draft.docks if dock in known]
            plan = plan_with_docks(world, docks) if docks else make_plan(world)
        except DfrError as error:
            self._draft_words = f"The draft of {draft.edited} cannot be used: {words_for_page(error)}"
            return
        step = self._make_step(data, f"unsaved changes of {draft.edited}", world, plan)
        self.history = replace(self.history, steps=(self._first, step), now=1)
        self._draft_words = f"Your unsaved changes of {draft.edited} are back. Undo returns to the file."


def _set_dock_count(docks: int) -> SetValue:
    return SetValue(path=["fleet", "docks"], value=docks)
