"""A live shift as a user starts it, and its page as a person opens it."""

import contextlib
import re
import subprocess
import sys

from .pages import PLAN_S


@contextlib.contextmanager
def operating(folder, plan, *options):
    """`dfr operate` with a built-in vehicle, its address and the token of each role."""
    command = [
        sys.executable, "-m", "dfr", "operate", "victorious-2024", "--plan", str(plan), "--out", str(folder),
        "--vehicle", "builtin", "--speedup", "20", "--start", "2024-08-23T11:00+01:00", "--port", "0",
        *options,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            tokens, base = {}, ""
            while not (line := process.stdout.readline()).startswith("shift of"):
                assert line, "it did not start"
                name, base, token = re.match(r"(\w+) .*?(http://[^/]+)/\?token=(.*)", line).groups()
                tokens[name] = token
            yield base, tokens, process
        finally:
            process.kill()


def enter(watched, base, token, **options):
    """The page of somebody with a token."""
    page = watched(base, **options).page
    page.set_default_timeout(PLAN_S)
    page.goto(f"{base}/?token={token}")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert "token" not in page.url
    return page
