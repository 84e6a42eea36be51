"""How old the data behind a plan are, in a few words for the head of every page (`describe_data`)."""

from __future__ import annotations

from datetime import UTC, datetime

from dfr.world.coverage import AirspaceSource
from dfr.world.model import World


def describe_data(world: World) -> list[str]:
    """The date of the airspace, when the NOTAMs were read, and what the weather is of; unknown is said."""
    return [_airspace_words(world.airspace.sources), _notam_words(world), _weather_words(world)]


def _airspace_words(sources: tuple[AirspaceSource, ...]) -> str:
    """The oldest of the airspace files counts."""
    if not sources:
        return "no airspace data"
    if not all(source.date for source in sources):
        return "airspace of unknown date"
    return f"airspace of {min(source.date for source in sources)}"


def _notam_words(world: World) -> str:
    reading = world.notam_reading
    if reading is None:
        return "NOTAMs not read"
    said = "NOTAMs assumed to be read" if reading.assumed else "NOTAMs read"
    return f"{said} {_moment(reading.read_at)}"


def _weather_words(world: World) -> str:
    weather = world.scenario.weather
    if weather.of_the_day:
        return "weather of the day"
    return "weather assumed" if weather.assumed else "weather as the scenario states it"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
