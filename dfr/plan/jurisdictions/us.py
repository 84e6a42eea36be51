"""The core rules of the United States: Part 107, public aircraft, class airspace, facility maps, TFRs.

The text of 107.31 and 107.33 was read in the printed CFR (faraim.org), that of 107.41 and 107.51(b) as quoted
word for word by several publishers; what was not read is marked unconfirmed.
"""

from __future__ import annotations

from dfr.findings import Basis
from dfr.plan.jurisdictions import Binds, Jurisdiction, Number, OpenTopic, RuleRow

ECFR = "ecfr.gov, title 14 part 107"

US = Jurisdiction(
    key="us",
    name="United States",
    countries=("US",),
    rows=(
        RuleRow(
            checks=("authorisation",),
            asks="An agency flies under Part 107 with a remote pilot certificate, or as public aircraft "
            "under a certificate of waiver or authorization (COA).",
            basis=Basis.LAW,
            document="14 CFR part 107; 49 USC 40102(a)(41) and 40125",
            dated="2016-08-29",
            link=f"{ECFR}; faa.gov/uas/public_operations",
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("airspace-class", "flight-restriction-zone"),
            asks="No flight in class B, C or D airspace, nor in the surface area of class E about an "
            "airport, without authorization of air traffic control.",
            basis=Basis.LAW,
            document="14 CFR 107.41",
            dated="2016-08-29",
            link=ECFR,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("unmanned-aircraft-zone",),
            asks="A UAS facility map says up to what height an authorization is given quickly: it permits "
            "nothing, and 0 does not mean forbidden.",
            basis=Basis.LAW,
            document="14 CFR 107.41; FAA UAS facility maps; 14 CFR 99.7",
            dated="2017",
            link="udds-faa.opendata.arcgis.com",
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            checks=("airspace-zone",),
            asks="No prohibited or restricted area without permission of the using or controlling agency.",
            basis=Basis.LAW,
            document="14 CFR 107.45",
            dated="2016-08-29",
            link=ECFR,
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            checks=("temporary-restriction", "notams"),
            asks="No temporary flight restriction (TFR) is entered without permission; stadiums of 30,000 "
            "seats by their games, 3 NM and 3,000 ft.",
            basis=Basis.LAW,
            document="14 CFR 107.47, 91.137, 91.141, 91.145, 99.7; NOTAM on the day",
            dated="2016-08-29",
            link="tfr.faa.gov",
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            checks=("height-limit", "terrain-profile"),
            asks="No higher than 400 ft above the ground, or above a structure within 400 ft of it.",
            basis=Basis.LAW,
            document="14 CFR 107.51(b)",
            dated="2016-08-29",
            link=ECFR,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("crowd",),
            asks="No operation over a human being who takes no part in it, but in the categories of "
            "subpart D.",
            basis=Basis.LAW,
            document="14 CFR 107.39",
            dated="2021-01-15",
            link=ECFR,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("visual-line-of-sight",),
            asks="The pilot, or a visual observer, sees the drone's place, attitude and direction "
            "throughout.",
            basis=Basis.LAW,
            document="14 CFR 107.31 and 107.33",
            dated="2016-08-29",
            link=ECFR,
            binds=Binds.LAW,
        ),
        RuleRow(
            checks=("night",),
            asks="At night an anti-collision light seen for 3 statute miles, and a pilot trained for it.",
            basis=Basis.LAW,
            document="14 CFR 107.29",
            dated="2021-01-15",
            link=ECFR,
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            asks="Remote ID of the drone (standard or module).",
            basis=Basis.LAW,
            document="14 CFR part 89",
            dated="2023-09-16",
            link="ecfr.gov, title 14 part 89",
            binds=Binds.LAW,
            confirmed=False,
        ),
        RuleRow(
            asks="Flights beyond sight by rule: a proposal, in force nowhere that could be confirmed.",
            basis=Basis.LAW,
            document="Part 108, notice of proposed rulemaking 90 FR 38212",
            dated="2025-08-07",
            link="federalregister.gov, 90 FR 38212",
            binds=Binds.NO,
        ),
    ),
    visual_range_m=Number(value=500.0, source="assumed; 14 CFR 107.31 gives no number"),
    crowd_stand_off_m=Number(value=50.0, source="assumed; 14 CFR 107.39 gives no number"),
    height_m_agl=Number(value=120.0, source="14 CFR 107.51(b): 400 ft, rounded down"),
    open_topics=(
        OpenTopic(
            id="public-aircraft",
            asks="whether the agency flies under Part 107 or as public aircraft, and under which "
            "certificate or COA",
        ),
        OpenTopic(
            id="state-law",
            asks="what the law of the state and the agency's policy ask of police drones",
        ),
    ),
)
