"""Which posts people can stand at at once: a post without anybody sees nothing."""

from __future__ import annotations

from itertools import combinations, islice
from math import comb

import shapely

from dfr.plan.checks.context import Context
from dfr.scenario.model import Observer

MOST_CHOICES = 5000


def people_on_shift(context: Context) -> int:
    """Pilots and safety pilots of the thinnest shift: each can stand at one post."""
    shifts = context.scenario.crew.shifts
    return min((shift.remote_pilots + shift.safety_pilots for shift in shifts), default=0)


def manned_posts(context: Context, discs: dict[str, shapely.Polygon]) -> tuple[Observer, ...]:
    """The posts that the thinnest shift can man: those that together see most of all routes.

    `discs` is the ground below what each post sees, by its id; posts without one see nothing.
    """
    posts = [post for post in context.scenario.operation.posts if post.id in discs]
    people = people_on_shift(context)
    if people >= len(posts):
        return tuple(posts)
    lines = shapely.union_all([line for _, line in context.lines])
    if comb(len(posts), people) <= MOST_CHOICES:
        choices = islice(combinations(posts, people), MOST_CHOICES)
        return max(choices, key=lambda chosen: _seen_m(lines, discs, chosen))
    chosen: tuple[Observer, ...] = ()
    for _ in range(people):
        rest = [post for post in posts if post not in chosen]
        chosen = (*chosen, max(rest, key=lambda post: _seen_m(lines, discs, (*chosen, post))))
    return chosen


def _seen_m(lines: shapely.Geometry, discs: dict[str, shapely.Polygon], posts: tuple[Observer, ...]) -> float:
    return float(shapely.intersection(lines, shapely.union_all([discs[post.id] for post in posts])).length)
