"""Named random streams: a draw depends on seed, replication, name and position, and on nothing else.

Each stream is a counter-based Philox generator (Salmon et al. 2011) whose key is the BLAKE2 hash
of its name, so no stream knows of another: one more dock changes no incident, and a replication
is the same in whichever process it runs. Draws that belong to a call are taken as arrays over all
candidate calls, one stream for each quantity, so the i-th call keeps its own numbers whatever
became of the others (common random numbers).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfr.statistics import lognormal_sigma

FloatArray = NDArray[np.float64]

CONSTANT, EXPONENTIAL, LOGNORMAL = "constant", "exponential", "lognormal"
"""The families of a random delay, by the words of the scenario."""

LN2 = float(np.log(2.0))


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one replication.

    >>> streams = Streams(seed=7, replication=0)
    >>> bool((streams.uniform("x", 3) == streams.uniform("x", 3)).all())
    True
    """

    seed: int
    replication: int

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator at the start of the named stream."""
        text = f"{self.seed}/{self.replication}/{name}".encode()
        key = int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")
        return np.random.Generator(np.random.Philox(key=key))

    def uniform(self, name: str, count: int) -> FloatArray:
        """The first numbers of a stream, uniform on [0, 1)."""
        return self.generator(name).random(count)

    def gamma_factor(self, name: str, cv: float) -> float:
        """A gamma variate of mean 1 and coefficient of variation `cv`; 1 where that is 0."""
        if cv <= 0.0:
            return 1.0
        shape = cv**-2.0
        return float(self.generator(name).gamma(shape, 1.0 / shape))

    def delays(self, name: str, spreads: tuple[Spread, ...], which: NDArray[np.int64]) -> FloatArray:
        """One delay for each entry of `which`, from the spread that it names, s.

        Every family draws from a stream of its own, so a change of one grade's
        family leaves the draws of the others alone.
        """
        kinds = {spread.kind for spread in spreads}
        medians = np.array([spread.median_s for spread in spreads])[which]
        delays = medians.copy()
        if EXPONENTIAL in kinds:
            chosen = np.array([spread.kind == EXPONENTIAL for spread in spreads])[which]
            unit = self.generator(f"{name}/exponential").standard_exponential(len(which))
            delays[chosen] = medians[chosen] / LN2 * unit[chosen]
        if LOGNORMAL in kinds:
            chosen = np.array([spread.kind == LOGNORMAL for spread in spreads])[which]
            sigma = np.array([spread.sigma for spread in spreads])[which]
            normal = self.generator(f"{name}/normal").standard_normal(len(which))
            delays[chosen] = medians[chosen] * np.exp(sigma[chosen] * normal[chosen])
        return delays

    def delay(self, name: str, spread: Spread, count: int) -> FloatArray:
        """Delays of one spread, s."""
        return self.delays(name, (spread,), np.zeros(count, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Spread:
    """A random delay: its family, median and, for a log-normal one, the deviation of its logarithm.

    An infinite median is a delay that never ends (a caller who never gives up).
    """

    kind: str
    median_s: float
    sigma: float = 0.0

    @classmethod
    def constant(cls, seconds: float) -> Spread:
        """A delay that is always the same."""
        return cls(CONSTANT, seconds)

    @classmethod
    def exponential(cls, mean_s: float) -> Spread:
        """A memoryless delay of that mean."""
        return cls(EXPONENTIAL, mean_s * LN2)

    @classmethod
    def lognormal(cls, median_s: float, p90_s: float) -> Spread:
        """A log-normal delay by its median and 90th percentile.

        >>> round(Spread.lognormal(100.0, 200.0).sigma, 4)
        0.5409
        """
        return cls(LOGNORMAL, median_s, lognormal_sigma(median_s, p90_s) if median_s > 0 else 0.0)

    @property
    def mean_s(self) -> float:
        """Expected value, s."""
        if self.kind == EXPONENTIAL:
            return self.median_s / LN2
        return self.median_s * float(np.exp(0.5 * self.sigma**2))
