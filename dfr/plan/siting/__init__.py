"""Siting: which of the candidate sites get docks, with proof. All take plain arrays and return `Sites`.

`classic` has the four problems that everything else builds on, `variants` busy drones, backup, budgets and
capacities, `fair` the 90th percentile and what fairness costs, `queueing` how busy docks are and sites that
agree with it. The rest is how they are solved: `reductions` makes coverage small, `cover`, `median` and
`center` search and bound, `milp` asks HiGHS.
"""

from __future__ import annotations

from dfr.plan.siting.classic import solve_lscp, solve_mclp, solve_pcenter, solve_pmedian
from dfr.plan.siting.fair import pareto_front, solve_quantile
from dfr.plan.siting.model import FEASIBLE, INFEASIBLE, OPTIMAL, UNSOLVED, Sites
from dfr.plan.siting.queueing import Settled, settle_busy, solve_queueing
from dfr.plan.siting.variants import solve_backup, solve_budget, solve_capacitated, solve_mexclp

__all__ = [
    "FEASIBLE",
    "INFEASIBLE",
    "OPTIMAL",
    "UNSOLVED",
    "Settled",
    "Sites",
    "pareto_front",
    "settle_busy",
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
