"""An airframe's and a plan's parameters reach a vehicle of either naming generation, and none is dropped."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from dfr.ardupilot.parameters import Naming, spell_both, spell_for
from dfr.errors import InputError, LinkTimeoutError, VehicleRefusedError
from firmware_sitl.client import SitlClient
from firmware_sitl.vehicle.parameters import Parameters, read_parameter_text

AIRFRAMES = Path(str(resources.files("firmware_sitl").joinpath("params")))
FILES = sorted(AIRFRAMES.glob("*.parm"))
NAMING = {"4.6": Naming.CENTIMETRES, "4.7": Naming.METRES}


def _read(file: Path) -> dict[str, float]:
    return read_parameter_text(file.read_text(encoding="utf-8"), name=file.name)


@pytest.mark.parametrize("generation", ["4.6", "4.7"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_parameter_of_an_airframe_is_read_back_under_the_firmwares_own_name(
    start, engine: str, file: Path, generation: str
) -> None:
    if engine == "ardupilot" and generation == "4.7":
        pytest.skip("a binary has the names of its own version")
    with start(defaults=[file], generation=generation) as vehicle, SitlClient(vehicle.url) as client:
        for name, value in _read(file).items():
            names = [spell_for(name, NAMING[generation])] if engine == "builtin" else spell_both(name)
            found = {one: client.find_parameter(one.name) for one in names}
            kept = {one: was for one, was in found.items() if was is not None}
            assert kept, f"{name}: not on board under {[one.name for one in names]}"
            for one, was in kept.items():
                assert was == pytest.approx(value * one.factor, rel=1e-6), one.name


@pytest.mark.parametrize("generation", ["4.6", "4.7"])
@pytest.mark.parametrize("given", [{"RTL_ALT": 4200.0}, {"RTL_ALT_M": 42.0}], ids=["cm", "m"])
def test_a_parameter_of_either_generation_reaches_both(start, engine: str, given, generation: str) -> None:
    if engine == "ardupilot" and generation == "4.7":
        pytest.skip("a binary has the names of its own version")
    with start(params=given, generation=generation) as vehicle, SitlClient(vehicle.url) as client:
        centimetres, metres = client.find_parameter("RTL_ALT"), client.find_parameter("RTL_ALT_M")
    assert {centimetres, metres} - {None} in ({4200.0}, {42.0})
    if engine == "builtin":
        assert (centimetres, metres) == {"4.6": (4200.0, None), "4.7": (None, 42.0)}[generation]


def test_a_parameter_that_the_vehicle_does_not_have_starts_none(start) -> None:
    with (
        pytest.raises(InputError, match=r"SIM_WIND_SPED \(do you mean SIM_WIND_SPD"),
        start(params={"SIM_WIND_SPED": 5.0}),
    ):
        pass


def test_many_unknown_parameters_are_counted(start, tmp_path: Path) -> None:
    file = tmp_path / "many.parm"
    file.write_text("".join(f"QX_{n} 1\n" for n in range(9)))
    with pytest.raises(InputError, match=r"QX_0, .*QX_4, 4 more"), start(defaults=[file]):
        pass


def test_a_value_that_is_no_number_starts_none(start) -> None:
    with pytest.raises(InputError, match="SIM_WIND_SPD = nan"), start(params={"SIM_WIND_SPD": float("nan")}):
        pass


def test_the_clients_errors_name_what_was_asked(connect) -> None:
    with connect(ready=False) as client:
        with pytest.raises(VehicleRefusedError, match="SIM_WIND_SPED = 5"):
            client.set_parameter("SIM_WIND_SPED", 5.0)
        with pytest.raises(VehicleRefusedError, match="SIM_WIND_SPED"):
            client.parameter("SIM_WIND_SPED")
        with pytest.raises(VehicleRefusedError, match=r"MAV_CMD_NAV_TAKEOFF.*MAV_RESULT_"):
            client.do(22, 0, 0, 0, 0, 0, 0, 10)
        with pytest.raises(LinkTimeoutError, match="1000 m above home"):
            client.wait_height(1000.0, timeout_s=0.2)
        with pytest.raises(LinkTimeoutError, match="flight mode 99"):
            client.wait_mode(99, timeout_s=0.2)


def test_the_built_in_vehicles_own_table_is_what_a_name_is_held_against() -> None:
    names = Parameters().known_names()
    assert {"SIM_WIND_SPD", "RTL_ALT", "RTL_ALT_M", "MAV1_POSITION", "ARMING_SKIPCHK"} <= names
    assert "SIM_WIND_SPED" not in names
