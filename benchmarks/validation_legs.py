"""Sorties predicted beside recorded ones: the rows and the picture of docs/validation.md."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from validation_rows import ROOT, Row, records, row, save

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.performance import FlightSettings, SortiePrediction, flight_settings, predict_path
from dfr.world.weather import MeanWind

sys.path.insert(0, str(ROOT / "tests"))
from recorded_sorties import predicted_like

SORTIES = (
    ("legs.jsonl", "reference sorties"),
    ("heldout.jsonl", "held-out sorties"),
    ("fresh.jsonl", "fresh sorties"),
    ("new.jsonl", "new sorties"),
    ("straight.jsonl", "straight sorties"),
    ("hops.jsonl", "hops"),
    ("last.jsonl", "last sorties"),
)
EDGE = 7.8
"""Errors beyond it, per cent, are drawn there."""

RECORDED_S = 1500.0
"""Recordings end so long after the lift: a drone still under way is one that did not come home."""

SCATTERED = 0.02
"""Ways home whose stated band is wider than this share of their time are judged by the band."""


def leg_rows(folder: Path) -> Iterator[Row]:
    """Times of recorded sorties, and which legs cannot be flown."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    banded: list[tuple[dict[str, Any], SortiePrediction]] = []
    for number, (file, label) in enumerate(SORTIES):
        flown = [(r, predicted_like(r["case"])) for r in records(file)]
        chancy = [(record, sortie) for record, sortie in flown if by_chance(sortie)]
        banded += chancy
        for calm, most in ((True, 3.0), (False, 5.0)):
            errors = []
            for record, sortie in flown:
                if (record["case"]["w"] == 0) is not calm:
                    continue
                for way in ("out", "back"):
                    seconds, found = record[way], getattr(sortie, f"{way}_s")
                    if seconds is None or found is None:
                        continue
                    error, chance = 100 * (found / seconds - 1), way == "back" and by_chance(sortie)
                    shown = float(np.clip(error, -EDGE, EDGE))
                    axes.plot(seconds, shown, "o" if calm else "^", color=f"C{number}", markersize=4,
                              fillstyle="none" if chance else "full")  # fmt: skip
                    if not chance:
                        errors.append(abs(error))
            if not errors:
                continue
            kind = f"{label}, {'calm' if calm else 'wind'} ({len(errors)} legs)"
            yield row(f"{kind}: median", "1 %", float(np.median(errors)), 1, "{:.2f} %")
            yield row(f"{kind}: largest", f"{most:.0f} %", max(errors), most, "{:.1f} %")
        if label.startswith("reference"):
            yield whole_row(flown, label)
        yield from vertical_rows(flown, label)
        wrong = sum(
            record["out"] is not None if sortie.out_s is None else not returns_as_said(record, sortie)
            for record, sortie in flown
        )
        yield row(f"{label}: legs wrongly called reachable or not", "0", wrong, 0, "{:.0f}")
    yield from band_rows(banded)
    yield from gusty_rows()
    yield from corner_rows()
    axes.set(xscale="log", xlabel="flown, s", ylabel="predicted over flown - 1, %", ylim=(-8, 8))
    axes.set_title("open: returns that differ from flight to flight; at the edge: larger errors", fontsize=9)
    axes.axhspan(-5, 5, alpha=0.08)
    save(figure, folder, "leg-times")


def whole_row(flown: list[tuple[dict[str, Any], SortiePrediction]], label: str) -> Row:
    """The largest error of all legs in wind, whatever decides them."""
    errors = [
        100 * abs(found / record[way] - 1)
        for record, sortie in flown
        for way in ("out", "back")
        if record["case"]["w"]
        and record[way] is not None
        and (found := getattr(sortie, f"{way}_s")) is not None
    ]
    return row(f"{label}, all {len(errors)} legs in wind: largest", "5 %", max(errors), 5, "{:.1f} %")


def by_chance(sortie: SortiePrediction) -> bool:
    """Whether the prediction states a band for the way home."""
    if sortie.back_s is None or sortie.back_early_s is None:
        return False
    late = math.inf if sortie.back_late_s is None else sortie.back_late_s
    return late - sortie.back_early_s > SCATTERED * sortie.back_s


def returns_as_said(record: dict[str, Any], sortie: SortiePrediction) -> bool:
    """Whether a drone came home where that was said for sure, and only where it was said at all."""
    if record["out"] is None:
        return False
    if record["back"] is None:
        return sortie.back_late_s is None or (sortie.total_s or math.inf) > RECORDED_S
    return sortie.back_s is not None


def band_rows(banded: list[tuple[dict[str, Any], SortiePrediction]]) -> Iterator[Row]:
    """Ways home that the nose or rounding decides, against the band that was stated for nine in ten."""
    home = [(record["back"], sortie) for record, sortie in banded]
    inside = [
        (sortie.back_early_s or 0.0)
        <= (math.inf if seconds is None else seconds)
        <= (math.inf if sortie.back_late_s is None else sortie.back_late_s)
        for seconds, sortie in home
    ]
    share = f"{sum(inside)} of {len(inside)}"
    yield Row(
        what="returns that differ from flight to flight: within the stated interval",
        asked="9 in 10",
        found=share,
        holds=float(np.mean(inside)) >= 0.9,
    )
    near = [abs((sortie.back_s or 0.0) / seconds - 1) <= 0.05 for seconds, sortie in home if seconds]
    yield row(
        "returns that differ from flight to flight: more than 5 % from the stated time",
        "half", 1.0 - float(np.mean(near)), 0.5, "{:.0%}",
    )  # fmt: skip


def gusty_rows() -> Iterator[Row]:
    """Legs flown in gusts against the predicted mean and scatter, and against the band that was stated."""
    inside: list[bool] = []
    for file, label in (
        ("gusty_legs.jsonl", "gusty sorties"),
        ("gusty_fresh.jsonl", "gusty sorties at random"),
        ("gusty_more.jsonl", "more gusty sorties"),
    ):
        scores, steady = [], []
        for one in records(file):
            found = predicted_in_gusts(one["case"])
            for way in ("out", "back"):
                if one[way] is None or found[f"{way}_s"] is None:
                    continue
                expected, scatter = float(str(found[f"{way}_s"])), float(str(found.get(f"{way}_sd_s", 0.0)))
                if scatter > SCATTERED * expected:
                    early, late = found[f"{way}_early_s"], found[f"{way}_late_s"]
                    scores.append((one[way] - expected) / scatter)
                    inside.append(float(str(early)) <= one[way] <= float(str(late or math.inf)))
                else:
                    steady.append(100 * abs(one[way] / expected - 1))
        size = f"{len(scores)} legs whose time differs in gusts"
        middle = abs(float(np.median(scores)))
        yield row(f"{label}, {size}: median error, in stated standard deviations", "0.5", middle, 0.5)
        yield row(f"{label}, {len(steady)} other legs: largest", "5 %", max(steady), 5, "{:.1f} %")
    yield Row(
        what="all gusty sorties, legs whose time differs in gusts: within the stated interval",
        asked="85 to 95 %",
        found=f"{sum(inside)} of {len(inside)}",
        holds=0.85 <= float(np.mean(inside)) <= 0.95,
    )


def predicted_in_gusts(case: dict[str, Any]) -> dict[str, object]:
    """The answer of `dfr predict` to a recording's case."""
    line = {
        "distance_m": case["dist"], "bearing_deg": case["brg"], "height_m": case["alt"],
        "wind_mps": case["w"], "wind_from_deg": case["wd"], "hover_s": case["hover"],
        "params": case["params"], "turbulence_intensity": case["iu"],
    }  # fmt: skip
    return predict_cases(read_cases(json.dumps(line).encode(), name="case"))[0]


def corner_rows() -> Iterator[Row]:
    """Legs with corners between them, in calm."""
    drone, off = find_drone("arducopter-sitl-quad"), []
    flown = records("corners.jsonl")
    for one in flown:
        settings = FlightSettings.from_params(
            {"WPNAV_SPEED": 100 * one["speed"]}, base=flight_settings(drone)
        )
        sortie = predict_path(
            one["legs"], [one["turn"] * leg % 360.0 for leg in range(len(one["legs"]))], height_m=30.0,
            on_scene_s=3.0, wind=MeanWind(speed_mps=0.0, from_deg=0.0), drone=drone, settings=settings,
        )  # fmt: skip
        off.append(abs((sortie.out_s or math.inf) - one["out"]) / (len(one["legs"]) - 1))
    yield row(f"corners of 0 to 180 degrees ({len(flown)} paths): largest, a corner", "0.3 s", max(off), 0.3)


def vertical_rows(flown: list[tuple[dict[str, Any], SortiePrediction]], label: str) -> Iterator[Row]:
    for way in ("climb", "land"):
        off = [
            min(abs(found - record[way]) / 0.7, abs(found / record[way] - 1) / 0.03)
            for record, sortie in flown
            if record[way] is not None and (found := getattr(sortie, f"{way}_s")) is not None
        ]
        seconds = max(off)
        yield row(f"{label}: {way}, largest share of the tolerance", "0.7 s or 3 %", seconds, 1, "{:.2f}")
