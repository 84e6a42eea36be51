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
        yield row(f"{name}: deviation over 1e5 s", "2 %", 100 * abs(long / SIGMA_MPS - 1), 2, "{:.2f} %")
        found = [gusts(spectrum, dt_s=dt, trials=20_000, steps=20).std() for dt in (0.002, 0.02, 0.1)]
        spread = 100 * (max(found) / min(found) - 1)
        yield row(f"{name}: deviation whatever the step, 0.002 to 0.1 s", "3 %", spread, 3, "{:.2f} %")
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
    axes.set(xlabel="angular frequency, rad/s", ylabel="power spectral density, m2/s")
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

HEAD = """# Validation of the flight model

Written by `python benchmarks/validation.py`.
**Validated against ArduCopter's simulator, not against flight.**

Recorded flights: `tests/data/arducopter` (ArduCopter SITL 4.7-dev). The reference sorties were known when
the model was made; the held-out ones were flown after it, drawn at random or for one parameter each. The
fresh ones were drawn and flown after both, over what parameters, winds and distances allow; they showed how
the nose drifts on scene, which winds carry a drone off, and what WP_YAW_BEHAVIOR does. The new ones were
drawn after them; they showed how the nose turns with the thrust as a return begins. The straight ones, down
a wind near the tilt limit and back, were flown after the drift of the gyros had been found in other hovers;
the last ones, at random, to no change of the model. Times are predicted from ArduCopter's parameters alone
and, where the simulator had been up for longer than 42 s at the lift (`fresh_tail*`), from that. Landings
in gusts: those of Iu 0.17 at 0, 3, 6 and 8 m/s were known to the model; of the rest only the size of the
GNSS error was taken, and how a marker's distance is overestimated was found in them. Where a recording
noted the nose, the model's landings have it; in `landings_between.jsonl` it is taken as 45 degrees off the
wind and 0.7 degrees more each landing, as noted in those; in `landings.jsonl` it is drawn as after a wait
on scene.
"""

TAIL = """
## What chance decides

`dfr predict` states these with the time: `back_early_s` and `back_late_s` hold nine flights in ten,
`may_not_return` says that one in twenty or more may never come home, `scatter_by` names what decides.
Plans, checks, the point of no return and the simulation count on the latest of nine in ten.

- The nose (`nose`): out straight down a wind near the tilt limit and back against it. On scene the nose
  stands on the wind's line in unstable balance and drifts to either side, as errors of compass and attitude
  leave it. On SITL most of that error is not random: its gyros drift (SIM_DRIFT_SPEED, one way for five
  minutes and back for five), the estimator lags behind, and the turn into the leg adds its side
  (`dfr.aircraft.sitl_effects`, from 260 hovers). What remains is 0.08 degrees (deviation); in 20 hovers
  flown after that, ten of them with the drift turned round, it was 0.07, 0.19 at most. The drift counts
  from the start of the simulator (`up_s` of `dfr predict`, 42 s at the lift where it is not given). The
  recordings `fresh_tail*` did not note it; their noses tell that it had turned round, and 400 s are taken.
  For real drones 0.35 degrees are assumed; their compasses err by more, which brings them home sooner.
  `back_s` is the time that most flights come within 5 % of. Straight against 10 m/s at 30 degrees seven
  flights in a row came home at 0.02 to 1.2 m/s.
- Rounding (`rounding`): a return that climbs first. In the middle of the corner between the climb and the leg
  home ArduCopter compares a vertical acceleration with its own limit in single precision. Where the climb
  goes straight up to the last bit, the corner is never cut; where it leans by some millimetres, in 15 to
  40 % of returns (`climbs.jsonl`: as often as `dfr.aircraft.sitl_effects` says), 1 to 3 s sooner.

The largest misses that chance does not explain are hops: `fresh_c22`, 15 m at 3 m/s2 and a jerk of 3 m/s3,
flown in 6.2 s and predicted 0.15 s sooner; and returns over 20 to 50 m from a hover near the tilt limit (7
to 9.5 m/s at 30 degrees), 0.2 to 1.3 s slower than predicted. There the first centimetre, RTL's climb to
its own height, waits for a drone that sways in the wind. And a drone that its wind leaves little speed: 0.4
% of the airspeed that the model lacks with the nose on the wind is 8 % of `last_36`, which made 0.5 m/s
against 9.5.

## Not validated

- Any real aircraft. Drag, power and gains of the catalogue's drones are partly assumed; the statuses in
  `dfr/aircraft/catalogue.yaml` say which. The makers' own autopilots are not ArduCopter.
- Vertical gusts, wakes of buildings and stages, rain: not flown, and labelled as assumed where they enter
  (`dfr landing`); rain has no trustworthy thrust curve.
- What takes a landing target out of sight (rain on the lens, the edge of the view): assumed. What ArduCopter
  then does is compared with `retries.jsonl` (`tests/aircraft/test_precision.py`).
- Single legs in turbulence: against a wind near the tilt limit their times scatter by 10 to 20 % from flight
  to flight (`out_sd_s`, `back_sd_s` of `dfr predict` with `turbulence_intensity`). Without that field a
  prediction is for the mean wind alone.
- Touchdown errors under real GNSS or RTK noise: the simulator's position has almost none.
- Energy: SITL's power is linear in thrust and cannot test momentum theory in forward flight; cold capacity
  and charge curves are from memory of data sheets.
- Touchdowns above 9 m/s, and at turbulence intensities other than the recorded 0.1 to 0.28.
- Turbulence near the ground: MIL lengths are read at 10 ft and above, in neutral stability.
"""


def page(folder: Path) -> str:
    """The whole page; writes its pictures."""
    parts, missed = [HEAD], 0
    for title, picture, rows in SECTIONS:
        parts.append(f"\n## {title}\n\n| what | tolerance | found | holds |\n|---|---|---|---|")
        for one in rows(folder):
            missed += not one.holds
            parts.append(f"| {one.what} | {one.asked} | {one.found} | {'yes' if one.holds else '**no**'} |")
        if picture:
            parts.append(f"\n![{title}](images/{picture}.svg)")
    verdict = "Every tolerance holds."
    failed = "1 tolerance does" if missed == 1 else f"{missed} tolerances do"
    parts.insert(1, verdict if not missed else f"{failed} not hold.")
    return "\n".join(parts) + "\n" + TAIL


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "validation.md").write_text(page(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
