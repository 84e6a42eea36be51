"""The checks and every country's rules as the text of `docs/rules.md`."""

from __future__ import annotations

from collections.abc import Iterator

from dfr.plan.jurisdictions import JURISDICTIONS
from dfr.plan.jurisdictions.model import Jurisdiction
from dfr.plan.rules import RULES
from dfr.world.data_needs import DATA_NEEDS

HEAD = """\
# Rules

What `dfr check` looks at. Each check carries its *basis*: `law`, `npcc_policy`, `oa_condition` (the
operational authorisation), `manufacturer`, `ardupilot`, `operator`, or `assumed` where nobody has published
the figure. A finding is `ok`, `advice`, `unknown` or `violation`; the last two block a go (exit code 3).
Nothing here is an approval: check with your aviation lead and the aviation authority.

A scenario names the rules it is flown under: `jurisdiction: uk`, `eu`, `us` or `none`. Findings cite the
rows of that set, and no other country's. Under `none` no plan is a go. Rows marked *unconfirmed* were not
found in any source within reach: they take the stricter reading, may block, and never clear a flight.

The tables are generated from `dfr/plan/rules.py` and `dfr/plan/jurisdictions/`.

## Checks

| check | asks | basis | source, where no rule of the place is cited |
|---|---|---|---|"""


def as_markdown() -> str:
    """The text of `docs/rules.md`."""
    rows = [f"| `{r.id}` | {r.asks} | {r.basis.value} | {r.source} |" for r in RULES.values()]
    sets = [line for rules in JURISDICTIONS.values() if rules.rows for line in _set(rules)]
    return "\n".join([HEAD, *rows, *sets]) + "\n"


def _set(rules: Jurisdiction) -> Iterator[str]:
    """One country's rules: its rows, its figures, what it leaves open, and the air data that a go needs."""
    yield from ("", f"## {rules.name} (`{rules.key}`)", "")
    yield "| asks | basis | binds police by | document | dated | read it in | checks |"
    yield "|---|---|---|---|---|---|---|"
    for row in rules.rows:
        checks = ", ".join(f"`{check}`" for check in row.checks) or "none: the crew sees to it"
        cells = (row.asks, row.basis.value, row.binds.value, row.citation, row.dated, row.link, checks)
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Where the authorisation says nothing:"
    yield f"a post sees at most {rules.visual_range_m.value:g} m ({rules.visual_range_m.source}),"
    yield f"crowds are kept off by {rules.crowd_stand_off_m.value:g} m ({rules.crowd_stand_off_m.source}),"
    yield f"and no flight is higher than {rules.height_m_agl.value:g} m ({rules.height_m_agl.source})."
    for topic in rules.open_topics:
        yield from (
            "",
            f"Not covered, to be answered by a reference under `answers`: `{topic.id}`, {topic.asks}.",
        )
    needs = DATA_NEEDS[rules.key]
    seen, beyond = (", ".join(sorted(kinds)) for kinds in (needs.in_sight, needs.beyond_sight))
    yield from ("", f"Air data that a go needs in sight: {seen}; beyond sight: {beyond}.")
