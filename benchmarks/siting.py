"""How fast the siting solvers prove their answers.

`python benchmarks/siting.py [--all] [--only PART] [--peer PYTHON] [--reference DIR]`: parts as one JSON
document on stdout, in seconds of processor time:

- `mclp_3000x200`: against the same model without reductions on the same HiGHS, and against
  spopt's MCLP on PuLP's HiGHS where an interpreter that has spopt, pulp and highspy is named by --peer or
  DFR_PEER_PYTHON; build and solve, the same points, one after the other;
- `mclp_million`: 1,000,000 demand points x 500 sites, p = 10, to a proven gap of 1 %, with its peak memory;
- `mclp_20_million` (only by name): the size and rule of Cordeau, Furini and Ljubic 2019, 20,000,000 points x
  100 sites in a square of side 30, radius 5.75, p = 10, to a gap of 0.5 %, with its peak memory;
- `sjc`: the maximal covering instances SJC324, SJC402 and SJC500 at 800 m, against the plain model on HiGHS;
- `covering`: instances of Cordeau's kind (n100s1.dat ...), customers at the facilities, each to proof;
  both from the folder that DFR_MCLP_INSTANCES names, "not at hand" without it;
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
SQUARE = 30.0
"""The side of the square in which Cordeau, Furini and Ljubic draw places, in their units."""

PARTS = ("mclp_3000x200", "mclp_million", "mclp_20_million", "sjc", "covering", "orlib")

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "siting" / "orlib"


def scattered(points: int, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand and sites at random in a 20 km square; weights 1 to 19."""
    rng = np.random.default_rng(0)
    demand, places = rng.uniform(0, SIDE_M, (points, 2)), rng.uniform(0, SIDE_M, (sites, 2))
    return demand, places, rng.integers(1, 20, points).astype(float)


def plain_mclp(times: np.ndarray, weights: np.ndarray, limit: float, p: int) -> tuple[float, float]:
    """(Seconds, optimum) of the textbook model: one binary variable for each demand point and each site."""
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
    return process_time() - started, -found.objective


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
    plain, optimum = plain_mclp(times, weights, 2500.0, 8)
    theirs = spopt_mclp(peer)
    return {
        "objective": runs[0][0].objective,
        "status": runs[0][0].status,
        "plain_objective": optimum,
        "seconds": own,
        "plain_seconds": plain,
        "plain_over_own": plain / own,
        "spopt_objective": None if theirs is None else theirs[1],
        "spopt_seconds": None if theirs is None else theirs[0],
        "spopt_over_own": None if theirs is None else theirs[0] / own,
    }


def times_within(demand: np.ndarray, sites: np.ndarray, limit: float) -> sparse.csr_array:
    """Distances of the pairs within a limit, the others not stored."""
    parts = []
    for first in range(0, len(demand), 1_000_000):
        part = demand[first : first + 1_000_000]
        near = cKDTree(part).query_ball_point(sites, limit)
        columns = np.repeat(np.arange(len(sites)), [len(rows) for rows in near])
        rows = np.concatenate(near).astype(np.int64)
        lengths = np.hypot(*(part[rows] - sites[columns]).T)
        parts.append(sparse.csr_array((lengths, (rows, columns)), shape=(len(part), len(sites))))
    return sparse.vstack(parts, format="csr")


def mclp_of_size(
    demand: np.ndarray, sites: np.ndarray, weights: np.ndarray, limit: float, gap: float, seconds: float
) -> dict[str, object]:
    """What the best 10 sites of a large table take, from its times on."""
    times = times_within(demand, sites, limit)
    found, took = timed(
        solve_mclp, times, weights, limit_s=limit, p=10, relative_gap=gap, time_limit_s=seconds
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {
        "points": len(demand),
        "sites": len(sites),
        "pairs": times.nnz,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "seconds": took,
        "wall_seconds": found.seconds,
        "peak_gib": peak,
        "load": os.getloadavg()[0],
    }


def mclp_million() -> dict[str, object]:
    demand, sites, weights = scattered(1_000_000, 500)
    return mclp_of_size(demand, sites, weights, 2500.0, 0.01, 60.0)


def mclp_20_million(points: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    sites, demand = rng.uniform(0.0, SQUARE, (100, 2)), rng.uniform(0.0, SQUARE, (points, 2))
    return mclp_of_size(demand, sites, rng.integers(1, 101, points).astype(float), 5.75, 0.005, 300.0)


def sjc(folder: Path) -> list[dict[str, object]]:
    """Every number of sites up to the one that covers all; `right` where the plain model agrees."""
    rows: list[dict[str, object]] = []
    for size in (324, 402, 500):
        places = np.array((folder / f"SJC{size}.txt").read_text().split()[1:], float).reshape(-1, 2)
        weights = np.array((folder / f"demand-SJC{size}.dat").read_text().split(), float)
        times = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
        for p in range(1, size):
            found, seconds = timed(solve_mclp, times, weights, limit_s=800.0, p=p)
            plain_s, optimum = plain_mclp(times, weights, 800.0, p)
            right = found.status == "optimal" and round(found.objective) == round(optimum)
            row = {"name": f"SJC{size}", "p": p, "covered": found.objective, "right": right}
            rows.append({**row, "seconds": seconds, "plain_seconds": plain_s})
            if found.objective == weights.sum():
                break
    return rows


def covering(folder: Path) -> list[dict[str, object]]:
    """Radii and numbers of sites as Cordeau and others have them for 100 places, also for larger sizes."""
    rows: list[dict[str, object]] = []
    for size in (100, 200, 300, 400, 500):
        table = np.array((folder / f"n{size}s1.dat").read_text().split()[1:], float).reshape(-1, 5)
        places, weights = table[:, 1:3], table[:, 4]
        times = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
        for radius, p in ((5.5, 10), (4.0, 15), (3.25, 20)):
            found, seconds = timed(solve_mclp, times, weights, limit_s=radius, p=p, time_limit_s=60.0)
            row = {"name": f"n{size}s1", "radius": radius, "p": p, "covered": found.objective}
            rows.append({**row, "gap": found.gap, "seconds": seconds})
    return rows


def from_folder(part: Callable[[Path], list[dict[str, object]]], first: str) -> object:
    """A part whose instances are read from DFR_MCLP_INSTANCES; words where its first file is not there."""
    folder = os.environ.get("DFR_MCLP_INSTANCES", "")
    return part(Path(folder)) if folder and (Path(folder) / first).is_file() else "not at hand"


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
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--points", type=int, default=20_000_000, help="of mclp_20_million")
    parser.add_argument("--peer", default=os.environ.get("DFR_PEER_PYTHON"), help="an interpreter with spopt")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="folder of pmed1.txt ...")
    chosen = parser.parse_args()
    report: dict[str, object] = {}
    if chosen.only in (None, "mclp_million"):
        report["mclp_million"] = mclp_million()  # first: the peak memory is the whole process's
    if chosen.only == "mclp_20_million":
        report["mclp_20_million"] = mclp_20_million(chosen.points)
    if chosen.only in (None, "sjc"):
        report["sjc"] = from_folder(sjc, "SJC324.txt")
    if chosen.only in (None, "covering"):
        report["covering"] = from_folder(covering, "n100s1.dat")
    if chosen.only in (None, "mclp_3000x200"):
        report["mclp_3000x200"] = mclp_3000x200(chosen.peer)
    if chosen.only in (None, "orlib") and chosen.reference.is_dir():
        report["orlib"] = orlib(chosen.reference, range(1, 41 if chosen.all else 16))
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
