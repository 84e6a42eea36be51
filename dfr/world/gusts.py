"""Gusts as stationary Gaussian series: Dryden and von Karman spectra, sampled exactly for any time step.

A gust component is white noise through a shaping filter of the scale time `L / V` (MIL-F-8785C,
MIL-HDBK-1797). The filter's state-space form is discretised by Van Loan's method (1978), so the
series has the spectrum's own variance and covariance at every time step: nothing depends on dt.
Everything is vectorised over trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from dfr.geo import FloatArray
from dfr.units import ft_to_m, m_to_ft

LOWEST_FT, HIGHEST_FT = 10.0, 1000.0
"""The low-altitude model holds between these heights above ground (MIL-F-8785C 3.7.3.4)."""

SLOWEST_AIRSPEED_MPS = 1.0
"""Gusts pass a hovering drone with the mean wind; below this speed the scale time would grow without end."""


class Spectrum(StrEnum):
    """The family of the gust spectrum."""

    DRYDEN = "dryden"
    VON_KARMAN = "von_karman"


class LengthConvention(StrEnum):
    """Which standard's scale lengths: MIL-HDBK-1797 halves the lateral and vertical ones of MIL-F-8785C.

    And writes their spectra with twice the length, (1 + 12 (L w / V)^2) / (1 + 4 (L w / V)^2)^2: near the
    ground both standards describe the same gusts.
    """

    MIL_F_8785C = "8785C"
    MIL_HDBK_1797 = "1797"

    @property
    def lengths_in_transverse_scale(self) -> float:
        """Lateral or vertical lengths in the scale of the spectra's transverse shape."""
        return 2.0 if self is LengthConvention.MIL_HDBK_1797 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turbulence:
    """Standard deviations (m/s) and scale lengths (m) of the along-wind, cross-wind and vertical gusts."""

    sigma_mps: tuple[float, float, float]
    length_m: tuple[float, float, float]
    spectrum: Spectrum = Spectrum.DRYDEN
    convention: LengthConvention = LengthConvention.MIL_F_8785C

    @property
    def scale_m(self) -> tuple[float, float, float]:
        """The lengths as the shaping filters take them."""
        along, cross, vertical = self.length_m
        times = self.convention.lengths_in_transverse_scale
        return along, times * cross, times * vertical


def scale_lengths_m(
    height_m: float, *, convention: LengthConvention = LengthConvention.MIL_F_8785C
) -> tuple[float, float, float]:
    """Scale lengths (along, cross, vertical) of the low-altitude model at a height above ground, m.

    >>> round(scale_lengths_m(10.0)[0], 1)
    67.4
    """
    feet = min(max(m_to_ft(height_m), LOWEST_FT), HIGHEST_FT)
    along = feet / (0.177 + 0.000823 * feet) ** 1.2
    if convention is LengthConvention.MIL_HDBK_1797:
        return ft_to_m(along), ft_to_m(0.5 * along), ft_to_m(0.5 * feet)
    return ft_to_m(along), ft_to_m(along), ft_to_m(feet)


def site_turbulence(
    wind_mps: float,
    intensity: float,
    height_m: float,
    *,
    spectrum: Spectrum = Spectrum.DRYDEN,
    convention: LengthConvention = LengthConvention.MIL_F_8785C,
) -> Turbulence:
    """The gusts of a site: its own intensity with the standard's scale lengths.

    MIL-F-8785C's deviations belong to rough land and are about twice those over the sea, so only its
    lengths are kept; cross-wind and vertical gusts are 0.8 and 0.5 of the along-wind (ESDU 85020 near
    the ground).
    """
    along = intensity * wind_mps
    return Turbulence(
        sigma_mps=(along, 0.8 * along, 0.5 * along),
        length_m=scale_lengths_m(height_m, convention=convention),
        spectrum=spectrum,
        convention=convention,
    )


class GustSeries:
    """A stationary series of one gust component for many trials; `step()` gives the next sample.

    The noise comes from `rng`, drawn in a fixed order, so equal seeds give equal gusts.
    """

    def __init__(
        self,
        *,
        trials: int,
        sigma_mps: float | FloatArray,
        scale_s: float,
        dt_s: float,
        rng: np.random.Generator,
        spectrum: Spectrum = Spectrum.DRYDEN,
        along: bool = True,
    ) -> None:
        self._filter = _discretise_filter(spectrum, along=along, scale_s=scale_s, dt_s=dt_s)
        self._sigma = np.asarray(sigma_mps, dtype=float)
        self._rng = rng
        self._order = self._filter.advance.shape[0]
        self._state = self._filter.start @ rng.standard_normal((self._order, trials))

    def present_mps(self) -> FloatArray:
        """The present gust of each trial, m/s."""
        gust: FloatArray = self._sigma * (self._filter.output @ self._state)
        return gust

    def step(self) -> FloatArray:
        """Move on by one time step and return the gust of each trial, m/s."""
        noise = self._rng.standard_normal(self._state.shape)
        self._state = self._filter.advance @ self._state + self._filter.noise @ noise
        return self.present_mps()

    def run(self, steps: int) -> FloatArray:
        """The next steps of each trial, shape (steps, trials)."""
        series = np.empty((steps, self._state.shape[1]))
        for index in range(steps):
            series[index] = self.step()
        return series


def gust_components(
    turbulence: Turbulence, *, trials: int, wind_mps: float, dt_s: float, rng: np.random.Generator
) -> tuple[GustSeries, GustSeries, GustSeries]:
    """The series of along-wind, cross-wind and vertical gusts passing a hovering drone."""
    airspeed = max(wind_mps, SLOWEST_AIRSPEED_MPS)
    along, cross, vertical = (
        GustSeries(
            trials=trials,
            sigma_mps=turbulence.sigma_mps[axis],
            scale_s=turbulence.scale_m[axis] / airspeed,
            dt_s=dt_s,
            rng=rng,
            spectrum=turbulence.spectrum,
            along=axis == 0,
        )
        for axis in range(3)
    )
    return along, cross, vertical


FILTERS: dict[tuple[Spectrum, bool], tuple[tuple[float, ...], tuple[float, ...]]] = {
    (Spectrum.DRYDEN, True): ((1.0,), (1.0, 1.0)),
    (Spectrum.DRYDEN, False): ((1.0, 3.0**0.5), (1.0, 2.0, 1.0)),
    (Spectrum.VON_KARMAN, True): ((1.0, 0.25), (1.0, 1.357, 0.1987)),
    (Spectrum.VON_KARMAN, False): ((1.0, 2.7478, 0.3398), (1.0, 2.9958, 1.9754, 0.1539)),
}
"""Shaping filters as polynomials (rising powers) in `scale_s * s`, along-wind or not; the von Karman
ones are the rational fits of Campbell 1986 as used in MIL-HDBK-1797's implementations."""


class _SampledFilter(NamedTuple):
    """A shaping filter for one time step: matrices of its state, its noise, its start and its output."""

    advance: FloatArray
    noise: FloatArray
    start: FloatArray
    output: FloatArray


def _discretise_filter(spectrum: Spectrum, *, along: bool, scale_s: float, dt_s: float) -> _SampledFilter:
    """The filter of a spectrum with unit variance at every time step."""
    numerator, denominator = FILTERS[spectrum, along]
    order = len(denominator) - 1
    system = np.eye(order, k=1)
    system[-1] = -np.array(denominator[:-1]) / denominator[-1]
    drive = np.zeros((order, order))
    drive[-1, -1] = 1.0
    output = np.zeros(order)
    output[: len(numerator)] = numerator
    covariance = _stationary_covariance(system, drive)
    output = output / np.sqrt(output @ covariance @ output)
    step = dt_s / scale_s
    advance, growth = _van_loan(system, drive, step)
    return _SampledFilter(
        advance=advance, noise=_square_root(growth), start=_square_root(covariance), output=output
    )


def _van_loan(system: FloatArray, drive: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Exact state advance and noise covariance over a step (Van Loan 1978)."""
    order = system.shape[0]
    block = np.zeros((2 * order, 2 * order))
    block[:order, :order], block[:order, order:] = -system, drive
    block[order:, order:] = system.T
    exponential = _matrix_exponential(block * step)
    advance = exponential[order:, order:].T
    return advance, advance @ exponential[:order, order:]


def _matrix_exponential(matrix: FloatArray) -> FloatArray:
    """Matrix exponential by scaling, a Taylor series and squaring (the matrices are 6 by 6 at most)."""
    squarings = max(0, int(np.ceil(np.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-12)))) + 4)
    small = matrix / 2.0**squarings
    total: FloatArray = np.eye(matrix.shape[0])
    term: FloatArray = total
    for power in range(1, 14):
        term = np.matmul(term, small) / power
        total = total + term
    for _ in range(squarings):
        total = np.matmul(total, total)
    return total


def _stationary_covariance(system: FloatArray, drive: FloatArray) -> FloatArray:
    """Covariance P of the settled state: A P + P A' + Q = 0, solved as a linear system."""
    order = system.shape[0]
    eye = np.eye(order)
    linear = np.kron(system, eye) + np.kron(eye, system)
    solved = np.linalg.solve(linear, -drive.reshape(-1))
    return np.asarray(solved, dtype=np.float64).reshape(order, order)


def _square_root(covariance: FloatArray) -> FloatArray:
    """A square root of a covariance that may be singular to rounding."""
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    root: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
