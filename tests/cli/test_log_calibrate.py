"""`dfr log calibrate`: from log files to a drone that a scenario can name, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import dfr
from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import hover_power_w
from dfr.cli.log_calibrate import calibrate
from dfr.errors import InputError
from dfr.io.own_drone_files import read_own_drone

from ..logs.made_flights import Truth, fly_made_flights, small_battery
from ..logs.made_logs import write_dataflash

QUAD = small_battery(replace(find_drone("arducopter-sitl-quad"), climb_mps=3.0))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the logs of three flights."""
    folder = tmp_path_factory.mktemp("logs")
    for log in fly_made_flights(Truth(drone=QUAD), 1, count=3):
        (folder / log.name).write_bytes(write_dataflash(log))
    return folder


def test_a_folder_of_logs_becomes_a_drone(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, plot = tmp_path / "our-quad.yaml", tmp_path / "our-quad.svg"
    calibrate([logs], out=out, based_on="arducopter-sitl-quad", set_=["mass_kg=3"], plot=plot)
    said = capsys.readouterr().out
    assert "our-quad: 3 flights in 3 logs, over arducopter-sitl-quad" in said
    assert "not in these logs:" in said
    own = read_own_drone(out)
    figures = {figure.field: figure for figure in own.figures}
    assert figures["hover_power_w"].value == pytest.approx(hover_power_w(QUAD), rel=0.06)
    assert figures["climb_mps"].value == pytest.approx(3.0, rel=0.03)
    assert figures["mass_kg"].source == "given by hand"
    assert plot.read_text().startswith("<svg")


def test_json_has_every_figure_and_what_each_flight_shows(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calibrate([logs], out=tmp_path / "a.yaml", based_on="study-hexa", as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["figures"]["hover_power_w"]["flights"] == 3
    assert len(document["flights"]) == 3
    assert "mass_kg" in document["not_in_these_logs"]


def test_python_calibrates_too(logs: Path) -> None:
    found = dfr.calibrate([logs], key="ours", based_on="study-hexa")
    assert found.own.key == "ours"
    (flight,) = dfr.list_flights(dfr.read_log(logs / "flight-1.bin"))
    assert flight.landed


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"set_": ["mass=3"]}, "no such figure of a drone"),
        ({"set_": ["mass_kg=heavy"]}, "is no number"),
        ({"based_on": "none"}, "no drone 'none'"),
        ({"key": "dji-m30t"}, "is in dfr's catalogue"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    options: dict[str, object], says: str, logs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "x.yaml"
    with pytest.raises(InputError, match=says):
        calibrate([logs], out=out, **{"based_on": "study-hexa", **options})
    assert not out.exists()


def test_a_folder_without_logs_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no flight log in it"):
        calibrate([tmp_path], out=tmp_path / "x.yaml", based_on="study-hexa")
