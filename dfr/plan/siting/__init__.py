"""Siting: which of the candidate sites get docks, with proof.

`cover` places p docks that cover the most demand (MCLP), `median` p docks with the least mean time, `center`
the fewest docks that cover all (LSCP) and p docks with the least worst time; `variants` has busy drones,
backup, budgets and capacities, `fair` the 90th percentile and what fairness costs, `queueing` how busy docks
are and sites that agree with it. `milp` asks HiGHS.

All functions take plain arrays: `times_s` of shape (n_demand, n_sites), inf (or masked) where a site
cannot reach; `demand` of shape (n_demand,), weights of any scale. All return `Sites`.
They are exact: HiGHS and Lagrangian bounds prove the optimum, or `gap` says what is left open
when `time_limit_s` is over. The same input gives the same answer where no time limit ends it.

`times_s` may be a scipy sparse array: a pair that is not stored is unreachable, a stored 0 is a time
of no seconds. Beware that `csr_array(dense)` stores no zeros, so a site loses the demand at its own
door; build from (times, (rows, sites)) instead. Covering problems stay sparse; the others fill a
dense table. Rows without demand ask for nothing. Of exactly p sites, those that add nothing are the
lowest numbers allowed.
"""

from __future__ import annotations

from dfr.plan.siting.center import solve_lscp, solve_pcenter
from dfr.plan.siting.cover import solve_mclp
from dfr.plan.siting.fair import pareto_front, solve_quantile
from dfr.plan.siting.median import solve_pmedian
from dfr.plan.siting.model import FEASIBLE, INFEASIBLE, OPTIMAL, UNSOLVED, Sites
from dfr.plan.siting.queueing import AgreedSites, find_agreed_sites, solve_queueing
from dfr.plan.siting.variants import solve_backup, solve_budget, solve_capacitated, solve_mexclp

__all__ = [
    "FEASIBLE",
    "INFEASIBLE",
    "OPTIMAL",
    "UNSOLVED",
    "AgreedSites",
    "Sites",
    "find_agreed_sites",
    "pareto_front",
    "solve_backup",
    "solve_budget",
    "solve_capacitated",
    "solve_lscp",
    "solve_mclp",
    "solve_mexclp",
    "solve_pcenter",
    "solve_pmedian",
    "solve_quantile",
    "solve_queueing",
]
