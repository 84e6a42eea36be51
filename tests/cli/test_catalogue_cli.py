"""`dfr catalogue`: every figure of the hardware with who says so."""

from __future__ import annotations

import json

import pytest

from dfr.aircraft.catalogue import STATUSES, list_docks, list_drones
from dfr.cli.catalogue import catalogue
from dfr.errors import InputError


def shown(capsys: pytest.CaptureFixture[str], *keys: str, as_json: bool = False) -> str:
    catalogue(list(keys), as_json=as_json)
    return capsys.readouterr().out


def test_every_drone_and_dock_is_named_with_how_its_figures_are_known(capsys):
    lines = shown(capsys).splitlines()
    assert [line.split()[0] for line in lines] == [*list_drones(), *list_docks()]
    assert all("assumed" in line for line in lines), "no maker has published every figure"


def test_a_drone_s_figures_stand_beside_their_units_and_sources(capsys):
    lines = shown(capsys, "dji-m3td").splitlines()
    wind = next(line for line in lines if "takeoff_landing_wind_mps" in line)
    assert wind.split(maxsplit=3)[1:] == ["8", "m/s", "public source"]
    mass = next(line for line in lines if "mass_kg" in line)
    assert mass.endswith("unconfirmed memory")


def test_as_json_every_figure_of_every_row_has_a_known_status(capsys):
    rows = json.loads(shown(capsys, as_json=True))
    assert set(rows) == {*list_drones(), *list_docks()}
    statuses = {figure["source_status"] for row in rows.values() for figure in row["figures"].values()}
    assert statuses <= set(STATUSES.values())
    assert rows["dji-dock-2"]["kind"] == "dock"


def test_an_unknown_key_is_bad_input_that_names_the_known_ones():
    with pytest.raises(InputError, match=r"no drone or dock 'nix'.*dji-m3td.*dji-dock-2"):
        catalogue(["nix"], as_json=False)
