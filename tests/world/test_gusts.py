"""Gust series: the spectrum and variance asked for, whatever the time step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.gust_spectra import spectrum_psd
from dfr.units import ft_to_m
from dfr.world.gusts import (
    GustSeries,
    LengthConvention,
    Spectrum,
    gust_components,
    scale_lengths_m,
    site_turbulence,
)

KINDS = [(spectrum, along) for spectrum in Spectrum for along in (True, False)]
SCALE_S = 8.0
SIGMA_MPS = 1.5


def series(spectrum: Spectrum, along: bool, *, dt_s: float, trials: int, steps: int) -> np.ndarray:
    rng = np.random.default_rng(11)
    gusts = GustSeries(
        trials=trials,
        sigma_mps=SIGMA_MPS,
        scale_s=SCALE_S,
        dt_s=dt_s,
        rng=rng,
        spectrum=spectrum,
        along=along,
    )
    return gusts.run(steps)


@pytest.mark.parametrize("dt_s", [0.002, 0.02, 0.1])
@pytest.mark.parametrize(("spectrum", "along"), KINDS)
def test_the_deviation_is_the_one_asked_for_at_every_time_step(spectrum, along, dt_s):
    """20,000 independent starts and a run of 20 steps each: the error of the estimate is about 0.5 %."""
    found = series(spectrum, along, dt_s=dt_s, trials=20_000, steps=20)
    assert found.std() == pytest.approx(SIGMA_MPS, rel=0.02)
    assert found[-1].std() == pytest.approx(found[0].std(), rel=0.03)


@pytest.mark.parametrize("along", [True, False])
def test_the_correlation_over_a_time_does_not_depend_on_the_step(along):
    coarse = series(Spectrum.DRYDEN, along, dt_s=0.1, trials=40_000, steps=11)
    fine = series(Spectrum.DRYDEN, along, dt_s=0.01, trials=40_000, steps=101)
    of_coarse = np.corrcoef(coarse[0], coarse[-1])[0, 1]
    of_fine = np.corrcoef(fine[0], fine[-1])[0, 1]
    assert of_coarse == pytest.approx(of_fine, abs=0.01)
    x = 1.0 / SCALE_S
    law = np.exp(-x) if along else np.exp(-x) * (1.0 - 0.5 * x)
    assert of_fine == pytest.approx(law, abs=0.01)


@pytest.mark.parametrize(("spectrum", "along"), KINDS)
def test_the_spectrum_is_the_standards_within_a_decibel_over_two_decades(spectrum, along):
    dt_s, steps, trials = 0.05, 8192, 120
    found = series(spectrum, along, dt_s=dt_s, trials=trials, steps=steps)
    window = np.hanning(steps)[:, None]
    power = np.abs(np.fft.rfft(found * window, axis=0)) ** 2
    one_sided = 2.0 * power.mean(axis=1) * dt_s / (window**2).sum() / (2.0 * np.pi)
    omega = 2.0 * np.pi * np.fft.rfftfreq(steps, dt_s)
    edges = np.geomspace(0.1 / SCALE_S, 12.0 / SCALE_S, 15)
    for low, high in pairwise(edges):
        band = (omega >= low) & (omega < high)
        if not band.any():
            continue
        law = spectrum_psd(
            omega[band], sigma_mps=SIGMA_MPS, scale_s=SCALE_S, spectrum=spectrum, along=along
        ).mean()
        assert 10.0 * np.log10(one_sided[band].mean() / law) == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize(("spectrum", "slope"), [(Spectrum.DRYDEN, -2.0), (Spectrum.VON_KARMAN, -5.0 / 3.0)])
def test_the_law_falls_off_with_the_standards_slope(spectrum, slope):
    omega = np.array([30.0, 300.0]) / SCALE_S
    level = spectrum_psd(omega, sigma_mps=1.0, scale_s=SCALE_S, spectrum=spectrum, along=True)
    assert np.log10(level[1] / level[0]) == pytest.approx(slope, abs=0.02)


@pytest.mark.parametrize(("spectrum", "along"), KINDS)
def test_the_law_holds_the_variance(spectrum, along):
    omega = np.geomspace(1e-5, 1e5, 400_001)
    level = spectrum_psd(omega, sigma_mps=SIGMA_MPS, scale_s=SCALE_S, spectrum=spectrum, along=along)
    variance = float(np.sum(0.5 * (level[1:] + level[:-1]) * np.diff(omega)))
    assert variance == pytest.approx(SIGMA_MPS**2, rel=0.01)


def test_scale_lengths_are_the_standards():
    """MIL-F-8785C at 100 ft: L = 100 / (0.177 + 0.0823)^1.2 ft along and across, 100 ft vertically."""
    along, cross, vertical = scale_lengths_m(ft_to_m(100.0))
    assert along == pytest.approx(ft_to_m(100.0 / 0.2593**1.2))
    assert cross == along
    assert vertical == pytest.approx(ft_to_m(100.0))
    halved = scale_lengths_m(ft_to_m(100.0), convention=LengthConvention.MIL_HDBK_1797)
    assert halved == pytest.approx((along, 0.5 * along, 0.5 * vertical))


def test_the_model_is_not_read_below_ten_or_above_a_thousand_feet():
    assert scale_lengths_m(0.5) == pytest.approx(scale_lengths_m(ft_to_m(10.0)))
    assert scale_lengths_m(900.0) == pytest.approx(scale_lengths_m(ft_to_m(1000.0)))


def test_a_sites_gusts_have_its_own_intensity():
    turbulence = site_turbulence(10.0, 0.17, 10.0)
    assert turbulence.sigma_mps == pytest.approx((1.7, 1.36, 0.85))
    assert turbulence.length_m[0] == pytest.approx(67.4, abs=0.1)


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("convention", LengthConvention)
def test_cross_and_vertical_gusts_have_the_spectrum_that_their_standard_writes(convention, axis):
    """MIL-F-8785C: (1 + 3 x^2) / (1 + x^2)^2; MIL-HDBK-1797: (1 + 12 x^2) / (1 + 4 x^2)^2; x = L w / V."""
    wind_mps, lag_s = 8.0, 1.0
    turbulence = site_turbulence(wind_mps, 0.2, 10.0, convention=convention)
    series = gust_components(
        turbulence, trials=40_000, wind_mps=wind_mps, dt_s=lag_s, rng=np.random.default_rng(4)
    )[axis]
    before, after = series.present_mps(), series.step()
    omega = np.linspace(0.0, 400.0, 400_001)
    x2 = (turbulence.length_m[axis] * omega / wind_mps) ** 2 * (
        4.0 if convention is LengthConvention.MIL_HDBK_1797 else 1.0
    )
    law = (1.0 + 3.0 * x2) / (1.0 + x2) ** 2
    assert np.corrcoef(before, after)[0, 1] == pytest.approx(
        float((law * np.cos(omega * lag_s)).sum() / law.sum()), abs=0.02
    )


def test_equal_seeds_give_equal_gusts_and_components_are_independent():
    def draw(seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        parts = gust_components(site_turbulence(8.0, 0.2, 10.0), trials=5000, wind_mps=8.0, dt_s=0.1, rng=rng)
        return [part.run(5)[-1] for part in parts]

    first, again = draw(3), draw(3)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert np.abs(np.corrcoef(first) - np.eye(3)).max() < 0.05
