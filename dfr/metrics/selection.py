"""Ranking and selection: the best of k designs, with a stated probability of being right.

The fully sequential procedure of Kim & Nelson (2001, ACM TOMACS 11, "KN"): the design with the
largest mean is selected with at least the stated probability whenever it leads by the indifference zone
or more. It allows for common random numbers, which the designs of a sweep share: only variances
of differences enter. A figure is a ratio of sums, as tables show it: designs are ranked by that ratio
over the replications so far, and the noise is that of its linearised terms. A design is dropped once it
is behind another by more than the noise that is still possible. The procedure looks at the replications
in order, so it may be given them in batches, or all at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dfr.errors import InputError
from dfr.statistics import FloatArray

CONFIDENCE = 0.95
"""Chance of a correct selection, unless said otherwise."""

FIRST_STAGE = 10
"""Replications of every design before the first is dropped (Kim & Nelson suggest 10 to 20)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is still in the race after `used` replications; one that is decided has one survivor.

    `dropped_at` says after how many replications each design was dropped, None for survivors.
    """

    survivors: tuple[int, ...]
    dropped_at: tuple[int | None, ...]
    used: int

    @property
    def decided(self) -> bool:
        """Whether the best is selected."""
        return len(self.survivors) == 1


def select_largest(
    tops: FloatArray,
    bottoms: FloatArray | None = None,
    *,
    zone: float,
    confidence: float = CONFIDENCE,
    first_stage: int = FIRST_STAGE,
) -> Selection:
    """The selection of the largest ratio of sums, of shape (designs, replications), replications paired.

    Without `bottoms` the figure is the mean of `tops`. A design that was dropped may hold NaN after it was;
    for the smallest figure, give negated tops. A design without a figure is behind every one that has it.
    Raises InputError for too few replications or a zone that is not positive.
    """
    bottoms = np.ones_like(tops) if bottoms is None else bottoms
    count, length = tops.shape
    if zone <= 0.0:
        raise InputError(
            f"{zone:g} is not a difference that can matter", do="give an indifference zone over 0"
        )
    if not 0.0 < confidence < 1.0:
        raise InputError(f"{confidence:g} is not a confidence", do="give one between 0 and 1")
    if length < first_stage or first_stage < 2:
        raise InputError(
            f"{length} replications are fewer than the first stage of {first_stage}",
            do=f"ask for at least {max(2, first_stage)}",
        )
    dropped: list[int | None] = [None] * count
    survivors = list(range(count))
    if count == 1:
        return Selection(survivors=(0,), dropped_at=(None,), used=first_stage)
    noise = _pair_noise(_linearised(tops[:, :first_stage], bottoms[:, :first_stage]), count, confidence)
    totals, weights = np.cumsum(tops, axis=1), np.cumsum(bottoms, axis=1)
    used = first_stage
    for used in range(first_stage, length + 1):
        means = _ratios(totals[:, used - 1], weights[:, used - 1])
        for i in _designs_behind(survivors, means, noise, used, zone):
            survivors.remove(i)
            dropped[i] = used
        longest = max((noise[i, j] for i in survivors for j in survivors if i != j), default=0.0)
        if len(survivors) > 1 and used > math.floor(longest / zone**2):
            best = max(survivors, key=lambda i: means[i])
            dropped = [used if i in survivors and i != best else at for i, at in enumerate(dropped)]
            survivors = [best]
        if len(survivors) == 1:
            break
    return Selection(survivors=tuple(survivors), dropped_at=tuple(dropped), used=used)


def _ratios(tops: FloatArray, bottoms: FloatArray) -> FloatArray:
    """The figure of each design, minus infinity where it has none; NaN stays NaN."""
    ratios: FloatArray = np.full(len(tops), -np.inf)
    return np.asarray(np.divide(tops, bottoms, out=ratios, where=bottoms != 0.0))


def _linearised(tops: FloatArray, bottoms: FloatArray) -> FloatArray:
    """What each replication adds to a design's ratio of sums; 0 where the design has no figure."""
    weights = bottoms.sum(axis=1)
    ratios = np.divide(tops.sum(axis=1), weights, out=np.zeros(len(tops)), where=weights > 0.0)
    rest: FloatArray = (tops - ratios[:, None] * bottoms) * tops.shape[1]
    return np.asarray(rest / np.where(weights > 0.0, weights, np.inf)[:, None])


def _pair_noise(first: FloatArray, count: int, confidence: float) -> FloatArray:
    """h^2 S^2 of every pair of designs: what their difference may still be off, times replications."""
    degrees = first.shape[1] - 1
    eta = 0.5 * ((2.0 * (1.0 - confidence) / (count - 1)) ** (-2.0 / degrees) - 1.0)
    gaps = first[:, None, :] - first[None, :, :]
    return np.asarray(2.0 * eta * degrees * gaps.var(axis=2, ddof=1))


def _designs_behind(
    survivors: list[int], means: FloatArray, noise: FloatArray, used: int, zone: float
) -> list[int]:
    """Designs that another leads by more than the noise left."""

    def left(i: int, j: int) -> float:
        return max(0.0, zone / (2.0 * used) * (float(noise[i, j]) / zone**2 - used))

    return [i for i in survivors if any(means[i] < means[j] - left(i, j) for j in survivors if j != i)]
