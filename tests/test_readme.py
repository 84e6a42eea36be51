"""The README's commands, run as a new user would run them: in order, from a folder with the scenarios."""

import re
import shlex

import pytest

from .cli.verbs import dfr

BLOCKED_IS_AN_ANSWER = {0, 3}
"""A check may say no: that is an answer, not a failure."""


def commands(repository):
    """Every line of the README's `sh` blocks that calls dfr."""
    blocks = re.findall(r"```sh\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    lines = (line.split("  #")[0].strip() for block in blocks for line in block.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("dfr ")]


def shortened(arguments):
    """With three replications in place of twenty."""
    before = ["", *arguments]
    return [
        "3" if (option, word) == ("--replications", "20") else word
        for option, word in zip(before, arguments, strict=False)
    ]


@pytest.mark.parametrize("as_written", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_command_of_the_readme_works(repository, tmp_path, as_written):
    for folder in ("scenarios", "airspace"):
        (tmp_path / folder).symlink_to(repository / folder)
    found = commands(repository)
    assert len(found) >= 8
    for arguments in found:
        done = dfr(*(arguments if as_written else shortened(arguments)), cwd=tmp_path)
        assert done.returncode in BLOCKED_IS_AN_ANSWER, (arguments, done.stdout[-2000:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr, arguments
