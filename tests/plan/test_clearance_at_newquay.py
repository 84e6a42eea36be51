"""A festival inside a flight restriction zone: one clearance makes NO GO a GO, each lost fact undoes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.geo import Position
from dfr.io.scenario_files import build_world, parse_scenario
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.plan.planner import make_plan
from dfr.plan.verdict import Verdict, VerdictKind, verdict_of
from dfr.scenario.model import OperationKind

WATERGATE = Position(lat_deg=50.4430, lon_deg=-5.0410)
"""Watergate Bay, 3.2 km from Newquay: its zone is 2.5 NM about the runway."""

AIR = """\
* dfr-coverage: 50.20,-5.40 50.70,-5.40 50.70,-4.60 50.20,-4.60
* dfr-date: 2026-07-30
* dfr-source: invented after the AIP
AC UNC
AY FRZ
AN NEWQUAY FRZ
AH 2390 ft
AL SFC
V X=50:26:27 N 004:59:43 W
DC 2.5
"""
AIRSPACE = """\
airspace:
  - file: air.txt
    date: 2026-07-30
    source: UAS airspace restrictions of NATS AIS
    kinds: [airspace, aerodrome zones, unmanned-aircraft zones]
notams: {read_by: the aviation lead, read_at: 2026-07-31 18:00}
obstacles: {surveyed_by: the aviation lead, read_at: 2026-08-01, tallest_m_agl: 12}
"""
CLEARED = """\
clearances:
  - zone: NEWQUAY FRZ
    authority: Newquay Tower
    reference: NQY/UAS/2026/31
    start: 2026-08-08 08:00
    end: 2026-08-08 23:00
    height_m_agl: 120
    contact: "Newquay Tower, 01637 000000"
"""
AUTHORISED = """\
  authorisation:
    reference: UAS 7712/2026
    issuer: CAA
    valid_from: 2026-01-01
    valid_to: 2026-12-31
    allows:
      kind: {value: [VLOS], clause: "2.1 within sight"}
      night: {value: true, clause: "2.4 day and night"}
"""
EDITS = {
    "the authorisation": (
        "  authorisation: null                 # the document that permits it: see `dfr schema`\n",
        AUTHORISED,
    ),
    "the boundary": (
        "    confirmed: false                   "
        "# remove this line once the ring is the real one; same below\n"
        "    assumed: true\n",
        "    source: the licence plan\n",
    ),
    "the docks": ("\n  confirmed: false\n  assumed: true\n", "\n  source: walked on site\n"),
    "the areas of calls": (
        "\n    confirmed: false\n    assumed: true\n",
        "\n    source: calls of last year\n",
    ),
    "the water": ("  water: null ", "  water: none "),
    "the air data": (
        "airspace: []                           # nothing shipped covers the site: - {file, date, source}\n"
        "restrictions: []                       # RA(T) and the like: see `dfr schema`\n"
        "notams: null                           # unknown: put in {read_by, read_at}, "
        "or checks stay unknown\n"
        "obstacles: null                        # unknown: put in {surveyed_by, read_at, tallest_m_agl}\n",
        AIRSPACE,
    ),
    "the clearance": (
        "clearances: []                         # permissions to enter single zones: see `dfr schema`\n",
        CLEARED,
    ),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Verdict]:
    """The verdict, a week ahead, on the template with all edits but some."""
    folder: Path = tmp_path_factory.mktemp("newquay")
    (folder / "air.txt").write_text(AIR)
    wish = ScenarioRequest(
        name="watergate",
        site=WATERGATE,
        first_day=date(2026, 8, 8),
        days=1,
        zone=ZoneInfo("Europe/London"),
        radius_m=400.0,
        docks=1,
        drone="dji-m3td",
        dock="dji-dock-2",
        operation=OperationKind.VLOS,
        ground_m_amsl=20.0,
        no_crowd=True,
        posts_confirmed=True,
        said_by="the site manager",
    )
    template = write_scenario_template(wish)

    def _judged(*without: str) -> Verdict:
        text = template
        for name, (old, new) in EDITS.items():
            assert old in text, name
            if name not in without:
                text = text.replace(old, new, 1)
        scenario = parse_scenario(text.encode(), name="s.yaml", folder=folder)
        plan = make_plan(build_world(scenario))
        blocking.append({found.rule for found in plan.findings if found.blocks and found.due is None})
        return verdict_of(scenario, plan, now=datetime(2026, 8, 1, tzinfo=UTC))

    blocking: list[set[str]] = []
    _judged.blocking = blocking  # type: ignore[attr-defined]
    return _judged


def test_one_clearance_turns_no_go_into_go(judged):
    refused = judged("the clearance")
    assert refused.kind is VerdictKind.NO_GO
    assert judged.blocking[-1] == {"flight-restriction-zone"}, "the zone is all that blocks"
    assert judged().kind is VerdictKind.GO
    assert judged.blocking[-1] == set()


@pytest.mark.parametrize("fact", [name for name in EDITS if name != "the clearance"])
def test_each_fact_that_is_taken_away_turns_the_go_back(judged, fact):
    assert judged(fact).kind is not VerdictKind.GO
