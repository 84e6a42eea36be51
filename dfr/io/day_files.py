"""The files of the day: weather and NOTAMs, which only the day of the flight brings, beside a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dfr.io.scenario_files import with_notam_files
from dfr.io.weather.files import WeatherFiles, with_weather
from dfr.world.model import World


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFiles:
    """Reports, forecasts and NOTAMs; none where only the scenario speaks."""

    weather: WeatherFiles = field(default_factory=WeatherFiles)
    notams: Sequence[Path] = ()

    def __bool__(self) -> bool:
        return bool(self.weather) or bool(self.notams)


def on_the_day(world: World, files: DayFiles) -> World:
    """The world with the weather and the NOTAMs of the files."""
    world = with_notam_files(world, files.notams)
    return replace(world, scenario=with_weather(world.scenario, files.weather))
