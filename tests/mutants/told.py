"""The table of a mutation run and its survivors, printed and as docs/mutants.md shows them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dfr.statistics import wilson

from .rooms import ROOMS

EQUIVALENT = Path(__file__).parent / "equivalent.yaml"
UNTRIED = {"by": "no test"}
"""What is known of a mutant before it is tried: that no test executes its line."""

HEAD = """# Mutants

Would the tests notice? `make mutants` changes the sources at random, one small change at a time, and asks the
tests that execute the changed statement. The changes are mutmut's, and statements left out and conditions
forced; words for people are left as they are. They are drawn from all changes of a room, seeded with the
commit, so that nobody chose them. The rate is killed of decided: timeouts and mutants that are the same
program count neither way, and a survivor that a test written afterwards kills stays a survivor in it. "At
least" is the lower end of Wilson's 95 % interval. How it works, and why it is no runner off the shelf:
[decision 13](adr/0013-mutants-tried-in-forks.md).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How the mutants of a room fared; `since`: survivors that tests written afterwards kill."""

    room: str
    killed: int = 0
    survived: int = 0
    equivalent: int = 0
    timeout: int = 0
    since: int = 0
    drawn: int = 0

    @property
    def decided(self) -> int:
        """Killed or survived: what the rate is of."""
        return self.killed + self.survived

    def row(self) -> str:
        """A line of the table; the rate with the least it may be of all the room's mutants."""
        tried = self.decided + self.equivalent + self.timeout
        made = f"{tried} of {max(tried, self.drawn)}"
        counts = " | ".join(
            map(str, [made, self.killed, self.survived, self.equivalent, self.timeout, self.since])
        )
        if not self.decided:
            return f"| {self.room} | {counts} | unknown | unknown |"
        rate = self.killed / self.decided
        return f"| {self.room} | {counts} | {rate:.1%} | {wilson(rate, self.decided).low:.1%} |"


def write_report(store: Path, commit: str, docs: Path | None) -> None:
    """Print the table and the survivors of a commit; to the page of the docs too, where one is given."""
    argued = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    tried = [name for name in ROOMS if (store / name / "results.jsonl").is_file()]
    rooms = {name: _read_room(store / name, argued) for name in tried}
    tallies = [_tally(name, mutants, _count_drawn(store / name)) for name, mutants in rooms.items()]
    parts = [f"At commit {commit[:12]}:", _table(tallies)]
    parts += [_survivors(name, mutants) for name, mutants in rooms.items()]
    parts += [_equivalents(rooms, argued)]
    told = "\n\n".join(part for part in parts if part)
    print(told)
    if docs is not None:
        docs.write_text(f"{HEAD}\n{told}\n", encoding="utf-8")


def _read_room(store: Path, argued: dict[str, Any]) -> list[dict[str, Any]]:
    """The mutants of a room that were tried, with their outcome; the last word on each counts.

    They are tried in the order in which they were drawn: where a run has come half the way, so far counts.
    """
    lines = (json.loads(line) for line in (store / "results.jsonl").read_text().splitlines())
    outcomes = {line["key"]: line for line in lines if line["outcome"] != "elsewhere"}
    mutants = json.loads((store / "mutants.json").read_text())
    tried = [n for n, m in enumerate(mutants) if outcomes.get(m["key"], UNTRIED)["by"] != UNTRIED["by"]]
    so_far = mutants[: max(tried, default=-1) + 1]
    told = [mutant | outcomes[mutant["key"]] for mutant in so_far if mutant["key"] in outcomes]
    again = store / "again.jsonl"
    lines = (json.loads(line) for line in (again.read_text().splitlines() if again.is_file() else ()))
    since = {line["key"] for line in lines if line["outcome"] == "killed"}
    for mutant in told:
        if mutant["outcome"] == "survived" and mutant["key"] in argued:
            mutant["outcome"] = "equivalent"
        mutant["since"] = mutant["outcome"] == "survived" and mutant["key"] in since
    return told


def _count_drawn(store: Path) -> int:
    return len(json.loads((store / "mutants.json").read_text()))


def _tally(name: str, mutants: list[dict[str, Any]], drawn: int) -> Tally:
    counts = Counter(mutant["outcome"] for mutant in mutants)
    since = sum(mutant["since"] for mutant in mutants)
    return Tally(room=name, since=since, drawn=drawn, **counts)


def _table(tallies: list[Tally]) -> str:
    total = Tally(
        room="all",
        killed=sum(tally.killed for tally in tallies),
        survived=sum(tally.survived for tally in tallies),
        equivalent=sum(tally.equivalent for tally in tallies),
        timeout=sum(tally.timeout for tally in tallies),
        since=sum(tally.since for tally in tallies),
        drawn=sum(tally.drawn for tally in tallies),
    )
    names = (
        "room",
        "mutants",
        "killed",
        "survived",
        "same program",
        "timeouts",
        "killed since",
        "rate",
        "at least",
    )
    head = f"| {' | '.join(names)} |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|---|", *(t.row() for t in [*tallies, total])])


def _survivors(name: str, mutants: list[dict[str, Any]]) -> str:
    survived = [mutant for mutant in mutants if mutant["outcome"] == "survived" and not mutant["since"]]
    if not survived:
        return ""
    head = [f"## Still there in {name}", "", "| where | is | survived as | key |", "|---|---|---|---|"]
    return "\n".join([*head, *(_row(mutant, mutant["key"]) for mutant in _in_order(survived))])


def _equivalents(rooms: dict[str, list[dict[str, Any]]], argued: dict[str, Any]) -> str:
    same = [m for mutants in rooms.values() for m in mutants if m["outcome"] == "equivalent"]
    if not same:
        return ""
    head = ["## The same program", "", "| where | is | would be | why |", "|---|---|---|---|"]
    return "\n".join([*head, *(_row(mutant, argued[mutant["key"]]) for mutant in _in_order(same))])


def _in_order(mutants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(mutants, key=lambda mutant: (mutant["path"], mutant["line"]))


def _row(mutant: dict[str, Any], last: str) -> str:
    place = f"`{mutant['path']}:{mutant['line']}`"
    return f"| {place} | {_code(mutant['before'])} | {_code(mutant['after'])} | {last} |"


def _code(text: str) -> str:
    """A piece of code for a table's cell; nothing where the mutant took the line away."""
    short = text if len(text) <= 120 else text[:117] + "..."
    return f"`{short.replace('|', '&#124;')}`" if text else "(nothing)"
