"""The pytest plugin in a fresh project, as anyone's CI would run it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dfr.mission.formats import FORMATS

pytest_plugins = "pytester"

MISSION = """
from dfr.geo import Position, offset
from dfr.mission.items import Command, FlightPlan, Frame, MissionItem

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)

def placed(command, place, **more):
    return MissionItem(command=command, frame=Frame.GLOBAL_RELATIVE_ALT, position=place, z_m=15.0, **more)

PLAN = FlightPlan(
    name="ci", home=HOME, home_m_amsl=3.0, fence=(), rally=(),
    params={"FENCE_ENABLE": 0.0, "RTL_ALT": 1500.0, "RTL_LOIT_TIME": 0.0},
    items=(
        placed(Command.NAV_TAKEOFF, HOME),
        placed(Command.NAV_LOITER_TIME, offset(HOME, bearing_deg=0.0, distance_m=40.0),
               params=(2.0, 0.0, 1.0, 0.0)),
        MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
    ),
)
"""

TESTS = """
from dfr.link.dispatch import fly_dispatch
from dfr.link.transfer import upload_verified
from firmware_sitl.flights import sortie_items
from plan_of_ours import HOME, PLAN

def test_a_vehicle_is_there(sitl_vehicle):
    assert sitl_vehicle.simulated
    assert sitl_vehicle.process.running

def test_its_parameters(sitl_client):
    assert sitl_client.parameter("FENCE_RADIUS") > 0.0

def test_a_mission_is_flown(fly_mission):
    flight = fly_mission(sortie_items(HOME, bearing_deg=90.0, distance_m=30.0, height_m=10.0, hold_s=1.0))
    assert flight.disarmed

def test_a_dispatch_docks(dfr_link):
    upload_verified(dfr_link, PLAN)
    assert fly_dispatch(dfr_link, PLAN).docked

def test_both_at_once(dfr_link, sitl_client):
    assert sitl_client.parameter("FENCE_TYPE") == dfr_link.get_param("FENCE_TYPE")

def test_a_failure_is_told(sitl_vehicle):
    assert sitl_vehicle.system_id == 7, "no such vehicle"
"""


def test_every_fixture_serves_a_fresh_project_and_junit_says_how_it_went(pytester, engine):
    pytester.makepyfile(plan_of_ours=MISSION, test_ours=TESTS)
    pace = {"builtin": "40", "ardupilot": "10"}[engine]
    result = pytester.runpytest_subprocess(
        f"--sitl-engine={engine}",
        f"--sitl-speedup={pace}",
        "--junitxml=flights.xml",
        "-p",
        "no:cacheprovider",
    )
    result.assert_outcomes(passed=5, failed=1)
    (suite,) = ET.parse(pytester.path / "flights.xml").getroot()
    cases = {case.get("name"): case.find("failure") for case in suite}
    assert len(cases) == 6
    assert {name for name, failure in cases.items() if failure is not None} == {"test_a_failure_is_told"}
    assert "no such vehicle" in cases["test_a_failure_is_told"].get("message")


def test_the_example_of_the_docs_runs_as_it_stands(pytester, engine):
    docs = Path(__file__).parents[2] / "docs" / "sitl.md"
    (example,) = re.findall(r"```python\n(.*?)```", docs.read_text(), flags=re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(MISSION, namespace)
    (pytester.path / "dispatch.plan").write_text(str(FORMATS[".plan"].write(namespace["PLAN"])))
    pytester.makepyfile(test_docs=example)
    pace = {"builtin": "20", "ardupilot": "10"}[engine]
    result = pytester.runpytest_subprocess(
        f"--sitl-engine={engine}", f"--sitl-speedup={pace}", "-p", "no:cacheprovider", "--rootdir=."
    )
    result.assert_outcomes(passed=2)


def test_an_engine_nobody_knows_is_refused_by_name(pytester):
    result = pytester.runpytest_subprocess("--sitl-engine=gazebo")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--sitl-engine*gazebo*builtin*"])


def test_a_missing_arducopter_fails_and_never_falls_back(pytester, monkeypatch):
    monkeypatch.setenv("DFR_ARDUCOPTER", "/nowhere/arducopter")
    pytester.makepyfile(test_it="def test_it(sitl_vehicle): pass")
    result = pytester.runpytest_subprocess("--sitl-engine=auto")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*DFR_ARDUCOPTER=/nowhere/arducopter is not a program*"])


MARKED = """
import pytest
from dfr.errors import InputError
from firmware_sitl.pytest_marker import read_marker

OURS = {"RTL_ALT": 3000, "SIM_WIND_SPD": 2}
pytestmark = pytest.mark.sitl(home=(-43.5, 172.6, 20.0), params=OURS, frame="hexa")

@pytest.mark.sitl(params={"FENCE_RADIUS": 77}, wind=(6.0, 45.0))
def test_nearest_counts(request):
    wanted = read_marker(request)
    assert wanted.params == {
        "RTL_ALT": 3000.0, "FENCE_RADIUS": 77.0, "FRAME_CLASS": 2.0,
        "SIM_WIND_SPD": 6.0, "SIM_WIND_DIR": 45.0,
    }
    assert wanted.stand(0).lat_deg == -43.5

@pytest.mark.sitl(frame="dji-m3td")
def test_an_airframe_has_its_own_motors(request):
    assert "FRAME_CLASS" not in read_marker(request).params

@pytest.mark.sitl(frame="octo", wind=(5, 90), params={"sim_wind_spd": 5})
class TestAgain:
    @pytest.mark.sitl(params={"FRAME_CLASS": 1})
    def test_a_parameter_may_be_said_again_and_nearer(self, request):
        params = read_marker(request).params
        assert (params["FRAME_CLASS"], params["SIM_WIND_SPD"]) == (1.0, 5.0)

@pytest.mark.parametrize("asked", MEANINGLESS)
def test_meaningless(request, asked):
    request.node.add_marker(pytest.mark.sitl(**asked), append=False)
    with pytest.raises(InputError) as refused:
        read_marker(request)
    assert " -> " in str(refused.value)
"""

MEANINGLESS = [
    {"count": 0}, {"count": "two"}, {"count": 2.5}, {"count": True}, {"count": 3000},
    {"wind": (-3, 270)}, {"wind": (float("nan"), 0)}, {"wind": (4, 720)}, {"wind": "strong"}, {"wind": 4},
    {"params": ["RTL_ALT"]}, {"params": {"RTL_ALT": "high"}}, {"params": {"RTL_ALT": None}},
    {"home": (95, 0)}, {"home": (float("nan"), 0)}, {"home": 7}, {"home": []}, {"home": (1, 2, 3, 4, 5)},
    {"frame": "deca"}, {"frame": 5}, {"winds": (4, 0)}, {"count": 3},
    {"wind": (4, 0), "params": {"SIM_WIND_SPD": 5}}, {"frame": "octo", "params": {"FRAME_CLASS": 1}},
]  # fmt: skip


def test_the_nearest_marker_counts_for_each_parameter_and_what_means_nothing_is_refused(pytester):
    text = MARKED.replace("MEANINGLESS", repr(MEANINGLESS)).replace("nan", "float('nan')")
    pytester.makepyfile(test_marked=text)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3 + len(MEANINGLESS))


def test_a_marker_that_reaches_no_vehicle_lets_no_test_pass(pytester):
    pytester.makepyfile(
        test_ours="""
        import pytest

        @pytest.mark.sitl(wind=(12.0, 270.0))
        def test_in_wind():
            pass

        @pytest.mark.sitl(wind=(12.0, 270.0))
        def test_that_fails_anyway():
            assert False, "for its own reason"

        class TestMarkedAsAWhole:
            pytestmark = pytest.mark.sitl(wind=(12.0, 270.0))

            def test_without_a_vehicle(self):
                pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*no fixture of the test has one -> ask for fly_mission*", "*for its own reason*"]
    )
