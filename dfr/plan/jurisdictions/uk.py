"""The rules of the United Kingdom for a police force that flies its own drones, as of November 2026.

Police operations lie outside UK Reg (EU) 2019/947; by NPCC guidance they keep within it all the same. So most
rows bind by policy or by the authorisation that the force chose, and few by law.
"""

from __future__ import annotations

from dfr.findings import Basis
from dfr.geo import Position
from dfr.plan.jurisdictions import Binds, Jurisdiction, LocalNote, Number, RuleRow

CAA_POLICE = "caa.co.uk, Drone regulations for police forces"
NPCC = f"NPCC guidance: police UAS stay within extant regulation ({CAA_POLICE})"
PDRA = "UKPDRA01 (CAP 722H)"
SORA = "UK SORA, AMC1 to article 11 of UK Reg (EU) 2019/947"
LEGISLATION = "legislation.gov.uk"

_LAW = (
    RuleRow(
        checks=("flight-restriction-zone", "unmanned-aircraft-zone"),
        asks="No flight in the flight restriction zone of a protected aerodrome (ATZ, runway protection "
        "zones 5 km x 1 km, additional boundary zones, to 2,000 ft; published polygons win) without "
        "permission, at all hours: of ATC in its hours, else of the flight information unit, else of "
        "the aerodrome. MATZ and NOATZ are none.",
        basis=Basis.LAW,
        document="ANO 2016 articles 94A and 94B (S.I. 2019/261)",
        dated="2019-03-13",
        link=f"{LEGISLATION}, S.I. 2019/261",
        binds=Binds.LAW,
    ),
    RuleRow(
        asks="No flight over a space site without permission of its operator.",
        basis=Basis.LAW,
        document="ANO 2016 article 94BA (S.I. 2021/879)",
        dated="2021",
        link=f"{LEGISLATION}, S.I. 2021/879",
        binds=Binds.LAW,
    ),
    RuleRow(
        checks=("airspace-zone",),
        asks="No prohibited or restricted area is entered but as its own regulation allows; police "
        "exceptions of single regulations are not confirmed and clear nothing.",
        basis=Basis.LAW,
        document="ANO 2016 article 239 and the regulation of each area; UK AIP ENR 5",
        dated="2016",
        link=f"{LEGISLATION}, S.I. 2016/765",
        binds=Binds.LAW,
    ),
    RuleRow(
        checks=("temporary-restriction", "notams"),
        asks="No RA(T) or emergency restriction is entered without permission of whom it names. At a "
        "festival that may be the force itself: its reference is a clearance like any other. Times "
        "are in UTC.",
        basis=Basis.LAW,
        document="ANO 2016 article 239; NOTAM and AIC on the day",
        dated="2016",
        link="nats.aero/ais; S.I. 2024/450 is an example",
        binds=Binds.LAW,
    ),
    RuleRow(
        asks="Nobody recklessly or negligently endangers an aircraft (240), or lets an aircraft endanger "
        "any person or property (241).",
        basis=Basis.LAW,
        document="ANO 2016 articles 240 and 241",
        dated="2016",
        link=CAA_POLICE,
        binds=Binds.LAW,
    ),
)

_POLICY = (
    RuleRow(
        asks="Police operations lie outside UK Reg (EU) 2019/947; the offences that rest on it do not "
        "bind them.",
        basis=Basis.NPCC_POLICY,
        document="UK Reg (EU) 2018/1139 article 2; S.I. 2025/1284",
        dated="2026-01-01",
        link=CAA_POLICE,
        binds=Binds.NO,
    ),
    RuleRow(
        checks=("height-limit", "terrain-profile"),
        asks="No higher than 120 m (400 ft) above the surface.",
        basis=Basis.NPCC_POLICY,
        document=f"UAS.OPEN.010 of UK Reg (EU) 2019/947 by {NPCC}",
        dated="2020-12-31",
        link=CAA_POLICE,
        binds=Binds.POLICY,
    ),
    RuleRow(
        checks=("airspace-class",),
        asks="Class D and E ask no permission of a small drone in sight outside flight restriction zones "
        "since 2019; beyond sight, and in other classes, the authorisation has to cover the class.",
        basis=Basis.NPCC_POLICY,
        document="S.I. 2019/261 article 3 (ANO 2016 article 94(4) omitted); UK AIP ENR 2 as loaded",
        dated="2019-03-13",
        link=f"{LEGISLATION}, S.I. 2019/261",
        binds=Binds.POLICY,
    ),
    RuleRow(
        asks="Operator ID on every drone from 250 g, or 100 g with a camera; flyer ID of the pilot from "
        "100 g.",
        basis=Basis.NPCC_POLICY,
        document="UK Reg (EU) 2019/947 as amended by S.I. 2025/1106",
        dated="2026-01-01",
        link=f"{LEGISLATION}, S.I. 2025/1106",
        binds=Binds.POLICY,
    ),
    RuleRow(
        asks="Direct Remote ID on UK1, UK2, UK3, UK5 and UK6 since January 2026; on UK0, UK4 and legacy "
        "drones from January 2028.",
        basis=Basis.NPCC_POLICY,
        document="S.I. 2025/1106; CAA, Remote ID",
        dated="2026-01-01",
        link="caa.co.uk, Remote ID",
        binds=Binds.POLICY,
    ),
    RuleRow(
        asks="Class marks UK0 to UK6 since January 2026; EU C marks count until 31 December 2027.",
        basis=Basis.NPCC_POLICY,
        document="S.I. 2025/1106",
        dated="2026-01-01",
        link=f"{LEGISLATION}, S.I. 2025/1106",
        binds=Binds.POLICY,
    ),
    RuleRow(
        checks=("other-traffic",),
        asks="Flights are agreed with NPAS and the air ambulance where they may come: they fly low, "
        "unannounced.",
        basis=Basis.OPERATOR,
        document="de-confliction rules of the scenario; ASTM F3442 (to be confirmed): no UK police "
        "distance is published",
        dated="2026",
        link="operations manual of the force",
        binds=Binds.POLICY,
        confirmed=False,
    ),
)

_AUTHORISATION = (
    RuleRow(
        checks=("crew",),
        asks="While calls are expected a pilot and, in sight, a second safety pilot serve each drone.",
        basis=Basis.OA_CONDITION,
        document="the operator's authorisation; NPCC, Drones provide vital support at Victorious Festival",
        dated="2024",
        link="npcc.police.uk",
        binds=Binds.AUTHORISATION,
    ),
    RuleRow(
        checks=("crowd",),
        asks="No overflight of assemblies of people nor within 50 m of them, unless a clause says otherwise.",
        basis=Basis.OA_CONDITION,
        document=f"the operator's authorisation; {PDRA}",
        dated="2022-12",
        link="caa.co.uk, CAP 722H",
        binds=Binds.AUTHORISATION,
    ),
    RuleRow(
        checks=("visual-line-of-sight",),
        asks="The drone is seen so that its attitude can be judged (VLOS is no number), and no farther "
        "off than 500 m unless a clause says more.",
        basis=Basis.OA_CONDITION,
        document=f"the operator's authorisation; {PDRA}; GM1 to article 2(7) of UK Reg (EU) 2019/947",
        dated="2022-12",
        link="caa.co.uk, CAP 722H; regulatorylibrary.caa.co.uk",
        binds=Binds.AUTHORISATION,
    ),
    RuleRow(
        checks=("night",),
        asks="Flights in the dark need a clause; with a green flashing light.",
        basis=Basis.OA_CONDITION,
        document=f"the operator's authorisation; {PDRA}: day and night",
        dated="2022-12",
        link="caa.co.uk, CAP 722H",
        binds=Binds.AUTHORISATION,
    ),
    RuleRow(
        asks="Structures above 105 m may be overflown by 15 m within 50 m of them, unless a clause says "
        "less.",
        basis=Basis.OA_CONDITION,
        document=f"{PDRA}; structures below 150 m need no lights (ANO 2016 article 222)",
        dated="2022-12",
        link="caa.co.uk, CAP 722H",
        binds=Binds.AUTHORISATION,
    ),
    RuleRow(
        checks=("ground-risk", "contingency-volume"),
        asks="Ground risk by people per km², the drone's size and its speed (every column of the iGRC "
        "table); densities as CAP 3239C computes them, and an event's own: a census shows a festival "
        "field empty.",
        basis=Basis.OA_CONDITION,
        document=f"{SORA} (table to be confirmed); CAP 3239C",
        dated="2025-04-23",
        link="regulatorylibrary.caa.co.uk; caa.co.uk, CAP 3239C",
        binds=Binds.AUTHORISATION,
        confirmed=False,
    ),
)

UK = Jurisdiction(
    key="uk",
    name="United Kingdom",
    countries=("GB",),
    rows=(*_LAW, *_POLICY, *_AUTHORISATION),
    visual_range_m=Number(value=500.0, source=PDRA),
    crowd_stand_off_m=Number(value=50.0, source=PDRA),
    height_m_agl=Number(value=120.0, source=NPCC),
    class_in_sight=frozenset({"D", "E"}),
    courtesy_kinds=frozenset({"MATZ", "NOATZ"}),
    night="UK law counts night from half an hour after sunset to half an hour before sunrise",
    local_notes=(
        LocalNote(
            centre=Position(lat_deg=51.5, lon_deg=-0.12),
            radius_m=35_000.0,
            words="the helicopter routes of London (H2, H3, H4, H7, H9, H10) stand in no airspace file",
            fix="read them in the UK AIP (EGLL AD 2.22) and on the chart; police and ambulance fly lower "
            "still",
        ),
    ),
)
