"""The supervisor: a shift that dies or hangs is started again, one that ended is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from dfr.cli.stopping import STOPS
from dfr.operate import supervisor
supervisor.HANGS_S = {hangs_s}
supervisor.STARTS_WITHIN_S = {starts_s}
supervisor.AGAIN_S = 0.01
{before}
folder = Path(sys.argv[1])
code, again = supervisor.Supervisor(folder, print, stops=STOPS).supervise()
if code is not None:
    sys.exit(code)
{early}
(folder / supervisor.ALIVE).touch()
print("shift again" if again else "shift", flush=True)
if again:
    os._exit(0)
{first}
"""

SLOW_FORK = """
def slow_fork(fork=os.fork):
    pid = fork()
    time.sleep(1.0 if pid else 0.0)
    return pid
os.fork = slow_fork
"""


def supervised(folder, first, *, early="", before="", starts_s=60.0):
    # Only a process that really hangs is given little time: others may have to wait for a processor.
    hangs_s = 0.3 if "SIGSTOP" in first or "unlink" in first else 60.0
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT.format(first=first, early=early, before=before, hangs_s=hangs_s, starts_s=starts_s),
            str(folder),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", ["the shift ended (exit code -9): starting it again"]),
        ("os._exit(1)", ["the shift ended (exit code 1): starting it again"]),
        (
            "os.kill(os.getpid(), signal.SIGSTOP)",
            [
                "the shift has hung for 0 s: killing it",
                "the shift ended (exit code -9): starting it again",
            ],
        ),
    ],
)
def test_a_shift_that_dies_or_hangs_is_started_again(tmp_path, first, words):
    assert supervised(tmp_path, first) == (0, ["shift", *words, "shift again"])


@pytest.mark.parametrize("code", [0, 130])
def test_a_shift_that_ended_is_not_started_again(tmp_path, code):
    assert supervised(tmp_path, f"os._exit({code})") == (code, ["shift"])


@pytest.mark.parametrize("code", [2, 3, 4])
def test_a_shift_that_cannot_be_run_is_not_started_again(tmp_path, code):
    assert supervised(tmp_path, "", early=f"os._exit({code})") == (code, [])


@pytest.mark.parametrize("code", [2, 3, 4])
def test_a_shift_that_ran_is_started_again_whatever_error_ended_it(tmp_path, code):
    """As a disk that is full does: its drones may be in the air."""
    words = f"the shift ended (exit code {code}): starting it again"
    assert supervised(tmp_path, f"os._exit({code})") == (0, ["shift", words, "shift again"])


def test_a_shift_that_has_ended_has_time_to_close(tmp_path):
    """Longer than one that runs may stay silent: it is neither killed nor started again."""
    assert supervised(tmp_path, "(folder / supervisor.ALIVE).unlink(); time.sleep(1.5)") == (0, ["shift"])


def test_a_stop_is_passed_on_and_ends_both(tmp_path):
    first = "os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)"
    code, words = supervised(tmp_path, first)
    assert (code, words) == (-15 % 256, ["shift"])


def test_a_stop_that_comes_before_the_shift_s_process_is_known_is_passed_on(tmp_path):
    """The shift's process runs at once, and the supervisor only when it gets a processor again."""
    first = "os.kill(os.getppid(), signal.SIGTERM); time.sleep(5)"
    code, words = supervised(tmp_path, first, before=SLOW_FORK)
    assert (code, words) == (-15 % 256, ["shift"])


@pytest.mark.parametrize(
    ("early", "words"),
    [("time.sleep(60)", "the shift has not begun within 0 s: killing it"), ("os._exit(1)", "exit code 1")],
)
def test_a_shift_that_never_begins_is_not_started_for_ever(tmp_path, early, words):
    """Five starts in turn; then a person is told what the vehicles do meanwhile, and how to go on."""
    code, said = supervised(tmp_path, "", early=early, starts_s=0.3)
    assert code == 1
    assert sum(words in line for line in said) == 5
    assert said[-1].startswith("5 times in turn the shift ended before it had begun: not started again.")
    assert "does what its own failsafe says" in said[-1]
    assert "`dfr vehicle recall`" in said[-1]
