"""Touchdowns modelled beside recorded ones: the rows and the picture of docs/validation.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from validation_rows import Row, records, save

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Touchdowns, Trials, fly_landings
from dfr.scenario.model import Guidance

TRIALS = 2000
LANDINGS = ("landings.jsonl", "landings_between.jsonl", "landings_noses.jsonl")
FIRST_NOSE_DEG, TURNED_DEG = 45.0, 0.7
"""Nose off the wind at the first landing of `landings_between.jsonl`, and its turn by each landing: as in the
recordings that noted theirs."""


@cache
def recorded_landings() -> list[dict[str, Any]]:
    """All recorded landings, each with its nose off the wind: NaN where nothing says it."""
    rows = {file: records(file) for file in LANDINGS}
    for one in rows["landings_between.jsonl"]:
        one["nose"] = FIRST_NOSE_DEG + TURNED_DEG * one["i"]
    return [{"nose": math.nan, **one} for file in LANDINGS for one in rows[file]]


@cache
def touchdowns(wind: float, intensity: float, guidance: Guidance) -> Touchdowns:
    """The model's landings, with the noses of the recorded ones."""
    noses = [
        r["nose"]
        for r in recorded_landings()
        if (r["W"], r["Iu"], r["plnd"]) == (wind, intensity, guidance is Guidance.PRECISION)
    ]
    trials = Trials(
        wind_mps=np.full(TRIALS, wind),
        intensity=np.full(TRIALS, intensity),
        guidance=guidance,
        nose_off_wind_deg=np.resize(noses, TRIALS),
    )
    return fly_landings(find_drone("arducopter-sitl-quad"), trials, settings=FlightSettings(), seed=7)


def landing_rows(folder: Path) -> Iterator[Row]:
    """Touchdown errors against the recorded ones."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    rows = recorded_landings()
    for guidance in (Guidance.GNSS, Guidance.PRECISION):
        own = [r for r in rows if r["plnd"] == (guidance is Guidance.PRECISION)]
        colour = "C0" if guidance is Guidance.GNSS else "C1"
        for wind, intensity in sorted({(r["W"], r["Iu"]) for r in own}):
            here = [r for r in own if (r["W"], r["Iu"]) == (wind, intensity)]
            yield from dispersion(here, guidance, wind, intensity)
            axes.plot(np.full(len(here), wind), [r["err"] for r in here], ".", alpha=0.5, color=colour)
        winds = sorted({r["W"] for r in own})
        for share, style in ((50, "-"), (95, "--")):
            line = [np.percentile(touchdowns(wind, 0.17, guidance).error_m, share) for wind in winds]
            axes.plot(
                winds, line, style, color=colour, label=f"{guidance.value}, {share} % modelled, Iu 0.17"
            )
    axes.set(xlabel="mean wind, m/s", ylabel="touchdown error, m", yscale="log")
    axes.legend()
    save(figure, folder, "touchdowns")


def dispersion(
    here: list[dict[str, Any]], guidance: Guidance, wind: float, intensity: float
) -> Iterator[Row]:
    """One recorded wind: errors, and drones that stand on the pad with their motors running."""
    errors, found = [r["err"] for r in here], touchdowns(wind, intensity, guidance)
    head = f"{guidance.value}, {wind:g} m/s, Iu {intensity:g}"
    for share, most, name in ((50, 0.2, "median"), (95, 0.3, "95 %")):
        mine, theirs = float(np.percentile(found.error_m, share)), float(np.percentile(errors, share))
        close, asked = abs(mine - theirs) <= max(most * theirs, 0.05), f"{100 * most:.0f} % or 5 cm"
        if wind > 7:
            asked, close = "factor 2", theirs / 2 <= mine <= theirs * 2
        what = f"{head}: {name} of {len(errors)} recorded"
        yield Row(what=what, asked=asked, found=f"{mine:.2f} for {theirs:.2f} m", holds=close)
    seen = float(np.mean([r["landed_not_disarmed"] for r in here]))
    mine = float(found.not_disarmed.mean())
    yield Row(
        what=f"{head}: landed, not disarmed",
        asked="0.15",
        found=f"{mine:.2f} for {seen:.2f}",
        holds=abs(mine - seen) <= 0.15,
    )
