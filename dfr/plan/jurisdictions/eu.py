"""The core rules of the European Union and of the states that apply Regulation (EU) 2019/947 with it.

Norway, Iceland, Liechtenstein and Switzerland apply it too. It does not reach police: national law decides,
so the scenario has to answer for it: EASA's page on the opt-in of article 2(6) names police among the
activities of article 2(3)(a). The 120 m of UAS.OPEN.010 are quoted by its derogation for sailplanes,
in the consolidated text of 1 May 2025; what was not found is marked unconfirmed.
"""

from __future__ import annotations

from dfr.findings import Basis
from dfr.plan.jurisdictions import Binds, Jurisdiction, Number, OpenTopic, RuleRow

REGULATION = "Regulation (EU) 2019/947"
EUR_LEX = "eur-lex.europa.eu, CELEX 32019R0947"
NO_NUMBER = f"assumed; {REGULATION} gives no number"

_MEMBERS = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)
_ASSOCIATED = ("CH", "IS", "LI", "NO")

EU = Jurisdiction(
    key="eu",
    name="European Union and associated states",
    countries=(*_MEMBERS, *_ASSOCIATED),
    rows=(
        RuleRow(
            asks="Police flights lie outside the regulation unless the state opts in: its own law decides.",
            basis=Basis.LAW,
            document="Regulation (EU) 2018/1139 article 2(3)(a)",
            dated="2018-07-04",
            link="eur-lex.europa.eu, CELEX 32018R1139",
            binds=Binds.NO,
        ),
        RuleRow(
            checks=("flight-restriction-zone", "airspace-zone", "unmanned-aircraft-zone"),
            asks="UAS geographical zones bind as the state publishes them; no aerodrome zone is entered "
            "without permission.",
            basis=Basis.LAW,
            document=f"{REGULATION} article 15, and the zones of the state",
            dated="2019-05-24",
            link=EUR_LEX,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("temporary-restriction", "notams"),
            asks="No temporary restriction by NOTAM or geographical zone is entered without permission.",
            basis=Basis.LAW,
            document=f"{REGULATION} article 15; NOTAM on the day",
            dated="2019-05-24",
            link=EUR_LEX,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("airspace-class",),
            asks="Controlled airspace is entered with permission of air traffic control: each state says "
            "from where.",
            basis=Basis.LAW,
            document="national rules of the air and the AIP as loaded",
            dated="",
            link="AIP of the state",
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            checks=("height-limit", "terrain-profile"),
            asks="No higher than 120 m above the surface.",
            basis=Basis.LAW,
            document=f"{REGULATION} UAS.OPEN.010",
            dated="2019-05-24",
            link=EUR_LEX,
            binds=Binds.NO,
        ),
        RuleRow(
            checks=("crowd",),
            asks="No overflight of assemblies of people.",
            basis=Basis.LAW,
            document=f"{REGULATION} article 4 and UAS.OPEN.040",
            dated="2019-05-24",
            link=EUR_LEX,
            binds=Binds.NO,
            confirmed=False,
        ),
        RuleRow(
            checks=("visual-line-of-sight", "night"),
            asks="In sight unless the authorisation says otherwise; STS-01 is in sight, STS-02 up to 1 "
            "km, or 2 km with observers.",
            basis=Basis.OA_CONDITION,
            document=f"the operator's authorisation or declaration; {REGULATION} articles 4, 5 and 12",
            dated="2019-05-24",
            link=EUR_LEX,
            binds=Binds.AUTHORISATION,
        ),
        RuleRow(
            checks=("ground-risk", "contingency-volume"),
            asks="Ground and air risk by SORA 2.5 in the specific category.",
            basis=Basis.OA_CONDITION,
            document=f"AMC to {REGULATION} article 11, ED Decision 2025/018/R",
            dated="2025-09-29",
            link="easa.europa.eu, ED Decision 2025/018/R",
            binds=Binds.AUTHORISATION,
        ),
    ),
    visual_range_m=Number(value=500.0, source=NO_NUMBER),
    crowd_stand_off_m=Number(value=150.0, source=f"assumed as in {REGULATION} UAS.OPEN.040"),
    height_m_agl=Number(value=120.0, source=f"{REGULATION} UAS.OPEN.010"),
    open_topics=(
        OpenTopic(
            id="police-law",
            asks="under which national law the police of this state fly drones, and what it asks of them",
        ),
        OpenTopic(
            id="national-zones",
            asks="which temporary and permanent UAS geographical zones of this state apply, and who read "
            "them",
        ),
    ),
)
