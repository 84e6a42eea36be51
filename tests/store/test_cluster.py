"""The same run on a real Dask scheduler and workers, one of which is killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from dfr.cli.stopping import explain_stop
from dfr.errors import ClusterLostError, InputError
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.sim.build import sim_inputs
from dfr.sim.cluster import replicate_one, versions
from dfr.sim.experiment import simulate_inputs
from dfr.store.runs import held_replications, run_to_store

REPLICATIONS = 24


@pytest.fixture
def dask() -> None:
    """Skips where Dask is not installed, fails where it is required."""
    if find_spec("distributed") is None:
        if "cluster" in os.environ.get("DFR_REQUIRE", "").split(","):
            pytest.fail("distributed is not installed -> pip install 'dfr-planner[cluster]'")
        pytest.skip("distributed is not installed: pip install 'dfr-planner[cluster]'")


Processes = list[subprocess.Popen[bytes]]


@pytest.fixture
def workers(cluster: tuple[str, Processes]) -> tuple[str, Processes]:
    """The address of a scheduler of its own, and its two workers, each a process."""
    return cluster[0], cluster[1][1:]


@pytest.fixture
def cluster(dask: None, tmp_path: Path) -> Iterator[tuple[str, Processes]]:
    """The address of a scheduler of its own; the scheduler and its two workers, each a process."""
    file = tmp_path / "scheduler.json"

    def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(file)]
        return subprocess.Popen(
            [*command, "--host", "127.0.0.1", *arguments],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    with ExitStack() as stack:
        scheduler = start("dask_scheduler", "--port", "0", "--no-dashboard")
        stack.callback(_end, scheduler)
        _wait_for(file)
        alone = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        processes = [start("dask_worker", *alone) for _ in range(2)]
        for process in processes:
            stack.callback(_end, process)
        yield _address(file, 2), [scheduler, *processes]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _wait_for(file: Path) -> None:
    give_up = time.monotonic() + 60.0
    while not file.exists() and time.monotonic() < give_up:
        time.sleep(0.1)
    assert file.exists(), "the scheduler did not start"


def _address(file: Path, count: int) -> str:
    import distributed

    with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(count, timeout=900)
        return str(client.scheduler.address)


@pytest.mark.cluster
def test_a_cluster_that_loses_a_worker_leaves_the_bytes_of_one_process(
    workers: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, processes = workers
    world = load_world(find_scenario("winter-storm"))
    plan = make_plan(world)
    heard: list[int] = []

    def kill_one(done: int) -> None:
        heard.append(done)
        if done == 3:
            processes[0].send_signal(signal.SIGKILL)

    folders = [tmp_path / "cluster", tmp_path / "serial"]
    run_to_store(
        world, plan, folder=folders[0], replications=REPLICATIONS, seed=5, cluster=address, on_done=kill_one
    )
    run_to_store(world, plan, folder=folders[1], replications=REPLICATIONS, seed=5)
    assert processes[0].wait(timeout=900) == -signal.SIGKILL
    assert processes[1].poll() is None
    assert heard == list(range(1, REPLICATIONS + 1))
    assert files_of(folders[0]) == files_of(folders[1])


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.cluster
def test_a_cluster_that_loses_its_scheduler_keeps_what_is_done_and_goes_on_to_the_same_bytes(
    cluster: tuple[str, Processes], tmp_path: Path
) -> None:
    address, (scheduler, *_) = cluster
    world = load_world(find_scenario("winter-storm"))
    plan = make_plan(world)

    def kill_scheduler(done: int) -> None:
        if done == 3:
            scheduler.send_signal(signal.SIGKILL)

    broken, whole = tmp_path / "broken", tmp_path / "whole"
    run = partial(run_to_store, world, plan, replications=REPLICATIONS, seed=5)
    with pytest.raises(ClusterLostError, match=r"the scheduler at .* was lost") as lost:
        run(folder=broken, cluster=address, on_done=kill_scheduler)
    assert lost.value.exit_code == 6
    assert 3 <= held_replications(broken) < REPLICATIONS
    run(folder=broken)
    run(folder=whole)
    assert files_of(broken) == files_of(whole)


def test_what_is_kept_is_said_when_a_cluster_is_lost() -> None:
    words = "3 replications kept in out -> the same command resumes from there"
    with (
        pytest.raises(ClusterLostError, match=f"the scheduler was lost: {words}"),
        explain_stop(lambda: words),
    ):
        raise ClusterLostError("the scheduler was lost", do="start it again")


@pytest.mark.cluster
def test_no_scheduler_is_said_plainly(dask: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfr.sim.cluster.CONNECT_S", 0.5)
    world = load_world(find_scenario("winter-storm"))
    with pytest.raises(InputError, match=r"--cluster tcp://127\.0\.0\.1:9: .*->"):
        simulate_inputs(
            sim_inputs(world, make_plan(world)), replications=1, seed=1, cluster="tcp://127.0.0.1:9"
        )


def test_a_worker_of_other_versions_refuses() -> None:
    with pytest.raises(InputError, match="install the same"):
        replicate_one(b"", 0, (("dfr", "0.0.0"), *versions()[1:]))
