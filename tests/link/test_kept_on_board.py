"""Nothing on board is deleted, and nothing relied on, in silence: checked by a client that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.errors import NonCompliantError, TransferError
from dfr.link.dispatch import refuse_changed, refuse_no_go
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.transfer import inspect_onboard, upload_verified
from dfr.mission.formats import FORMATS
from dfr.mission.items import FlightPlan

from ..cli.verbs import dfr, dfr_typed
from ..places import at
from .conftest import placed
from .wire import on_board, parameter

CLEAR_FENCE = dialect.MAVLink_mission_count_message(1, 1, 0, 1)


def bare(dispatch: FlightPlan, *, to=None, height_m: float = 20.0) -> FlightPlan:
    """The dispatch as a file without fence, rally points and parameters has it, to another place."""
    leg = placed(Command.NAV_WAYPOINT, at(10, 60) if to is None else to, z_m=height_m)
    items = (dispatch.items[0], leg, dispatch.items[2])
    return replace(dispatch, name="bare", items=items, fence=(), rally=(), params={})


@pytest.fixture
def dispatched(grounded, dispatch) -> Iterator[MavlinkVehicle]:
    """The vehicle with the dispatch on board: a fence of two areas and a rally point."""
    with connect(grounded.url, simulated=True) as vehicle:
        vehicle.set_param("FENCE_ENABLE", 0.0)
        assert upload_verified(vehicle, dispatch, replace_all=True).verified
        yield vehicle


def test_what_a_file_does_not_bring_stays_on_board(dispatched, grounded, dispatch):
    before = on_board(grounded.urls[1])
    assert (len(before["fence"]), len(before["rally"])) == (5, 1)
    report = upload_verified(dispatched, bare(dispatch))
    assert (report.fence_items, report.kept_fence_items, report.kept_rally_points) == (0, 5, 1)
    after = on_board(grounded.urls[1])
    assert (after["fence"], after["rally"]) == (before["fence"], before["rally"])
    assert after["mission"] != before["mission"]
    assert inspect_onboard(dispatched, bare(dispatch)).verified


def test_what_a_file_does_not_bring_goes_when_that_is_asked_for(dispatched, grounded, dispatch):
    assert upload_verified(dispatched, bare(dispatch), replace_all=True).verified
    after = on_board(grounded.urls[1])
    assert (after["fence"], after["rally"], len(after["mission"])) == ((), (), 3)


def test_a_plan_that_leaves_the_fence_that_would_stay_is_refused_and_nothing_changes(
    dispatched, grounded, dispatch
):
    before = on_board(grounded.urls[1])
    with pytest.raises(NonCompliantError, match=r"leaves the fence by 100 m.*--replace-all"):
        upload_verified(dispatched, bare(dispatch, to=at(0, 500)))
    with pytest.raises(NonCompliantError, match=r"70 m above home, FENCE_ALT_MAX 60 m"):
        upload_verified(dispatched, bare(dispatch, height_m=70.0))
    assert on_board(grounded.urls[1]) == before


def test_rally_points_stay_under_a_plan_that_brings_a_fence_of_its_own(dispatched, grounded, dispatch):
    rally = on_board(grounded.urls[1])["rally"]
    fenced = replace(bare(dispatch), fence=dispatch.fence[:1])
    assert upload_verified(dispatched, fenced).kept_rally_points == 1
    after = on_board(grounded.urls[1])
    assert (len(after["fence"]), after["rally"]) == (4, rally)


def test_a_fence_that_was_to_stay_and_has_gone_is_noticed_before_arming(dispatched, dispatch):
    plan = bare(dispatch)
    upload_verified(dispatched, plan)
    refuse_changed(dispatched, plan)
    dispatched.send(CLEAR_FENCE)
    with pytest.raises(TransferError, match="fence: 5 items sent, 0 on board"):
        refuse_changed(dispatched, plan)


def test_a_plan_does_not_fly_while_the_fence_that_it_brings_is_off(dispatched, dispatch):
    fenced = replace(bare(dispatch), fence=dispatch.fence)
    dispatched.set_param("FENCE_ENABLE", 0.0)
    upload_verified(dispatched, fenced)
    with pytest.raises(NonCompliantError, match=r"not active \(FENCE_ENABLE 0\).*set FENCE_ENABLE to 1"):
        refuse_no_go(dispatched, fenced)


def as_hardware(direction, message, frame):
    """A proxy's rule: the built-in vehicle does not say that it is simulated."""
    if (direction, message.get_type()) != ("down", "AUTOPILOT_VERSION"):
        return None
    message.flight_custom_version = [0] * 8
    return [_repacked(message)]


def _repacked(message) -> bytes:
    factory = dialect.MAVLink(
        None, srcSystem=message.get_srcSystem(), srcComponent=message.get_srcComponent()
    )
    factory.seq = message.get_seq()
    return bytes(message.pack(factory))


@pytest.fixture
def files(tmp_path, dispatch):
    """The dispatch, and a bare mission, as files."""
    for name, plan in (("dispatch", dispatch), ("bare", bare(dispatch))):
        (tmp_path / f"{name}.plan").write_text(FORMATS[".plan"].write(plan))
    fenced = replace(bare(dispatch), fence=dispatch.fence)
    (tmp_path / "fenced.plan").write_text(FORMATS[".plan"].write(fenced))
    return tmp_path


def test_a_person_is_told_what_stays_what_goes_and_what_is_off_before_the_yes(
    start, proxy_to, files, dispatch
):
    """On a terminal, to a vehicle that may be hardware: nothing changes where the answer is no."""
    with start(speedup=1.0) as running:
        url = running.urls[1]
        with connect(running.url, simulated=True) as vehicle:
            upload_verified(vehicle, replace(dispatch, params={}))
        before = on_board(url)
        told = {}
        for words in (("upload",), ("upload", "--replace-all"), ("fly",)):
            with proxy_to(running.url) as proxy:
                proxy.rule = as_hardware
                verb, *more = words
                done = dfr_typed(verb, "bare.plan", "--vehicle", proxy.url, *more, typed=b"n\n", cwd=files)
            assert done.returncode == 5, done.stderr
            told[words] = done.stderr
        assert on_board(url) == before
    keeps = told["upload",]
    assert "stays on board: a fence of 5 items and 1 rally point" in keeps
    assert keeps.index("the fence on board is not active (FENCE_ENABLE 0)") < keeps.index(
        "Overwrite the plan"
    )
    assert keeps.index("FS_GCS_ENABLE 0") < keeps.index("Overwrite the plan")
    assert "(DELETE a fence of 5 items and 1 rally point)?" in told["upload", "--replace-all"]
    flies = told["fly",]
    assert flies.index("FS_GCS_ENABLE 0") < flies.index("ARM it and fly")


@pytest.mark.slow
def test_a_yes_that_deletes_says_what_goes(start, files):
    with start(speedup=1.0) as running:
        vehicle = ("--vehicle", running.url)
        assert dfr("upload", files / "dispatch.plan", *vehicle).returncode == 0
        done = dfr("upload", files / "bare.plan", *vehicle, "--replace-all", "--yes")
        assert done.returncode == 0, done.stderr
        assert "--replace-all DELETES from the vehicle: a fence of 5 items and 1 rally point" in done.stderr
        after = on_board(running.url)
    assert (after["fence"], after["rally"], len(after["mission"])) == ((), (), 3)


@pytest.mark.slow
def test_a_file_with_a_fence_is_uploaded_with_a_warning_and_not_flown_while_the_fence_is_off(start, files):
    with start(speedup=1.0) as running:
        vehicle = ("--vehicle", running.url)
        done = dfr("upload", files / "fenced.plan", *vehicle)
        assert done.returncode == 0, done.stderr
        assert "the fence on board is not active (FENCE_ENABLE 0)" in done.stderr
        done = dfr("fly", files / "fenced.plan", *vehicle, "--simulated")
        assert done.returncode == 3
        assert "set FENCE_ENABLE to 1" in done.stderr
        assert parameter(running.url, "FENCE_ENABLE") == 0.0
