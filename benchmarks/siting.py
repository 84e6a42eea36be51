"""How fast the siting solvers prove their answers.

`python benchmarks/siting.py [--all] [--only PART] [--peer PYTHON] [--reference DIR]`: three parts, as one
JSON document on stdout, in seconds of processor time:

- `mclp_3000x200`: against the same model without reductions on the same HiGHS, and against
  spopt's MCLP on PuLP's HiGHS where an interpreter that has spopt, pulp and highspy is named by --peer or
  DFR_PEER_PYTHON; build and solve, the same points, one after the other;
- `mclp_million`: 1,000,000 demand points x 500 sites, p = 10, to a proven gap of 1 %, with its peak memory;
- `orlib`: p-median and p-center of pmed1..40 (with --all; else 1..15) against the published optima.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from dfr.plan.siting import Sites, solve_mclp, solve_pcenter, solve_pmedian
from dfr.plan.siting.milp import Programme, solve_programme

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from orlib import read_pmed

SIDE_M = 20_000.0
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "siting" / "orlib"


def scattered(points: int, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand and sites at random in a 20 km square; weights 1 to 19."""
    rng = np.random.default_rng(0)
    demand, places = rng.uniform(0, SIDE_M, (points, 2)), rng.uniform(0, SIDE_M, (sites, 2))
    return demand, places, rng.integers(1, 20, points).astype(float)


def plain_mclp(times: np.ndarray, weights: np.ndarray, limit: float, p: int) -> float:
    """Seconds of the textbook model: one binary variable for each demand point and each site."""
    started = process_time()
    cover = sparse.csr_array((times <= limit).astype(float))
    rows, columns = cover.shape
    matrix = sparse.vstack(
        [
            sparse.hstack([-cover, sparse.identity(rows)]),
            sparse.csr_array(np.concatenate((np.ones(columns), np.zeros(rows)))[None, :]),
        ]
    )
    total = rows + columns
    found = solve_programme(
        Programme(
            cost=-np.concatenate((np.zeros(columns), weights)),
            lower=np.zeros(total),
            upper=np.ones(total),
            integer=np.ones(total, bool),
            matrix=sparse.csr_array(matrix),
            row_lower=np.concatenate((np.full(rows, -np.inf), [p])),
            row_upper=np.concatenate((np.zeros(rows), [p])),
        ),
        time_limit_s=300.0,
    )
    assert found.proven, "the plain model was not solved in 300 s"
    return process_time() - started


SPOPT = """
import time
import numpy as np, pulp
from spopt.locate import MCLP
rng = np.random.default_rng(0)
demand, sites = rng.uniform(0, 20_000.0, (3000, 2)), rng.uniform(0, 20_000.0, (200, 2))
weights = rng.integers(1, 20, 3000).astype(float)
times = np.hypot(*(demand[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
started = time.process_time()
model = MCLP.from_cost_matrix(times, weights, 2500.0, p_facilities=8).solve(pulp.HiGHS(msg=False, threads=1))
print(time.process_time() - started, model.problem.objective.value())
"""
"""The same problem in the peer's interpreter, which has no dfr."""


def spopt_mclp(peer: str | None) -> tuple[float, float] | None:
    """(Seconds, optimum) of spopt's MCLP on HiGHS; None without an interpreter that has it."""
    if not peer:
        return None
    done = subprocess.run([peer, "-c", SPOPT], capture_output=True, text=True, check=True)
    seconds, optimum = done.stdout.split()[-2:]
    return float(seconds), float(optimum)


def timed(solver: Callable[..., Sites], *arguments: object, **options: object) -> tuple[Sites, float]:
    """(Answer, seconds of processor time)."""
    started = process_time()
    return solver(*arguments, **options), process_time() - started


def mclp_3000x200(peer: str | None) -> dict[str, object]:
    demand, sites, weights = scattered(3000, 200)
    times = np.hypot(*(demand[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    runs = [timed(solve_mclp, times, weights, limit_s=2500.0, p=8) for _ in range(5)]
    own = float(np.median([seconds for _, seconds in runs]))
    plain, theirs = plain_mclp(times, weights, 2500.0, 8), spopt_mclp(peer)
    return {
        "objective": runs[0][0].objective,
        "status": runs[0][0].status,
        "seconds": own,
        "plain_seconds": plain,
        "plain_over_own": plain / own,
        "spopt_objective": None if theirs is None else theirs[1],
        "spopt_seconds": None if theirs is None else theirs[0],
        "spopt_over_own": None if theirs is None else theirs[0] / own,
    }


def mclp_million() -> dict[str, object]:
    demand, sites, weights = scattered(1_000_000, 500)
    near = cKDTree(demand).query_ball_point(sites, 2500.0)
    columns = np.repeat(np.arange(len(sites)), [len(rows) for rows in near])
    rows = np.concatenate(near)
    lengths = np.hypot(*(demand[rows] - sites[columns]).T)
    times = sparse.csr_array((lengths, (rows, columns)), shape=(len(demand), len(sites)))
    found, seconds = timed(
        solve_mclp, times, weights, limit_s=2500.0, p=10, relative_gap=0.01, time_limit_s=60.0
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "seconds": seconds,
        "wall_seconds": found.seconds,
        "peak_gib": peak,
    }


def optima(path: Path) -> dict[str, int]:
    pairs = [line.split() for line in path.read_text().splitlines() if line.startswith("pmed")]
    return {name: int(value) for name, value in pairs}


def orlib(folder: Path, numbers: range) -> list[dict[str, object]]:
    medians, centres = optima(folder / "p-median-optima.txt"), optima(folder / "p-center-optima.txt")
    rows: list[dict[str, object]] = []
    for number in numbers:
        name = f"pmed{number}"
        times, p = read_pmed((folder / f"{name}.txt").read_text())
        median, median_s = timed(solve_pmedian, times, p=p)
        centre, centre_s = timed(solve_pcenter, times, p=p)
        right = median.objective == medians[name] and median.status == "optimal"
        right &= centre.objective == centres[name] and centre.status == "optimal"
        rows.append(
            {
                "name": name,
                "right": right,
                "p_median": median.objective,
                "p_median_seconds": median_s,
                "p_center": centre.objective,
                "p_center_seconds": centre_s,
            }
        )
        print(f"{name}: {'right' if right else 'WRONG'}", file=sys.stderr, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all 40 OR-Library graphs")
    parser.add_argument("--only", choices=["mclp_3000x200", "mclp_million", "orlib"], help="one part")
    parser.add_argument("--peer", default=os.environ.get("DFR_PEER_PYTHON"), help="an interpreter with spopt")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="folder of pmed1.txt ...")
    chosen = parser.parse_args()
    report: dict[str, object] = {}
    if chosen.only in (None, "mclp_million"):
        report["mclp_million"] = mclp_million()  # first: the peak memory is the whole process's
    if chosen.only in (None, "mclp_3000x200"):
        report["mclp_3000x200"] = mclp_3000x200(chosen.peer)
    if chosen.only in (None, "orlib") and chosen.reference.is_dir():
        report["orlib"] = orlib(chosen.reference, range(1, 41 if chosen.all else 16))
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
