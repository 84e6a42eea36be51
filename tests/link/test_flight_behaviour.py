"""How the director flies, and when it does not: the same tests for both engines."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.errors import NonCompliantError, VehicleRefusedError
from dfr.geo import Position
from dfr.io.logs.files import parse_log
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.outcome import Event
from dfr.link.preflight import preflight_findings, wait_ready
from dfr.link.recorder import Recorder
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import VehicleState
from dfr.logs.airborne import Landed
from dfr.logs.model import Quantity
from dfr.track import Phase, phase_seconds


def test_a_dispatch_flies_docks_and_is_recorded(start, dispatch, tmp_path):
    tlog = tmp_path / "flight.tlog"
    with start() as running, connect(running.url, simulated=True, tlog=tlog) as vehicle:
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch)
    assert (flown.docked, flown.disarmed, flown.taken_over) == (True, True, False)
    assert flown.dock_error_m < 0.5
    assert np.median(np.diff(flown.track.t_s)) <= 0.2
    phases = phase_seconds(flown.track, target_east_m=0.0, target_north_m=80.0, cruise_height_m=20.0)
    assert None not in phases.values()
    assert phases[Phase.ON_SCENE] == pytest.approx(12.5, abs=1.5)
    assert phases[Phase.OUT] == pytest.approx(80.0 / 10.0 + 6.8 - 2.0, abs=2.0)
    heights = parse_log(tlog.read_bytes(), name="tlog").series[Quantity.HEIGHT_M_HOME].values
    assert heights.max() == pytest.approx(20.0, abs=1.0)


def test_a_packet_log_on_a_full_disk_is_told_of_and_the_drone_flown_on(start, dispatch):
    with start() as running, connect(running.url, simulated=True, tlog=Path("/dev/full")) as vehicle:
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch)
        assert vehicle.port.last_failure is None
    (words,) = [event.what for event in flown.events if "no longer logged" in event.what]
    assert "No space left" in words
    assert (flown.docked, flown.taken_over) == (True, False)


def test_a_vehicle_not_said_to_be_simulated_needs_a_persons_yes(grounded, dispatch):
    with connect(grounded.url) as vehicle:
        upload_verified(vehicle, dispatch)
        with pytest.raises(VehicleRefusedError, match="confirm"):
            fly_dispatch(vehicle, dispatch)
        assert vehicle.state.armed is False


def test_a_plan_that_is_not_verified_is_not_flown(grounded, dispatch):
    with (
        connect(grounded.url, simulated=True) as vehicle,
        pytest.raises(VehicleRefusedError, match="untouched"),
    ):
        fly_dispatch(vehicle, dispatch)


def test_preflight_finds_the_wrong_dock_and_the_wrong_station(grounded, dispatch):
    with connect(grounded.url, simulated=True, our_system=250) as vehicle:
        upload_verified(vehicle, dispatch)
        wait_ready(vehicle)
        elsewhere = replace(dispatch, home=Position(lat_deg=50.782, lon_deg=-1.089))
        against = {finding.rule for finding in preflight_findings(vehicle, elsewhere) if finding.blocks}
        assert {"preflight.home", "preflight.gcs"} <= against
        with pytest.raises(NonCompliantError, match="SYSID_MYGCS"):
            fly_dispatch(vehicle, dispatch)


def test_preflight_finds_a_changed_parameter(grounded, dispatch):
    with connect(grounded.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        vehicle.set_param("FENCE_ENABLE", 0.0)
        bad = [
            finding for finding in preflight_findings(vehicle, dispatch) if finding.rule == "preflight.params"
        ]
        assert [finding.blocks for finding in bad].count(True) == 1


def test_preflight_says_where_landing_retries_do_nothing(grounded, dispatch):
    plan = replace(dispatch, params={**dispatch.params, "PLND_STRICT": 1.0, "PLND_RET_MAX": 2.0})
    with connect(grounded.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        said = [
            finding for finding in preflight_findings(vehicle, plan) if finding.rule == "preflight.landing"
        ]
    assert [finding.severity for finding in said] == ["advice"]
    assert "lands by GNSS in one attempt" in said[0].message


def test_23_silence_of_the_ground_station_triggers_the_configured_failsafe(start, dispatch):
    plan = replace(dispatch, params={**dispatch.params, "FS_GCS_ENABLE": 1.0, "FS_GCS_TIMEOUT": 5.0})
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)

        def fall_silent(state: VehicleState) -> None:
            if (state.height_m_home or 0.0) > 10.0:
                vehicle.port.heartbeat_s = None

        flown = fly_dispatch(vehicle, plan, on_state=fall_silent)
    assert any("Failsafe" in text.text for text in flown.texts)
    assert flown.taken_over
    assert flown.disarmed
    assert flown.track.return_t_s is not None


def test_28_a_pilots_mode_change_stops_our_commanding_at_once(start, proxy_to, dispatch):
    with (
        start(speedup=20.0) as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        upload_verified(vehicle, dispatch)
        by_pilot = []

        def pilot(state: VehicleState) -> None:
            if (state.height_m_home or 0.0) > 10.0 and not by_pilot:
                by_pilot.append(state)
                vehicle.set_mode(CopterMode.LAND)
                proxy.seen.clear()

        flown = fly_dispatch(vehicle, dispatch, on_state=pilot)
    assert flown.taken_over
    assert flown.disarmed
    assert proxy.count("up", "COMMAND_LONG") == 0
    assert any("hands off" in event.what for event in flown.events)


def test_22_a_lost_link_is_told_after_three_to_five_seconds_of_silence(start, proxy_to, dispatch):
    lost_at: list[float] = []
    told_at: list[float] = []

    def cut(state: VehicleState) -> None:
        if (state.height_m_home or 0.0) > 5.0 and not lost_at:
            lost_at.append(time.monotonic())
            proxy.cut = True

    def back(event: Event) -> None:
        if event.what.startswith("LINK LOST"):
            told_at.append(time.monotonic())
            proxy.cut = False

    with (
        start(speedup=20.0) as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        upload_verified(vehicle, dispatch)
        fly_dispatch(vehicle, dispatch, on_state=cut, on_event=back)
    # How late the telling may be is the setting's matter: a busy machine may take longer to come round to it.
    assert 3.0 <= vehicle.link_lost_s <= 5.0
    assert told_at[0] - lost_at[0] >= vehicle.link_lost_s


def test_27_a_landing_in_wind_ends_disarmed_even_where_the_vehicle_does_not_see_it(start, dispatch):
    wind = {"SIM_WIND_SPD": 6.0, "SIM_WIND_DIR": 225.0, "SIM_WIND_T": 1.0}
    with start(params=wind) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch)
    assert flown.disarmed
    assert flown.docked


def test_27_far_from_the_dock_is_not_docked(start, dispatch):
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        dock = Position(lat_deg=dispatch.home.lat_deg + 2e-5, lon_deg=dispatch.home.lon_deg)
        flown = fly_dispatch(vehicle, replace(dispatch, home=dock), dock_tolerance_m=1.0)
    assert flown.disarmed
    assert flown.dock_error_m == pytest.approx(2.2, abs=0.5)
    assert not flown.docked
    assert flown.landing.startswith("landed, not docked: 2.")
    assert "outside its tolerance of 1 m, by the vehicle's own estimate" in flown.landing


def hovering(
    seconds: float, *, height_m: float, home: Position, drift_mps: float = 0.0, ground_m: float = 0.0
) -> Recorder:
    """A drone that has taken off where its height reads `ground_m`, and hovers."""
    recorder = Recorder(home)
    dock = Position(lat_deg=home.lat_deg + 0.001, lon_deg=home.lon_deg)
    recorder(VehicleState(t_s=-3.0, armed=False, position=dock, height_m_home=ground_m))
    for tick in range(int(10 * seconds)):
        t_s = tick / 10.0
        place = Position(lat_deg=home.lat_deg + drift_mps * t_s / 111_200.0, lon_deg=home.lon_deg)
        recorder(
            VehicleState(
                t_s=t_s, armed=True, landed=Landed.IN_AIR, position=place, height_m_home=ground_m + height_m
            )
        )
    return recorder


@pytest.mark.parametrize("ground_m", [-2.5, 0.0, 2.2])
def test_only_low_and_still_counts_as_on_the_ground_whatever_the_ground_reads(dispatch, ground_m):
    home = dispatch.home
    still = {"below_m": 0.7, "speed_mps": 0.1}
    reads = {"home": home, "ground_m": ground_m}
    assert hovering(12, height_m=0.1, **reads).still_s(**still) == pytest.approx(11.9, abs=0.2)
    assert hovering(12, height_m=2.0, **reads).still_s(**still) == 0.0
    assert hovering(12, height_m=0.1, drift_mps=0.5, **reads).still_s(**still) < 2.0
