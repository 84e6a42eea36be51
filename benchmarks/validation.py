"""Writes docs/validation.md and its pictures: the flight model's tolerances, measured.

    python benchmarks/validation.py [FOLDER]

Every row is computed here, from the model and from recorded flights in `tests/data/arducopter`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from gust_spectra import spectrum_psd
from matplotlib import pyplot as plt
from validation_landings import landing_rows
from validation_legs import leg_rows
from validation_rows import ROOT, Row, row, save

from dfr.aircraft.catalogue import find_drone, list_drones
from dfr.aircraft.energy import USABLE_FRACTION, figure_of_merit, forward_power_w, hover_power_w
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.scenario.model import Surface
from dfr.units import AIR_DENSITY_KG_M3, GRAVITY_MPS2
from dfr.world.gusts import GustSeries, Spectrum
from dfr.world.weather import ROUGHNESS_M, gust_factor, profile_factor, turbulence_intensity

SIGMA_MPS, SCALE_S = 1.5, 8.0
SITL_TRIM = {10.0: 4.3, 20.0: 7.2, 30.0: 10.0, 45.0: 14.75}
TABLED_GUSTS = {Surface.SEA: 1.23, Surface.BEACH: 1.33, Surface.OPEN: 1.43, Surface.URBAN: 1.84}


def gusts(spectrum: Spectrum, *, dt_s: float, trials: int, steps: int) -> np.ndarray:
    """A gust series along the wind, shape (steps, trials)."""
    return GustSeries(
        trials=trials, sigma_mps=SIGMA_MPS, scale_s=SCALE_S, dt_s=dt_s,
        rng=np.random.default_rng(11), spectrum=spectrum, along=True,
    ).run(steps)  # fmt: skip


def gust_rows(folder: Path) -> Iterator[Row]:
    """Variance, invariance, spectrum."""
    for spectrum in Spectrum:
        name = str(spectrum.value)
        long = gusts(spectrum, dt_s=0.1, trials=50, steps=20_000).std()
        off = 100 * abs(long / SIGMA_MPS - 1)
        yield row(f"{name}: standard deviation over 100,000 s", "2 %", off, 2, "{:.2f} %")
        found = [gusts(spectrum, dt_s=dt, trials=20_000, steps=20).std() for dt in (0.002, 0.02, 0.1)]
        spread = 100 * (max(found) / min(found) - 1)
        yield row(f"{name}: standard deviation at any step from 0.002 to 0.1 s", "3 %", spread, 3, "{:.2f} %")
    yield from spectrum_rows(folder)


def spectrum_rows(folder: Path) -> Iterator[Row]:
    dt_s, steps = 0.05, 8192
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    for spectrum, slope in ((Spectrum.DRYDEN, -2.0), (Spectrum.VON_KARMAN, -5.0 / 3.0)):
        window = np.hanning(steps)[:, None]
        power = np.abs(np.fft.rfft(gusts(spectrum, dt_s=dt_s, trials=120, steps=steps) * window, axis=0)) ** 2
        level = power.mean(axis=1) * dt_s / (window**2).sum() / np.pi
        omega = 2.0 * np.pi * np.fft.rfftfreq(steps, dt_s)
        edges = np.geomspace(0.1 / SCALE_S, 12.0 / SCALE_S, 15)
        bands = [(omega >= low) & (omega < high) for low, high in pairwise(edges)]
        law = spectrum_psd(omega[1:], sigma_mps=SIGMA_MPS, scale_s=SCALE_S, spectrum=spectrum, along=True)
        off = [
            abs(10.0 * math.log10(level[band].mean() / law[band[1:]].mean())) for band in bands if band.any()
        ]
        yield row(f"{spectrum.value}: spectrum over two decades", "1 dB", max(off), 1, "{:.2f} dB")
        far = np.array([30.0, 300.0]) / SCALE_S
        ends = spectrum_psd(far, sigma_mps=1.0, scale_s=SCALE_S, spectrum=spectrum, along=True)
        steep = abs(math.log10(ends[1] / ends[0]) - slope)
        yield row(f"{spectrum.value}: slope {slope:.2f}", "0.02", steep, 0.02, "{:.4f} off")
        shown = np.unique(np.geomspace(1, 1500, 150).astype(int))
        points = axes.loglog(omega[shown], level[shown], ".", markersize=3, alpha=0.6)
        colour = points[0].get_color()
        axes.loglog(omega[shown], law[shown - 1], color=colour, label=f"{spectrum.value}: law, and drawn")
    axes.set(xlabel="angular frequency, rad/s", ylabel="power spectral density, m²/s")
    axes.legend()
    save(figure, folder, "gust-spectra")


def wind_rows() -> Iterator[Row]:
    """Profile and gust factors."""
    worst = 0.0
    for z0 in ROUGHNESS_M.values():
        for z in (2.0, 30.0, 60.0, 120.0):
            law = math.log(z / z0) / math.log(10.0 / z0)
            worst = max(worst, abs(float(profile_factor(z, z0)) - max(law, 0.0)))
    yield row("log law, 2 to 120 m over every surface", "1e-6", worst, 1e-6, "{:.1e}")
    off = max(abs(gust_factor(turbulence_intensity(kind)) - table) for kind, table in TABLED_GUSTS.items())
    yield row("gust factor of sea, beach, open land and town", "0.05", off, 0.05, "{:.3f}")


def trim_rows() -> Iterator[Row]:
    """Airspeed at a tilt."""
    frame = airframe_of(find_drone("arducopter-sitl-quad"))
    for tilt, measured in SITL_TRIM.items():
        found = float(airspeed_at_tilt(frame, math.radians(tilt), air_density(63.0)))
        off = 100 * abs(found / measured - 1)
        yield row(f"airspeed at {tilt:.0f} deg ({measured} m/s on SITL)", "3 %", off, 3, "{:.1f} %")


def energy_rows() -> Iterator[Row]:
    """Hover power and endurance."""
    worst = 0.0
    for key in list_drones():
        craft = find_drone(key)
        thrust = craft.mass_kg * GRAVITY_MPS2
        ideal = thrust**1.5 / math.sqrt(2.0 * AIR_DENSITY_KG_M3 * craft.disc_area_m2)
        worst = max(worst, abs(hover_power_w(craft) * figure_of_merit(craft) / ideal - 1))
    yield row("hover power against momentum theory, all drones", "1 %", 100 * worst, 1, "{:.2f} %")
    for key, craft in list_drones().items():
        if not (craft.hover_min and craft.flight_min):
            continue
        energy = 60.0 * craft.battery_wh * USABLE_FRACTION
        least = forward_power_w(craft, np.linspace(0.0, craft.max_speed_mps, 60)).min()
        off = max(
            abs(energy / hover_power_w(craft) / craft.hover_min - 1),
            abs(energy / least / craft.flight_min - 1),
        )
        yield row(f"{key}: hover and flight time of its sheet", "10 %", 100 * off, 10, "{:.1f} %")


SECTIONS: tuple[tuple[str, str, Callable[[Path], Iterator[Row]]], ...] = (
    ("Gusts", "gust-spectra", gust_rows),
    ("Mean wind", "", lambda _: wind_rows()),
    ("Steady flight", "", lambda _: trim_rows()),
    ("Sorties", "leg-times", leg_rows),
    ("Touchdowns", "touchdowns", landing_rows),
    ("Power and endurance", "", lambda _: energy_rows()),
)

BEGIN, END = "<!-- measured -->", "<!-- end of what is measured -->"
"""What lies between them on the page is written here; the words around it are the page's own."""


def measured(folder: Path) -> str:
    """The tables of the page; writes its pictures."""
    parts: list[str] = []
    missed = 0
    for title, picture, rows in SECTIONS:
        parts.append(f"\n## {title}\n\n| what | tolerance | found | holds |\n|---|---|---|---|")
        for one in rows(folder):
            missed += not one.holds
            parts.append(f"| {one.what} | {one.asked} | {one.found} | {'yes' if one.holds else '**no**'} |")
        if picture:
            parts.append(f"\n![{title}](images/{picture}.svg)")
    failed = "1 tolerance does" if missed == 1 else f"{missed} tolerances do"
    verdict = f"{failed} not hold." if missed else "Every tolerance holds."
    return "\n".join([verdict, *parts])


def page(folder: Path) -> str:
    """The whole page, with the tables measured anew."""
    head, _, rest = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{measured(folder)}\n\n{END}{tail}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "validation.md").write_text(page(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
