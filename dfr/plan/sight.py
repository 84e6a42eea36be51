"""Lines of sight from posts to routes over terrain and over the heads of a crowd.

A point is seen from a post within its range where the straight line from the eye to the drone clears the
ground, and two metres more wherever people stand, at every step. Unknown ground hides nothing here and
is reported as unknown by its own rule.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray
from dfr.plan.checks.context import Context
from dfr.plan.checks.profile import Profile
from dfr.scenario.model import Observer
from dfr.world.terrain import heights_m_amsl

BoolArray = NDArray[np.bool_]

EYE_M = 1.6
"""Height of a standing observer's eye (assumed)."""

CROWD_M = 2.0
"""Height of a crowd line: people standing, arms down (assumed)."""

NEAR_M = 5.0
"""Nearer than this to the eye nothing stands in the way: an observer keeps a clear place."""

STEPS = 60


def seen_from(context: Context, post: Observer, profile: Profile) -> BoolArray:
    """Which places of a profile a post sees, (n,): in its slant range and over all that is between."""
    frame = context.world.frame
    eye_xy = np.asarray(frame.point(post.position))
    eye_ground = _ground(context, eye_xy[None, :])[0]
    away = np.hypot(*(profile.places - eye_xy).T)
    drone = np.nan_to_num(profile.ground_m_amsl + profile.height_m_agl, nan=profile.route.height_m_agl)
    eye = np.nan_to_num(eye_ground) + EYE_M
    in_range = np.hypot(away, drone - eye) <= post.range_m
    return np.asarray(in_range & _clear(context, eye_xy, eye, profile.places, drone), bool)


def _clear(
    context: Context, eye_xy: FloatArray, eye: float, places: FloatArray, drone: FloatArray
) -> BoolArray:
    """Whether nothing stands between an eye and drones, (n,); steps are finer near the eye."""
    away = np.hypot(*(places - eye_xy).T)
    share = (np.arange(1, STEPS) / STEPS) ** 2
    xy = eye_xy + share[None, :, None] * (places - eye_xy)[:, None, :]
    sight = eye + share[None, :] * (drone - eye)[:, None]
    flat = xy.reshape(-1, 2)
    top = np.nan_to_num(_ground(context, flat), nan=-np.inf) + _crowd_m(context, flat)
    blocked = (sight < top.reshape(sight.shape)) & (share[None, :] * away[:, None] >= NEAR_M)
    return np.asarray(~blocked.any(axis=1))


def _ground(context: Context, xy: FloatArray) -> FloatArray:
    lat, lon = context.world.frame.to_geodetic(xy[:, 0], xy[:, 1])
    return heights_m_amsl(context.world.terrain, lat, lon)


def _crowd_m(context: Context, xy: FloatArray) -> FloatArray:
    """Height of the people at places, over the whole period: a crowd that may be there is taken to be."""
    areas = [c.area for c in context.scenario.site.crowds if c.people_per_m2 > 0]
    if not areas:
        return np.zeros(len(xy))
    crowd = shapely.union_all([context.world.frame.polygon(area) for area in areas])
    shapely.prepare(crowd)
    return np.where(shapely.intersects_xy(crowd, xy[:, 0], xy[:, 1]), CROWD_M, 0.0)
