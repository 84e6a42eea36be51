"""The sets of rules that dfr knows, by country: `uk`, `eu`, `us`, and `none`.

Start from `jurisdiction_of`: a scenario names its set in `jurisdiction:`. Each set is a table in a module of
its own; `none` has no rows, and no plan under it is a go.
"""

from __future__ import annotations

from dfr.plan.jurisdictions.eu import EU
from dfr.plan.jurisdictions.model import Jurisdiction, Number
from dfr.plan.jurisdictions.uk import UK
from dfr.plan.jurisdictions.us import US
from dfr.scenario.model import Scenario

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
