"""A run on disk: the same bytes for the same seed, and no finished replication is ever lost."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from dfr.errors import InputError
from dfr.metrics.kpi import summarise
from dfr.plan.model import Plan
from dfr.sim.build import sim_inputs
from dfr.sim.events import FIELDS
from dfr.store.runs import (
    StoredRun,
    finished_parts,
    load_manifest,
    load_records,
    part_path,
    read_part,
    run_to_store,
    write_part,
)
from dfr.world.model import World

from ..shipped import plan_of, world_of

SEED = 3

LONG_RUN = f"""
import pickle, sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from dfr.store.runs import run_to_store

if __name__ == "__main__":
    plan, inputs, scenario = pickle.loads(Path(sys.argv[1]).read_bytes())
    run_to_store(
        SimpleNamespace(scenario=scenario), plan, inputs=inputs, folder=Path(sys.argv[2]),
        replications=8000, seed={SEED}, jobs=2,
    )
"""
"""A run of thousands of replications on the very deployment it is given, to be killed."""


@pytest.fixture(scope="module")
def world() -> World:
    """A windy day with few calls."""
    return world_of("winter-storm")


@pytest.fixture(scope="module")
def plan(world: World) -> Plan:
    """Its plan."""
    return plan_of("winter-storm")


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def whole(world: World, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    """Eight replications, run at one go in one process."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return run_to_store(world, plan, folder=folder, replications=8, seed=SEED, jobs=1)


def test_a_run_leaves_records_figures_and_what_it_is_of_and_nothing_else(
    whole: StoredRun,
) -> None:
    figures = {"manifest.json", "kpis.json", "stress.md", "stress.json"}
    expected = {*figures, *(f"records/{name}.parquet" for name in FIELDS)}
    assert set(_bytes(whole.folder)) == expected


def test_two_processes_leave_the_bytes_of_one(
    world: World, plan: Plan, whole: StoredRun, tmp_path: Path
) -> None:
    run_to_store(world, plan, folder=tmp_path / "run", replications=8, seed=SEED, jobs=2)
    assert _bytes(tmp_path / "run") == _bytes(whole.folder)


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(
    world: World, plan: Plan, whole: StoredRun, tmp_path: Path
) -> None:
    folder = tmp_path / "run"

    def stop_after_three(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_to_store(world, plan, folder=folder, replications=8, seed=SEED, jobs=1, on_done=stop_after_three)
    assert finished_parts(folder / "parts") == {0, 1, 2}
    assert not (folder / "kpis.json").exists()
    heard: list[int] = []
    run_to_store(world, plan, folder=folder, replications=8, seed=SEED, jobs=1, on_done=heard.append)
    assert heard == [4, 5, 6, 7, 8]
    assert _bytes(folder) == _bytes(whole.folder)


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    world: World, plan: Plan, whole: StoredRun, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    (tmp_path / "given").write_bytes(pickle.dumps((plan, sim_inputs(world, plan), world.scenario)))
    with subprocess.Popen(
        [sys.executable, "-c", LONG_RUN, str(tmp_path / "given"), str(folder)],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        give_up = time.monotonic() + 60.0
        while len(finished_parts(folder / "parts")) < 8 and time.monotonic() < give_up:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (folder / "kpis.json").exists()
    assert len(finished_parts(folder / "parts")) >= 8
    heard: list[int] = []
    run_to_store(world, plan, folder=folder, replications=8, seed=SEED, jobs=1, on_done=heard.append)
    assert len(heard) < 8
    assert _bytes(folder) == _bytes(whole.folder)


def test_a_finished_run_is_not_run_again(world: World, plan: Plan, whole: StoredRun) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.folder.rglob("*")}
    again = run_to_store(world, plan, folder=whole.folder, replications=8, seed=SEED, on_done=pytest.fail)
    assert {path: path.stat().st_mtime_ns for path in whole.folder.rglob("*")} == before
    assert again.summary.as_dict() == whole.summary.as_dict()


def test_a_finished_run_goes_on_to_more_replications(
    world: World, plan: Plan, whole: StoredRun, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    run_to_store(world, plan, folder=folder, replications=5, seed=SEED)
    heard: list[int] = []
    run_to_store(world, plan, folder=folder, replications=8, seed=SEED, on_done=heard.append)
    assert heard == [6, 7, 8]
    assert _bytes(folder) == _bytes(whole.folder)


def test_a_folder_of_another_run_is_refused_and_left_alone(
    world: World, plan: Plan, whole: StoredRun
) -> None:
    before = _bytes(whole.folder)
    with pytest.raises(InputError, match="seed 3, not 4"):
        run_to_store(world, plan, folder=whole.folder, replications=8, seed=4)
    with pytest.raises(InputError, match="8 replications already"):
        run_to_store(world, plan, folder=whole.folder, replications=2, seed=SEED)
    other, its_plan = world_of("victorious-2024"), plan_of("victorious-2024")
    with pytest.raises(InputError, match="another folder"):
        run_to_store(other, its_plan, folder=whole.folder, replications=8, seed=SEED)
    assert _bytes(whole.folder) == before


def test_a_file_in_the_way_is_refused(world: World, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(InputError, match="run"):
        run_to_store(world, plan, folder=tmp_path / "run", replications=1, seed=SEED)


def test_a_manifest_that_is_none_is_refused(world: World, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        run_to_store(world, plan, folder=tmp_path, replications=1, seed=SEED)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="not the manifest of a run"):
        load_manifest(tmp_path)


def test_a_damaged_part_is_named(world: World, plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "parts").mkdir(parents=True)
    part_path(folder / "parts", 0).write_bytes(b"")
    with pytest.raises(InputError, match=r"0000000\.arrow is damaged"):
        run_to_store(world, plan, folder=folder, replications=2, seed=SEED)


def test_records_read_back_are_those_written(whole: StoredRun) -> None:
    read = load_records(whole.folder)
    assert read.words == whole.records.words
    for table, columns in FIELDS.items():
        for field in ("replication", *columns):
            a, b = read.column(table, field), whole.records.column(table, field)
            assert a.dtype == b.dtype, (table, field)
            np.testing.assert_array_equal(a, b)
    figures = summarise(read, whole.inputs.deployment, seed=SEED).as_dict()
    assert json.loads((whole.folder / "kpis.json").read_text()) == json.loads(json.dumps(figures))


def test_a_folder_without_records_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"calls\.parquet"):
        load_records(tmp_path)


def _without_words(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def _without_a_column(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.drop_columns([table.column_names[1]]), path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "a flipped stretch": lambda path: path.write_bytes(
        path.read_bytes()[:100] + bytes(60) + path.read_bytes()[160:]
    ),
    "no words": _without_words,
    "a column gone": _without_a_column,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["calls", "flights"])
def test_damaged_records_are_named_whatever_is_wrong_with_them(
    whole: StoredRun, tmp_path: Path, name: str, damage: str
) -> None:
    shutil.copytree(whole.folder, tmp_path / "run")
    path = tmp_path / "run" / "records" / f"{name}.parquet"
    DAMAGES[damage](path)
    with pytest.raises(InputError, match=rf"{name}\.parquet is damaged.*-> simulate"):
        load_records(tmp_path / "run")


def test_a_part_reads_back_as_it_was_written(whole: StoredRun, tmp_path: Path) -> None:
    tables = whole.records.of(2).tables
    write_part(tmp_path, 2, tables)
    read = read_part(tmp_path, 2)
    for table in FIELDS:
        for field, column in tables[table].items():
            np.testing.assert_array_equal(read[table][field], column)


def test_other_programs_read_the_records_as_words_and_numbers(whole: StoredRun) -> None:
    calls = pq.read_table(whole.folder / "records" / "calls.parquet").to_pylist()
    assert {call["outcome"] for call in calls} <= {"first", "attended", "missed"}
    assert [call["replication"] for call in calls] == sorted(call["replication"] for call in calls)


def test_the_manifest_says_what_the_run_is_of_and_not_when(whole: StoredRun, world: World) -> None:
    manifest = load_manifest(whole.folder)
    assert manifest["scenario_sha256"] == world.scenario.sha256
    assert (manifest["seed"], manifest["replications"]) == (SEED, 8)
    assert {"dfr", "numpy", "simpy"} <= set(manifest["versions"])
    assert str(whole.folder) not in (whole.folder / "manifest.json").read_text()
