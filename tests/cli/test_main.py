"""The command line as a process: start-up, exit codes, and errors without tracebacks."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from dfr.cli import landing
from dfr.cli.main import VERBS

from .verbs import dfr, dfr_process

HEAVY = (
    "numpy",
    "scipy",
    "shapely",
    "pyproj",
    "matplotlib",
    "pymavlink",
    "simpy",
    "highspy",
    "pyarrow",
    "pydantic_core",
)


def modules_loaded_by(code):
    script = f"import sys; {code}; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=900
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_help_names_every_verb():
    done = dfr_process("--help")
    assert done.returncode == 0
    for verb in VERBS:
        assert f"  {verb} " in done.stdout


def test_help_imports_nothing_heavy():
    assert not modules_loaded_by("import dfr.cli.main").intersection(HEAVY)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    done = dfr(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: dfr" in done.stdout


UNUSED = {
    "init": ("matplotlib", "pymavlink", "simpy", "highspy", "pyarrow"),
    "schema": ("matplotlib", "pymavlink", "simpy", "highspy", "pyarrow", "scipy"),
    "plan": ("matplotlib", "pymavlink", "simpy", "pyarrow"),
    "check": ("matplotlib", "pymavlink", "simpy", "pyarrow"),
    "simulate": ("matplotlib", "pymavlink"),
    "mission": ("matplotlib", "pymavlink", "simpy", "pyarrow"),
    "upload": ("matplotlib", "simpy", "highspy", "pyarrow"),
    "fly": ("matplotlib", "simpy", "highspy", "pyarrow"),
    "sitl": ("matplotlib", "simpy", "highspy", "pyarrow", "scipy"),
    "predict": ("matplotlib", "pymavlink", "simpy", "highspy", "pyarrow"),
    "catalogue": ("matplotlib", "pymavlink", "simpy", "highspy", "pyarrow", "scipy"),
    "airspace": ("matplotlib", "pymavlink", "simpy", "highspy", "pyarrow", "scipy"),
    "serve": ("matplotlib",),
}


@pytest.mark.parametrize("package", sorted({package for unused in UNUSED.values() for package in unused}))
def test_no_verb_imports_what_it_does_not_use(package):
    without = sorted(VERBS[verb][0] for verb, unused in UNUSED.items() if package in unused)
    assert package not in modules_loaded_by(f"import {', '.join(without)}")


def test_an_unknown_verb_is_bad_input():
    done = dfr_process("fyl")
    assert done.returncode == 2
    assert "No such command 'fyl'" in done.stderr


def test_a_missing_scenario_is_an_error_of_one_line_and_one_json_document():
    done = dfr_process("plan", "nowhere.yaml", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["exit_code"] == 2
    assert "nowhere.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("arguments", [("schema",), ("--help",), ("plan", "nowhere.yaml", "--json")])
def test_an_output_without_room_is_an_error_that_says_so(arguments):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dfr", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=900,
            check=False,
        )
    assert done.returncode == 2
    assert "No space left on device -> free space" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m dfr schema | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=900, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_output_ends_without_a_traceback():
    command = f"{sys.executable} -m dfr schema >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=900, check=False)
    assert (done.returncode, done.stderr) == (0, "")


COMPLETE = {
    "bash": """eval "$(dfr --show-completion)"
for words in "re" "init --operation "; do
COMP_WORDS=(dfr $words); [[ $words == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_dfr_completion dfr; printf '%s\\n' "${COMPREPLY[@]}"; done""",
    "fish": 'dfr --show-completion | source; complete -C "dfr re"; complete -C "dfr init --operation "',
    "zsh": """autoload -Uz compinit; compinit -D; eval "$(dfr --show-completion)"
for words in "dfr re" "dfr init --operation "; do
_TYPER_COMPLETE_ARGS=$words _DFR_COMPLETE=complete_zsh dfr; done""",
}


@pytest.mark.parametrize("shell", COMPLETE)
def test_a_shell_completes_verbs_options_and_what_they_take(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    dfr = tmp_path / "dfr"
    dfr.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dfr "$@"\n')
    dfr.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    # From a file: each line is a command of its own, so that the shell does not become `dfr`.
    script = tmp_path / "script"
    script.write_text(COMPLETE[shell])
    done = subprocess.run([shell, str(script)], env=env, capture_output=True, text=True, check=False)
    for word in ("rehearse", "VLOS", "EVLOS", "BVLOS"):
        assert word in done.stdout, done.stderr


def test_a_limit_of_memory_that_is_reached_is_named_with_what_to_do():
    """As a user sets it, in a process of its own."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2_500_000_000,) * 2);"
        "from dfr.cli import main, landing;"
        "landing.landing_study = lambda *_, **__: bytes(10**10);"
        "sys.argv = ['dfr', 'landing', '--json']; main.run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 2
    assert "the memory ran out; this process may have 2.5 GB (ulimit -v) -> ask for less" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "memory"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError("realloc of 16777216 bytes failed"), "the memory ran out (realloc of 16777216 bytes"),
        (BrokenProcessPool("terminated abruptly"), "a worker process was ended from outside, most often"),
    ],
)
def test_too_little_memory_is_no_fault_of_dfr(monkeypatch, error, says):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(landing, "landing_study", fails)
    done = dfr("landing")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error[memory]: {says}")
    assert " GB" in done.stderr
    assert "-> ask for less at once" in done.stderr
