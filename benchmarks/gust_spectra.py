"""The spectra of gusts by the standards' own formulas: what the sampled series are measured against."""

from __future__ import annotations

import numpy as np

from dfr.geo import FloatArray
from dfr.world.gusts import Spectrum


def spectrum_psd(
    omega_radps: FloatArray, *, sigma_mps: float, scale_s: float, spectrum: Spectrum, along: bool
) -> FloatArray:
    """One-sided power spectral density over angular frequency, (m/s)^2 s: the standard's own formula."""
    x = scale_s * np.asarray(omega_radps, dtype=float)
    level = 2.0 * sigma_mps**2 * scale_s / np.pi
    if spectrum is Spectrum.DRYDEN:
        shape = 1.0 / (1.0 + x**2) if along else 0.5 * (1.0 + 3.0 * x**2) / (1.0 + x**2) ** 2
    else:
        a = (1.339 * x) ** 2
        shape = (
            (1.0 + a) ** (-5.0 / 6.0) if along else 0.5 * (1.0 + 8.0 / 3.0 * a) * (1.0 + a) ** (-11.0 / 6.0)
        )
    density: FloatArray = level * shape
    return density
