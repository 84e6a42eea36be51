"""All checks of a plan, in the order of the check sheet. What holds is reported too, with its margin."""

from __future__ import annotations

from dataclasses import replace

from dfr.findings import Finding, Severity, counted_noun
from dfr.plan.checks.air_data import check_data_age
from dfr.plan.checks.airspace import check_airspace, check_restriction_hours
from dfr.plan.checks.contingency import check_contingency, check_energy, check_safe_landing
from dfr.plan.checks.crowds import check_crowd_hours, check_crowds
from dfr.plan.checks.heights import check_heights, check_obstacles, check_profiles
from dfr.plan.checks.hours import check_crew, check_flyable_hours, check_weather
from dfr.plan.checks.permission import check_assumed, check_jurisdiction, check_permission
from dfr.plan.checks.sight import check_sight
from dfr.plan.checks.site import check_boundary, check_docks, check_reach, check_sites
from dfr.plan.checks.traffic import check_own_drones, check_traffic
from dfr.plan.context import Check, Context, context_of, finding
from dfr.plan.jurisdictions import Jurisdiction
from dfr.plan.model import Plan
from dfr.plan.rules import RULES, jurisdiction_of
from dfr.plan.siting import OPTIMAL
from dfr.world.model import World

PROVEN = 1e-8
"""Shares that differ by less are one: those of plans are rounded to nine digits."""


def check_plan(world: World, plan: Plan) -> tuple[Finding, ...]:
    """What is found when a plan is held against every rule; the plan's own findings are not read."""
    context = context_of(world, plan)
    rules = jurisdiction_of(world.scenario)
    return tuple(_cite_country(found, rules) for one in CHECKS for found in one(context))


def _cite_country(found: Finding, rules: Jurisdiction) -> Finding:
    """The finding with the document of the place's own rules, where one asks what it is about."""
    row = rules.row_of(found.rule)
    if row is None:
        return found
    source = row.citation if found.source == RULES[found.rule].source else found.source
    return replace(found, basis=row.basis, source=source)


def check_coverage(context: Context) -> list[Finding]:
    """How much demand the docks reach, and whether that is proven to be the most."""
    plan = context.plan
    if not context.lines:
        words = "No dock reaches any zone."
        return [finding("coverage", Severity.VIOLATION, words, fix="other candidate sites, limits or drone")]
    words = (
        f"If a drone is free, it is overhead within {plan.siting_limit_s:g} s of the decision for "
        f"{plan.objective:.0%} of calls in flyable hours."
    )
    words += _cost_of_heights(plan)
    if plan.objective <= 0.0:
        fix = "other candidate sites, a longer targets.siting_limit_s, or a faster drone"
        return [finding("coverage", Severity.VIOLATION, f"No call is reached in time. {words}", fix=fix)]
    best = f"No other choice of {counted_noun(len(plan.sites), 'dock')} reaches more"
    if plan.status == OPTIMAL:
        return [finding("coverage", Severity.OK, f"{words} {best} (proven).")]
    if plan.sited_by is not None and plan.sited_by.objective != "mclp":
        words += f" The docks are sited for {plan.sited_by}. Docks sited for coverage reach {plan.bound:.0%}."
        return [finding("coverage", Severity.OK, words)]
    levels = plan.height_levels
    if levels is not None and levels.share_at_one_height >= plan.bound - PROVEN:
        return [finding("coverage", Severity.OK, f"{words} {best} at one height (proven).")]
    words += f" This is not proven to be the most: up to {plan.bound:.0%} may be possible."
    return [finding("coverage", Severity.ADVICE, words, fix="allow more time")]


def _cost_of_heights(plan: Plan) -> str:
    """What flying the docks at different heights costs, in words; '' where all fly at one."""
    levels = plan.height_levels
    if levels is None or levels.levels < 2:
        return ""
    words = f" The docks fly at {levels.levels} heights to keep their drones apart: at one height it would be"
    words += f" {levels.share_at_one_height:.1%} instead of {plan.objective:.1%}"
    if plan.mean_overhead_s is not None and levels.mean_at_one_height_s is not None:
        later_s = plan.mean_overhead_s - levels.mean_at_one_height_s
        words += f", and the mean time {abs(later_s):.1f} s {'shorter' if later_s >= 0 else 'longer'}"
    return f"{words}."


CHECKS: tuple[Check, ...] = (
    check_coverage,
    check_jurisdiction,
    check_permission,
    check_assumed,
    check_airspace,
    check_data_age,
    check_heights,
    check_obstacles,
    check_profiles,
    check_boundary,
    check_crowds,
    check_crowd_hours,
    check_restriction_hours,
    check_sight,
    check_reach,
    check_flyable_hours,
    check_weather,
    check_docks,
    check_sites,
    check_crew,
    check_energy,
    check_safe_landing,
    check_contingency,
    check_traffic,
    check_own_drones,
)
