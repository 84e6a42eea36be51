"""How fast the siting solvers prove their answers: `python benchmarks/siting.py [--all] [--reference DIR]`.

Three parts, as one JSON document on stdout:

- `mclp_3000x200`: seconds against the same model without reductions on the same HiGHS (and against
  spopt's MCLP where spopt is installed), measured in the same run;
- `mclp_million`: 1,000,000 demand points x 500 sites, p = 10, to a proven gap of 1 %;
- `orlib`: p-median and p-center of pmed1..40 (with --all; else 1..15) against the published optima.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from dfr.plan.milp import Programme, solve
from dfr.plan.orlib import read_pmed
from dfr.plan.siting import solve_mclp, solve_pcenter, solve_pmedian

SIDE_M = 20_000.0
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "siting" / "orlib"


def scattered(points: int, sites: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand and sites at random in a 20 km square; weights 1 to 19."""
    rng = np.random.default_rng(0)
    demand, places = rng.uniform(0, SIDE_M, (points, 2)), rng.uniform(0, SIDE_M, (sites, 2))
    return demand, places, rng.integers(1, 20, points).astype(float)


def plain_mclp(times: np.ndarray, weights: np.ndarray, limit: float, p: int) -> float:
    """Seconds of the textbook model: one binary variable for each demand point and each site."""
    started = perf_counter()
    cover = sparse.csr_array((times <= limit).astype(float))
    rows, columns = cover.shape
    matrix = sparse.vstack(
        [
            sparse.hstack([-cover, sparse.identity(rows)]),
            sparse.csr_array(np.concatenate((np.ones(columns), np.zeros(rows)))[None, :]),
        ]
    )
    total = rows + columns
    found = solve(
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
    return perf_counter() - started


def spopt_mclp(times: np.ndarray, weights: np.ndarray, limit: float, p: int) -> float | None:
    """Seconds of spopt's MCLP on HiGHS; None where spopt is not installed."""
    try:
        import pulp
        from spopt.locate import MCLP
    except ImportError:
        return None
    started = perf_counter()
    model = MCLP.from_cost_matrix(times, weights, limit, p_facilities=p)
    model.solve(pulp.HiGHS(msg=False))
    return perf_counter() - started


def mclp_3000x200() -> dict[str, object]:
    demand, sites, weights = scattered(3000, 200)
    times = np.hypot(*(demand[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    runs = [solve_mclp(times, weights, limit_s=2500.0, p=8) for _ in range(5)]
    own = float(np.median([run.seconds for run in runs]))
    plain, theirs = plain_mclp(times, weights, 2500.0, 8), spopt_mclp(times, weights, 2500.0, 8)
    return {
        "objective": runs[0].objective,
        "status": runs[0].status,
        "seconds": own,
        "plain_seconds": plain,
        "plain_over_own": plain / own,
        "spopt_seconds": theirs,
        "spopt_over_own": None if theirs is None else theirs / own,
    }


def mclp_million() -> dict[str, object]:
    demand, sites, weights = scattered(1_000_000, 500)
    near = cKDTree(demand).query_ball_point(sites, 2500.0)
    columns = np.repeat(np.arange(len(sites)), [len(rows) for rows in near])
    rows = np.concatenate(near)
    lengths = np.hypot(*(demand[rows] - sites[columns]).T)
    times = sparse.csr_array((lengths, (rows, columns)), shape=(len(demand), len(sites)))
    found = solve_mclp(times, weights, limit_s=2500.0, p=10, relative_gap=0.01, time_limit_s=60.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"objective": found.objective, "gap": found.gap, "seconds": found.seconds, "peak_gib": peak}


def optima(path: Path) -> dict[str, int]:
    pairs = [line.split() for line in path.read_text().splitlines() if line.startswith("pmed")]
    return {name: int(value) for name, value in pairs}


def orlib(folder: Path, numbers: range) -> list[dict[str, object]]:
    medians, centres = optima(folder / "p-median-optima.txt"), optima(folder / "p-center-optima.txt")
    rows: list[dict[str, object]] = []
    for number in numbers:
        name = f"pmed{number}"
        times, p = read_pmed((folder / f"{name}.txt").read_text())
        median, centre = solve_pmedian(times, p=p), solve_pcenter(times, p=p)
        right = median.objective == medians[name] and median.status == "optimal"
        right &= centre.objective == centres[name] and centre.status == "optimal"
        rows.append(
            {
                "name": name,
                "right": right,
                "p_median": median.objective,
                "p_median_seconds": median.seconds,
                "p_center": centre.objective,
                "p_center_seconds": centre.seconds,
            }
        )
        print(f"{name}: {'right' if right else 'WRONG'}", file=sys.stderr, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="all 40 OR-Library graphs")
    parser.add_argument("--reference", type=Path, default=REFERENCE, help="folder of pmed1.txt ...")
    chosen = parser.parse_args()
    report: dict[str, object] = {"mclp_3000x200": mclp_3000x200(), "mclp_million": mclp_million()}
    if chosen.reference.is_dir():
        report["orlib"] = orlib(chosen.reference, range(1, 41 if chosen.all else 16))
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
