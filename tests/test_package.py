"""The wheel and the sdist: built from a checkout, and used from any folder."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes

import pytest

from dfr.extras import EXTRAS


@pytest.fixture(scope="module")
def built(repository, tmp_path_factory):
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(repository)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


def test_the_wheel_holds_code_templates_catalogue_scenarios_and_airspace(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "dfr/report/templates/report.html.j2",
        "dfr/aircraft/catalogue.yaml",
        "dfr/data/scenarios/victorious-2024.yaml",
        "dfr/data/airspace/solent-2024-08.txt",
        "dfr/py.typed",
        "firmware_sitl/start.py",
    } <= names
    assert not {name for name in names if name.startswith("tests")}


def test_the_wheel_names_every_licence_and_holds_its_text(built):
    """As the core metadata 2.4 of PEP 639 want it; the coast is of OpenStreetMap, the map library is BSD."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (info,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
        told = message_from_bytes(archive.read(f"{info}/METADATA"))
        coast = json.loads(archive.read("dfr/data/scenarios/solent.base.geojson"))
        notice = archive.read("dfr/data/scenarios/NOTICE.txt").decode()
    assert told["License-Expression"].split(" AND ") == ["MIT", "BSD-3-Clause", "ODbL-1.0"]
    assert {f"{info}/licenses/{name}" for name in told.get_all("License-File")} <= names
    texts = {name.rsplit("/", 1)[-1] for name in told.get_all("License-File")}
    assert texts == {"LICENSE", "NOTICE.txt", "maplibre-gl-LICENSE.txt", "pmtiles-LICENSE.txt"}
    assert "ODbL" in coast["license"]
    assert "solent.base.geojson" in notice
    assert "opendatacommons.org/licenses/odbl/1.0" in notice


def test_the_sdist_holds_what_its_tests_need(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "Makefile", "requirements.lock", "tests/conftest.py"} <= names


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Makes a new environment with the wheel and extras; gives its folder of programs."""

    def install(python, extras):
        place = tmp_path_factory.mktemp("venv")
        subprocess.run([python, "-m", "venv", str(place)], check=True, timeout=300, capture_output=True)
        (wheel,) = built.glob("*.whl")
        pip = [str(place / "bin" / "pip"), "install", "--quiet", f"{wheel}[{extras}]"]
        subprocess.run(pip, check=True, timeout=1200, capture_output=True)
        return place / "bin"

    return install


@pytest.mark.slow
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_alone_brings_what_it_needs(installed, tmp_path, extra):
    programs = installed(sys.executable, extra)
    done = subprocess.run(
        [programs / "dfr", "doctor", "--json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    found = {check["name"] for check in json.loads(done.stdout)["checks"] if check["found"]}
    assert f"{extra} extra" in found


@pytest.mark.slow
@pytest.mark.parametrize("minor", range(11, 16))
def test_the_wheel_plans_on_each_python_that_is_at_hand(installed, tmp_path, minor):
    python = shutil.which(f"python3.{minor}")
    if python is None or subprocess.run([python, "-c", ""], check=False).returncode:
        pytest.skip(f"no python3.{minor} that starts on this machine: not tried")
    programs = installed(python, "plan,web")
    simulate = ["simulate", "victorious-2024", "--replications", "3", "--out", "run"]
    for command in (["doctor"], simulate):
        done = subprocess.run(
            [programs / "dfr", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_installed_wheel_rehearses_a_shipped_scenario_from_any_folder(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=900, capture_output=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    rehearse = ["rehearse", "victorious-2024", "--replications", "3", "--out", "out", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "dfr", *rehearse],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["sites"]
    assert (elsewhere / answer["report"]).is_file() or answer["report"].startswith("/")
    where = "import dfr; print(dfr.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(site))
