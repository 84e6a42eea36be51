"""Options that verbs share: groups of them, and the key of a signed link as a person gives it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
import typer.main

from dfr.cli import brief, check, mission, plan, rehearse
from dfr.cli.options import with_option_groups
from dfr.cli.vehicle_options import LimitOptions, TrafficAction, read_signing_key
from dfr.errors import InputError
from dfr.link.limits import Action, FlightLimits, TrafficLimit

KEY = bytes(range(32))


def test_a_key_is_given_in_digits_or_in_a_file(tmp_path):
    raw, digits = tmp_path / "raw.key", tmp_path / "digits.key"
    raw.write_bytes(KEY)
    digits.write_text(KEY.hex() + "\n")
    assert read_signing_key(None) is None
    assert read_signing_key(KEY.hex()) == read_signing_key(str(raw)) == read_signing_key(str(digits)) == KEY


def test_of_a_passphrase_the_key_is_its_sha_256_as_ground_stations_take_it(tmp_path):
    phrase = tmp_path / "phrase.txt"
    phrase.write_text("pilot\n")
    assert read_signing_key(f"passphrase:{phrase}") == hashlib.sha256(b"pilot").digest()


@pytest.mark.parametrize("content", [b"", b"too short", KEY + b"x"])
def test_what_is_no_key_is_refused_with_what_is_wanted(tmp_path, content):
    file = tmp_path / "bad.key"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"no key of 32 bytes -> a file of 32 bytes"):
        read_signing_key(str(file))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A group of options."""

    zoom: Annotated[float, typer.Option(help="How much larger.")]
    night: Annotated[bool, typer.Option("--night", help="In the dark.")] = False


def test_a_verb_takes_a_group_of_options_as_one_parameter():
    taken = []
    app = typer.Typer()

    @app.command()
    @with_option_groups
    def look(place: Annotated[str, typer.Argument()], *, camera: Camera, seconds: float = 1.0) -> None:
        taken.append((place, camera, seconds))

    command = typer.main.get_command(app)
    command.main(["beach", "--zoom", "2.5", "--night", "--seconds", "3"], standalone_mode=False)
    assert taken == [("beach", Camera(zoom=2.5, night=True), 3.0)]
    assert {option.name for option in command.params} >= {"place", "zoom", "night", "seconds"}
    assert "camera" not in {option.name for option in command.params}


@pytest.mark.parametrize("verb", [check, mission, plan, brief, rehearse])
def test_every_verb_that_judges_a_plan_takes_the_same_weather_notams_and_day(verb):
    flags = {flag for option in typer.main.get_command(verb.app).params for flag in option.opts}
    assert flags >= {"--metar", "--taf", "--forecast", "--notam", "--day", "--now"}


def test_each_limit_of_a_flight_has_an_option_and_its_default():
    assert LimitOptions().limits(simulated=False) == FlightLimits()
    assert LimitOptions().limits(simulated=True).gap_s is None
    given = LimitOptions(
        max_wind=9.0,
        max_gap=5.0,
        give_up_after=60.0,
        no_reserve=True,
        traffic=TrafficAction.LAND,
        traffic_across_m=900.0,
        traffic_height_m=100.0,
        traffic_clear_s=20.0,
        hold_low_m=15.0,
    )
    near = TrafficLimit(across_m=900.0, height_m=100.0, action=Action.LAND, hold_low_m=15.0, clear_s=20.0)
    limits = FlightLimits(wind_mps=9.0, gap_s=5.0, give_up_s=60.0, reserve=False, traffic=near)
    assert given.limits(simulated=False) == limits
    assert LimitOptions(traffic=TrafficAction.NONE).limits(simulated=False).traffic is None
