"""The rules a plan is checked against, as data: what each check asks, on what basis, and by country.

`RULES` are the checks; `JURISDICTIONS` the rules of `uk`, `eu`, `us` and `none`, one of which a scenario
names in `jurisdiction:` (`jurisdiction_of`). Rows of a country (`dfr.plan.jurisdictions`) name the checks
that cite them; under `none` there are no rows, and no plan is a go. `docs/rules.md` is all this as text
(`as_markdown`). A basis of `assumed` means that nobody has published the figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dfr.findings import Basis
from dfr.plan.jurisdictions import Jurisdiction, Number
from dfr.plan.jurisdictions.eu import EU
from dfr.plan.jurisdictions.uk import UK
from dfr.plan.jurisdictions.us import US
from dfr.scenario.model import Scenario
from dfr.world.coverage import DATA_NEEDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `asks` is a sentence for the aviation lead."""

    id: str
    asks: str
    basis: Basis
    source: str


# The figures that the checks hold a plan against where no law or authorisation gives one. The checks, these
# rows and `docs/rules.md` all read them here. All but the well-clear height are assumed.

# Share of the battery: makers' return-home warnings start near it.
LEAST_RESERVE = 0.2
# Share of the sky above 15 degrees that a dock sees.
LEAST_SKY_VIEW = 0.7
LONGEST_SHIFT_H = 12.0
# Above the ground (4 m of grid error, trees and lamps) and above obstacles.
LEAST_CLEARANCE_M = 20.0
# Between two drones of one plan, sideways.
APART_M = 50.0
# Or else in height: 4 m of altimetry error each, and 7 m more for downwash and gusts.
APART_HEIGHT_M = 15.0
# From other users of the air, vertically: ASTM F3442 (to be confirmed); no UK police figure is published.
WELL_CLEAR_FT = 250.0

PLACE = "the rules of the place (`jurisdiction` of the scenario)"
AUTHORISATION = "the operator's authorisation, as the scenario states it"
_TABLE = (
    Rule(
        id="jurisdiction",
        asks="A set of rules is loaded, the site lies where it holds, and what it leaves open is answered by "
        "a reference.",
        basis=Basis.OPERATOR,
        source="project rule: a plan without rules is no go; outlines about the aerodromes of airportsdata",
    ),
    Rule(
        id="authorisation",
        asks="The operation is flown under a document with reference, issuer and dates that holds throughout "
        "and allows its kind; what the document does not say is not allowed.",
        basis=Basis.OA_CONDITION,
        source=AUTHORISATION,
    ),
    Rule(
        id="assumed-statement",
        asks="Readings and sources that a go rests on are vouched for; what is only assumed stands in an "
        "exercise and nowhere else.",
        basis=Basis.OPERATOR,
        source="project rule: an assumed statement clears nothing",
    ),
    Rule(
        id="airspace-date",
        asks="Airspace data are of the AIRAC cycle flown in; another cycle is advice, more than a year, or a "
        "date that scenario and file disagree on, is unknown.",
        basis=Basis.ASSUMED,
        source="ICAO Annex 15: changes every 28 days (AIRAC); the year is an assumed figure",
    ),
    Rule(
        id="airspace-class",
        asks="The airspace class needs no permission, or a clearance covers it. Class G is an "
        "inference: no file encodes it.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="airspace-zone",
        asks="No danger, prohibited, restricted or other binding zone is entered without a clearance of its "
        "authority for the hours and the height.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="flight-restriction-zone",
        asks="No zone of an aerodrome that binds drones is entered without a clearance of its unit.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="unmanned-aircraft-zone",
        asks="Zones that bind unmanned aircraft are loaded for the place: files for crewed aviation hold no "
        "runway protection zones, prisons or geographical zones.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="temporary-restriction",
        asks="No temporary restriction is entered without a clearance of its sponsor; the operator "
        "asks about a possible one.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="notams",
        asks="Somebody has read the NOTAMs for the place and time, within 24 hours; what could not be drawn "
        "is judged by its text.",
        basis=Basis.LAW,
        source=f"{PLACE}; the 24 hours are an assumed figure",
    ),
    Rule(
        id="height-limit",
        asks="Drones fly no higher above the surface than the authorisation or the rules of the place allow.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="obstacle",
        asks="Somebody surveyed the site, or a file lists all obstacles that reach the drones; they "
        f"fly {LEAST_CLEARANCE_M:g} m above all that stand within the contingency volume.",
        basis=Basis.ASSUMED,
        source="assumed figure, as over the ground; low masts are usually unlit and in no list",
    ),
    Rule(
        id="terrain-known",
        asks="Heights above ground mean something only where the ground height is known.",
        basis=Basis.ASSUMED,
        source="project rule: unknown is never clear",
    ),
    Rule(
        id="keep-in",
        asks="Every route stays inside the site boundary with its margin.",
        basis=Basis.OPERATOR,
        source="site boundary of the scenario",
    ),
    Rule(
        id="keep-out",
        asks="Every route keeps its margin from every keep-out.",
        basis=Basis.OPERATOR,
        source="keep-outs of the scenario",
    ),
    Rule(
        id="contingency-volume",
        asks="The contingency volume is inside the boundary, or the authorisation covers what lies outside.",
        basis=Basis.OA_CONDITION,
        source="SORA operational volume; FOCA/LBA method",
    ),
    Rule(
        id="crowd",
        asks="The scenario states whether people gather here. Drones do not fly over assemblies of "
        "people, and keep the distance that the authorisation gives, or the rules of the place "
        "where it gives none.",
        basis=Basis.OA_CONDITION,
        source=AUTHORISATION,
    ),
    Rule(
        id="ground-risk",
        asks="A dense crowd inside the ground-risk buffer is covered by VLOS with a second safety "
        "pilot, who watches for this risk, or by a clause for overflight. Its ground risk class "
        "(iGRC) is stated.",
        basis=Basis.OA_CONDITION,
        source="JARUS SORA 2.5, table 2 (to be confirmed)",
    ),
    Rule(
        id="visual-line-of-sight",
        asks="Under VLOS and EVLOS every point of every route is seen from a pilot or observer post that the "
        "people of every shift can man, no farther off than the authorisation or the rules say.",
        basis=Basis.OA_CONDITION,
        source=AUTHORISATION,
    ),
    Rule(
        id="night",
        asks="Flights after dark are allowed by a clause, with lights and a sight range that holds then.",
        basis=Basis.OA_CONDITION,
        source=AUTHORISATION,
    ),
    Rule(
        id="flyable-hours",
        asks="At least one hour with calls can be flown, or the share of them that the scenario requires.",
        basis=Basis.OPERATOR,
        source="targets.required_share_of_hours of the scenario",
    ),
    Rule(
        id="weather",
        asks="No drone launches in an hour beyond the limits of the operation, the drone or the dock.",
        basis=Basis.MANUFACTURER,
        source="hardware catalogue and the operation's limits",
    ),
    Rule(
        id="dock-place",
        asks="A dock stands on land, inside the boundary and clear of keep-outs and crowds by the "
        "margins that its flights keep. The scenario states where water is.",
        basis=Basis.OPERATOR,
        source="candidate sites, boundary, keep-outs, crowds and water of the scenario",
    ),
    Rule(
        id="placeholder",
        asks="Boundary, areas of calls, docks and posts are real ones: a program drew none of them.",
        basis=Basis.OPERATOR,
        source="project rule: a drawn example is no survey",
    ),
    Rule(
        id="site-power",
        asks="A dock has power.",
        basis=Basis.MANUFACTURER,
        source="hardware catalogue; candidate site of the scenario",
    ),
    Rule(
        id="sky-view",
        asks=f"A dock sees at least {100 * LEAST_SKY_VIEW:g} % of the sky above 15 degrees, for GNSS.",
        basis=Basis.ASSUMED,
        source="assumed figure",
    ),
    Rule(
        id="crew",
        asks="While calls are expected a pilot and, under VLOS, a second safety pilot serve each drone.",
        basis=Basis.OA_CONDITION,
        source=AUTHORISATION,
    ),
    Rule(
        id="duty-hours",
        asks=f"A shift is no longer than {LONGEST_SHIFT_H:g} hours.",
        basis=Basis.ASSUMED,
        source="assumed figure; the operator's fatigue policy decides",
    ),
    Rule(
        id="energy-reserve",
        asks="The longest sortie, with its time on scene, lands without using the reserve.",
        basis=Basis.OPERATOR,
        source="reserve of the scenario; energy by the flight model",
    ),
    Rule(
        id="safe-landing",
        asks="From every point of every route the drone reaches a place to land, a dock or rally "
        "point, with the energy left on the return leg.",
        basis=Basis.OA_CONDITION,
        source="energy by the flight model; paths by the router; SORA contingency procedures",
    ),
    Rule(
        id="terrain-profile",
        asks="Flown as its mission flies it, out and home by RTL, every route stays within the height "
        f"limit above the ground below it, and at least {LEAST_CLEARANCE_M:g} m above the ground.",
        basis=Basis.LAW,
        source=PLACE,
    ),
    Rule(
        id="reach",
        asks="Some dock reaches every demand zone; the plan states how far from it the drone stops.",
        basis=Basis.OPERATOR,
        source="routes of the plan",
    ),
    Rule(
        id="airframe-limits",
        asks="The cruise speed is within the airframe's.",
        basis=Basis.MANUFACTURER,
        source="hardware catalogue",
    ),
    Rule(
        id="lost-link",
        asks="Without a link the drone stays clear of keep-outs, from anywhere on its route, and of "
        "crowds, unless a clause allows overflight of assemblies.",
        basis=Basis.ARDUPILOT,
        source="ArduCopter: RTL flies straight to the nearest of home and the rally points",
    ),
    Rule(
        id="rally-points",
        asks="There is a place to land other than the dock, inside the boundary and clear of people.",
        basis=Basis.OPERATOR,
        source="contingency choices of the scenario",
    ),
    Rule(
        id="reserve-choice",
        asks=f"The battery reserve is at least {100 * LEAST_RESERVE:g} %, and at least what the "
        "operator's manual says.",
        basis=Basis.ASSUMED,
        source="assumed figure; makers' return-home warnings start near it",
    ),
    Rule(
        id="other-traffic",
        asks="Every known other user of the air is kept apart in place or height, or has a procedure "
        f"done within the notice it gives; a hold stays below its heights, by {WELL_CLEAR_FT:g} ft "
        "to be well clear.",
        basis=Basis.OPERATOR,
        source="de-confliction rules of the scenario; ASTM F3442 (to be confirmed)",
    ),
    Rule(
        id="own-drones-apart",
        asks=f"Drones of one plan keep {APART_M:g} m apart sideways or {APART_HEIGHT_M:g} m in height "
        "wherever routes of two docks meet: the plan flies docks at different heights, out and "
        "home. Where no heights keep them apart, they fly one at a time.",
        basis=Basis.ASSUMED,
        source="assumed figures: no distance between two drones of one operator is published",
    ),
    Rule(
        id="coverage",
        asks="The docks reach some demand within the limit; how much, and whether that is proven optimal.",
        basis=Basis.OPERATOR,
        source="targets of the scenario; MCLP by HiGHS",
    ),
)
RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}
"""Every rule by id, in the order of the check sheet."""

_ASSUMED = "assumed; no rules are loaded"

NONE = Jurisdiction(
    key="none",
    name="no set of rules",
    rows=(),
    visual_range_m=Number(value=500.0, source=_ASSUMED),
    crowd_stand_off_m=Number(value=150.0, source=_ASSUMED),
    height_m_agl=Number(value=120.0, source=_ASSUMED),
)

JURISDICTIONS: dict[str, Jurisdiction] = {each.key: each for each in (UK, EU, US, NONE)}


def jurisdiction_of(scenario: Scenario) -> Jurisdiction:
    """The set of rules that a scenario is flown under."""
    return JURISDICTIONS[scenario.jurisdiction]


def rules_of_country(country: str) -> str:
    """The key of the rules that hold in a country (ISO 3166 code), `none` where none are loaded.

    >>> rules_of_country("GB"), rules_of_country("NO"), rules_of_country("JE")
    ('uk', 'eu', 'none')
    """
    return next((key for key, rules in JURISDICTIONS.items() if country in rules.countries), NONE.key)


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
    sets = [line for rules in JURISDICTIONS.values() if rules.rows for line in _jurisdiction_lines(rules)]
    return "\n".join([HEAD, *rows, *sets]) + "\n"


def _jurisdiction_lines(rules: Jurisdiction) -> Iterator[str]:
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
