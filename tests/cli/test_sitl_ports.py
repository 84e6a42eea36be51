"""Where the vehicles of `dfr sitl` are found, and what is said of ports that others can reach."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from dfr.cli.sitl_ports import refuse_ports, vehicle_endpoints, who_has_control
from dfr.errors import InputError, VehicleStartError
from firmware_sitl.client import SitlClient
from firmware_sitl.endpoints import Endpoint, loopback_endpoints

from .test_sitl import free_block, sitl
from .verbs import dfr

DOCKER = Path(__file__).parents[2] / "docs" / "examples" / "docker"


def ends(index: int = 0, **options: object) -> tuple[Endpoint, ...]:
    """A vehicle's endpoints by the options that are named."""
    usual = {"port": 5760, "bind": "127.0.0.1", "udp_servers": (), "udp_clients": ()}
    return vehicle_endpoints(index, **{**usual, **options})  # type: ignore[arg-type]


def test_without_options_a_vehicle_has_arducopters_three_ports_on_the_loopback_interface() -> None:
    assert ends() == loopback_endpoints(5760)
    assert [end.url for end in ends(1)] == [f"tcp:127.0.0.1:{port}" for port in (5770, 5772, 5773)]
    assert ends(3, port=0) == loopback_endpoints(0)
    assert who_has_control([ends(), ends(1, bind="127.0.0.5"), ends(2, bind="localhost")]) == ""


def test_udp_ports_take_the_place_of_tcp_ports() -> None:
    found = ends(1, bind="192.0.2.7", udp_servers=(14560,), udp_clients=("station:14550",))
    assert list(map(str, found)) == [
        "tcp:192.0.2.7:5770",
        "udpserver:192.0.2.7:14570",
        "udpclient:station:14550",
    ]
    assert [end.url for end in found] == [
        "tcp:192.0.2.7:5770",
        "udpout:192.0.2.7:14570",
        "udp:station:14550",
    ]


def test_a_vehicle_that_listens_everywhere_is_found_here_too_and_who_has_control_is_said() -> None:
    served = [ends(bind="0.0.0.0", udp_servers=(14560,), udp_clients=("station:14550",))]
    assert served[0][0].url == "tcp:127.0.0.1:5760"
    words = who_has_control(served)
    assert "2 ports are open to everybody who reaches this machine at any of its addresses" in words
    assert "no password" in words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bind": "::1"}, "--bind '::1': not an IPv4 address"),
        ({"bind": "everywhere"}, "--bind 'everywhere': not an IPv4 address"),
        ({"bind": "127.0.0.1:5760"}, "not an IPv4 address"),
        ({"udp_clients": ("14550",)}, "--udp-client '14550': not HOST:PORT"),
        ({"udp_clients": ("station:0",)}, "not HOST:PORT"),
        ({"udp_clients": ("station:66000",)}, "not HOST:PORT"),
        ({"udp_clients": ("udp:station:14550",)}, "not HOST:PORT"),
        ({"udp_servers": (1, 2), "udp_clients": ("a:1", "b:2")}, "a vehicle has 3 ports"),
    ],
)
def test_options_that_make_no_port_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        ends(**options)
    assert said in str(refused.value)
    assert refused.value.do


def test_ports_that_clash_do_not_exist_or_are_not_ours_are_refused_before_any_start() -> None:
    with pytest.raises(InputError, match=r"port 5772 is asked for twice"):
        refuse_ports([ends(), ends(1), ends(port=5772, udp_servers=(1, 2))])
    with pytest.raises(InputError, match=r"port 65540 is asked for: there are 65535"):
        refuse_ports([ends(port=65530), ends(1, port=65530)])
    with pytest.raises(InputError, match=r"--udp-client no-such-host\.invalid:14550: .*no such host"):
        refuse_ports([ends(udp_clients=("no-such-host.invalid:14550",))])
    with pytest.raises(InputError, match=r"192\.0\.2\.7: not an address of this machine"):
        refuse_ports([ends(bind="192.0.2.7")])
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(VehicleStartError, match=f"port {port} is in use"):
            refuse_ports([ends(port=0, udp_servers=(port,))])


def instruction(word: str) -> list[str]:
    """What the Dockerfile gives an instruction, from its list on."""
    (line,) = (line for line in (DOCKER / "Dockerfile").read_text().splitlines() if line.startswith(word))
    return json.loads(line[line.index("[") :])


def test_the_containers_vehicle_comes_up_healthy_and_its_health_check_takes_nobodys_place() -> None:
    """As far as there is no container: its entry point and its check, at other ports."""
    program, *options = instruction("ENTRYPOINT")
    check = [sys.executable, *instruction("HEALTHCHECK")[1:-1]]
    compose = yaml.safe_load((DOCKER / "compose.yml").read_text())["services"]
    vehicle, user = compose["vehicle"]["command"], compose["program"]["entrypoint"]
    assert [program, options.pop(0)] == ["dfr", "sitl"]
    first = str(free_block(40))
    assert subprocess.run([*check, first], check=False, timeout=60).returncode == 1
    with sitl(*options, "--port", first, *vehicle[:-1], "0") as (process, (told,)):
        assert subprocess.run([*check, first], check=False, timeout=60).returncode == 0
        url = user[-1].replace("vehicle:5760", f"127.0.0.1:{first}")
        assert told["url"] == url
        with SitlClient(told["urls"][2]) as client:
            assert client.receive("HEARTBEAT").get_srcSystem() == 1
        asked = dfr(*user[1:-1], url)
        assert asked.returncode == 0, asked.stderr
        process.terminate()
        assert "no password" in process.stderr.read(), shlex.join(options)
