"""Incidents of control rooms: three formats, one value; what is not said is unknown; hostile input ends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dfr.io.incidents.inbox import MOST_A_MINUTE, Arrival, FloodError, IncidentInbox
from dfr.io.incidents.reading import read_incident
from dfr.io.incidents.report import (
    MAX_BYTES,
    IncidentError,
    IncidentReport,
    IncidentStatus,
    match_grade,
    restore_report,
)

OWN: dict[str, Any] = {
    "agency": "Hampshire Police",
    "id": "HP-0421",
    "updated_at": "2026-06-19T14:03:12+01:00",
    "status": "open",
    "grade": "Immediate",
    "kind": "Missing person",
    "text": "Jane CANARY, last seen at the pier",
    "address": "South Parade Pier",
    "position": {"lat_deg": 50.7805, "lon_deg": -1.0755, "datum": "WGS84", "uncertainty_m": 30},
}

CIRCLE = """<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gml="http://www.opengis.net/gml"
 xmlns:gs="http://www.opengis.net/pidflo/1.0" xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">
<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>50.7805 -1.0755</gml:pos>
<gs:radius uom="urn:ogc:def:uom:EPSG::9001">30</gs:radius></gs:Circle>
<ca:civicAddress><ca:PC>PO4 0SP</ca:PC><ca:A3>Southsea</ca:A3><ca:RD>South Parade</ca:RD></ca:civicAddress>
</presence>"""

EIDO: dict[str, Any] = {
    "$id": "urn:emergency:uid:incidentid:a56e556d871:psap.example",
    "eidoVersion": "1.0",
    "lastUpdateTimeStamp": "2026-06-19T14:03:12+01:00",
    "issuingElementIdentification": "cad.hampshire.example",
    "incidentComponent": {
        "$id": "incident-1",
        "incidentTrackingIdentifier": "HP-0421",
        "incidentTypeCommonRegistryText": "Missing person",
        "incidentStatusCommonRegistryText": ["Active"],
        "incidentCommonPriorityNumber": 1,
        "locationReference": [{"$ref": "#loc-1"}],
    },
    "locationComponent": [{"$id": "loc-1", "locationByValue": CIRCLE}],
    "notesComponent": [{"$id": "note-1", "noteText": "last seen at the pier"}],
}

CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>HP-0421</identifier><sender>cad@hampshire.example</sender><sent>2026-06-19T14:03:12+01:00</sent>
<status>Actual</status><msgType>Alert</msgType><scope>Private</scope>
<info><category>Rescue</category><event>Missing person</event><urgency>Immediate</urgency>
<severity>Severe</severity><certainty>Likely</certainty><headline>Child missing</headline>
<area><areaDesc>South Parade Pier</areaDesc><circle>50.7805,-1.0755 0.03</circle></area></info></alert>"""


def own(**changes: object) -> IncidentReport:
    return read_incident(json.dumps({**OWN, **changes}).encode())


def eido(location: str | None = None, **changes: object) -> IncidentReport:
    document = json.loads(json.dumps(EIDO))
    document["incidentComponent"].update(changes)
    if location is not None:
        document["locationComponent"][0]["locationByValue"] = location
    return read_incident(json.dumps(document).encode())


def cap(old: str = "", new: str = "") -> IncidentReport:
    assert old in CAP
    return read_incident(CAP.replace(old, new).encode())


@pytest.mark.parametrize("report", [own(), eido(), cap()], ids=["own", "eido", "cap"])
def test_three_formats_tell_the_same(report: IncidentReport) -> None:
    assert report.id == "HP-0421"
    assert report.time == datetime(2026, 6, 19, 13, 3, 12, tzinfo=UTC)
    assert report.kind == "Missing person"
    assert report.status is IncidentStatus.OPEN
    assert report.place.position is not None
    assert (report.place.position.lat_deg, report.place.position.lon_deg) == pytest.approx((50.7805, -1.0755))
    assert report.place.uncertainty_m == pytest.approx(30.0)
    assert not report.exercise


def test_each_format_says_what_it_has() -> None:
    assert (own().grade, own().text) == ("Immediate", "Jane CANARY, last seen at the pier")
    assert (eido().agency, eido().grade) == ("cad.hampshire.example", "1")
    assert (eido().text, eido().address) == ("last seen at the pier", "Southsea, South Parade, PO4 0SP")
    assert (cap().agency, cap().grade) == ("cad@hampshire.example", "")
    assert cap().text == "Child missing; urgency Immediate; severity Severe; certainty Likely"


def test_a_grade_is_matched_by_name_and_never_guessed() -> None:
    assert match_grade(own(), ["priority", "immediate"]) == "immediate"
    assert match_grade(own(grade="P1"), ["priority", "immediate"]) is None
    assert match_grade(cap(), ["priority", "immediate"]) is None


def test_a_report_comes_back_from_what_a_log_keeps() -> None:
    for report in (own(), eido(), cap(), own(position=None)):
        assert restore_report(report.content(), report.personal()) == report
    assert "CANARY" not in json.dumps(own().content())
    assert "50.78" not in json.dumps(own().content())
    erased = restore_report(own().content(), {})
    assert (erased.place.position, erased.place.unknown) == (None, "erased")


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (None, "no position was sent"),
        ({"lat_deg": 0, "lon_deg": 0}, "stands for none"),
        ({"lat_deg": -101.0, "lon_deg": 50.0}, "are they swapped"),
        ({"lat_deg": 464321.0, "lon_deg": 98442.0}, "not on the globe"),
        ({"lat_deg": 50.0, "lon_deg": 1.0, "datum": "OSGB36"}, "in OSGB36, not WGS84"),
        ({"lat_deg": "50 N", "lon_deg": 1.0}, "not two numbers"),
        ({"lat_deg": True, "lon_deg": 1.0}, "not two numbers"),
        ({"lat_deg": 50.0}, "not two numbers"),
        ({"lat_deg": 50.0, "lon_deg": 1.0, "uncertainty_m": -1}, "no length"),
        ({"lat_deg": 50.0, "lon_deg": 1.0, "uncertainty_m": 90_000}, "uncertain by 90 km"),
        ("the pier", "no JSON object"),
        (1e400, "no JSON object"),
    ],
)
def test_a_position_that_is_none_is_unknown_and_says_why(position: object, why: str) -> None:
    data = json.dumps({**OWN, "position": position}).replace("Infinity", "1e400").encode()
    place = read_incident(data).place
    assert place.position is None
    assert why in place.unknown


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("EPSG::4326", "EPSG::27700", "the datum urn:ogc:def:crs:EPSG::27700, not WGS 84"),
        (' srsName="urn:ogc:def:crs:EPSG::4326"', "", "no datum"),
        ("EPSG::9001", "EPSG::9002", "no length"),
        ("50.7805 -1.0755", "NaN -1.0755", "not two numbers"),
        ("50.7805 -1.0755", "50.7805", "no pair of degrees"),
        ("gs:Circle", "gs:ArcBand", "an ArcBand, which dfr does not read"),
        ("gs:Circle", "gs:Nothing", "no coordinates"),
        ("</presence>", "", "not XML that can be used"),
        ("<presence", '<!DOCTYPE a [<!ENTITY b "c">]><presence', "entities are refused"),
    ],
)
def test_a_location_that_cannot_be_used_is_unknown_and_says_why(old: str, new: str, why: str) -> None:
    assert old in CIRCLE
    place = eido(CIRCLE.replace(old, new)).place
    assert place.position is None
    assert why.replace("an ArcBand", "a ArcBand") in place.unknown


def test_a_location_that_is_elsewhere_is_never_fetched() -> None:
    document = json.loads(json.dumps(EIDO))
    document["locationComponent"] = [{"$id": "loc-1", "locationByReferenceUrl": "http://127.0.0.1:1/secret"}]
    assert "does not ask" in read_incident(json.dumps(document).encode()).place.unknown
    assert "not in the message" in eido(locationReference=[{"$ref": "loc-9"}]).place.unknown
    assert "names no location" in eido(locationReference=None).place.unknown


def test_an_area_is_its_middle_and_as_uncertain_as_it_is_wide() -> None:
    ring = "50.78 -1.08 50.79 -1.08 50.79 -1.06 50.78 -1.06 50.78 -1.08"
    polygon = (
        '<gml:Polygon xmlns:gml="http://www.opengis.net/gml" srsName="urn:ogc:def:crs:EPSG::4326">'
        f"<gml:exterior><gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )
    pairs = ring.split()
    drawn = " ".join(f"{lat},{lon}" for lat, lon in zip(pairs[::2], pairs[1::2], strict=True))
    circle = "<circle>50.7805,-1.0755 0.03</circle>"
    for place in (eido(polygon).place, cap(circle, f"<polygon>{drawn}</polygon>").place):
        assert place.position is not None
        assert (place.position.lat_deg, place.position.lon_deg) == pytest.approx((50.785, -1.07))
        assert place.uncertainty_m == pytest.approx(898.0, abs=2.0)  # half the diagonal: 556 m by 705 m
    assert "several areas" in cap(circle, circle * 2).place.unknown
    assert "no circle and no polygon" in cap(circle, "<geocode/>").place.unknown


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["Active"], IncidentStatus.OPEN),
        (["Closed"], IncidentStatus.CLOSED),
        ("closed", IncidentStatus.CLOSED),
        (["Cancelled"], IncidentStatus.CANCELLED),
        (["Closed", "Reopened"], IncidentStatus.OPEN),
        ([], IncidentStatus.OPEN),
        ([{}], IncidentStatus.OPEN),
    ],
)
def test_an_incident_is_open_unless_every_word_says_otherwise(words: object, status: IncidentStatus) -> None:
    assert eido(incidentStatusCommonRegistryText=words).status is status


def test_what_is_no_real_alert_is_an_exercise_or_refused() -> None:
    assert cap(">Actual<", ">Exercise<").exercise
    assert cap(">Actual<", ">Test<").exercise
    for status in ("Draft", "System", "", "actual"):
        with pytest.raises(IncidentError, match="status"):
            cap(">Actual<", f">{status}<")
    for message in ("Ack", "Error", "Nothing"):
        with pytest.raises(IncidentError, match="type"):
            cap(">Alert<", f">{message}<")
    assert cap(">Alert<", ">Cancel<").status is IncidentStatus.CANCELLED


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[1, 2]",
    "deep JSON": b'{"position":' + b"[" * 100_000,
    "NaN": json.dumps(OWN).replace("50.7805", "NaN").encode(),
    "infinity": json.dumps(OWN).replace("50.7805", "-Infinity").encode(),
    "a key twice": json.dumps(OWN).replace('"id"', '"agency": "other", "id"').encode(),
    "a number of 5000 digits": json.dumps(OWN).replace("50.7805", "9" * 5000).encode(),
    "no agency": json.dumps({**OWN, "agency": " \u202e "}).encode(),
    "no id": json.dumps({**OWN, "id": None}).encode(),
    "a long id": json.dumps({**OWN, "id": "x" * 201}).encode(),
    "no time": json.dumps({**OWN, "updated_at": "yesterday"}).encode(),
    "no offset": json.dumps({**OWN, "updated_at": "2026-06-19T14:03:12"}).encode(),
    "no status": json.dumps({**OWN, "status": "maybe"}).encode(),
    "a word for an exercise": json.dumps({**OWN, "exercise": "no"}).encode(),
    "two incidents": json.dumps({**EIDO, "incidentComponent": [{}, {}]}).encode(),
    "no incident": json.dumps({**EIDO, "incidentComponent": "x"}).encode(),
    "a bomb of entities": CAP.replace("<alert", BOMB + "<alert").encode(),
    "an outer entity": CAP.replace("<alert", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><alert').encode(),
    "deep XML": b"<alert>" + b"<a>" * 20_000,
    "another namespace": CAP.replace("cap:1.2", "cap:1.1").encode(),
    "another element": b'<event xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
    "too long JSON": json.dumps({**OWN, "text": "x" * MAX_BYTES}).encode(),
    "too long XML": CAP.encode() + b" " * MAX_BYTES,
    "no text": b"\xff\xfe\x00\xd8",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_incident_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(IncidentError) as caught:
        read_incident(data)
    assert caught.value.do
    assert len(str(caught.value)) < 1000


def test_text_is_cut_and_cannot_hide_anything() -> None:
    report = own(text="a\x00b\u202ec\n\td" + "x" * 9000, kind="\ud800fire")
    assert report.text.startswith("abc dx")
    assert len(report.text) == 4000
    assert report.kind == "fire"


def read_incident_or_none(data: bytes) -> IncidentReport | None:
    """What a message says; None for one that is refused as it should be."""
    try:
        return read_incident(data)
    except IncidentError:
        return None


def usable(report: IncidentReport | None) -> bool:
    """Whether a log brings the report back, and its place is known or says why not."""
    if report is None:
        return True
    same = restore_report(report.content(), report.personal()) == report
    return same and (report.place.position is None) == bool(report.place.unknown)


@example(data=b"<\x00")
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_bytes_give_a_report_or_words(data: bytes) -> None:
    assert usable(read_incident_or_none(data))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*OWN, "$ref", "$id"]), inner)
    ),
    max_leaves=5,
)


@given(
    changes=st.dictionaries(st.sampled_from([*OWN, *EIDO]), VALUES, max_size=3),
    base=st.sampled_from([OWN, EIDO]),
)
def test_any_values_give_a_report_or_words(changes: dict[str, object], base: dict[str, object]) -> None:
    assert usable(read_incident_or_none(json.dumps({**base, **changes}).encode()))


@given(data=st.data())
def test_any_damage_to_an_alert_gives_a_report_or_words(data: st.DataObject) -> None:
    bytes_ = bytearray(CAP.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(bytes_) - 1))
        bytes_[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert usable(read_incident_or_none(bytes(bytes_)))


def test_a_message_again_is_no_second_call() -> None:
    inbox = IncidentInbox()
    assert inbox.receive(own(), now_s=0.0).arrival is Arrival.NEW
    assert inbox.receive(own(), now_s=1.0).arrival is Arrival.SAME
    later = own(updated_at="2026-06-19T14:10:00+01:00", grade="Priority")
    assert inbox.receive(later, now_s=2.0).arrival is Arrival.UPDATED
    late = inbox.receive(own(), now_s=3.0)
    assert (late.arrival, late.report.grade) == (Arrival.OLDER, "Priority")
    assert inbox.receive(own(agency="Fire"), now_s=4.0).arrival is Arrival.NEW
    assert len(inbox) == 2


def test_an_update_without_a_place_leaves_the_incident_where_it_was() -> None:
    inbox = IncidentInbox()
    inbox.receive(own(), now_s=0.0)
    update = own(updated_at="2026-06-19T14:10:00+01:00", position=None)
    found = inbox.receive(update, now_s=1.0)
    assert found.report.place == own().place
    assert inbox.receive(update, now_s=2.0).arrival is Arrival.SAME


def updated_alert(**changes: str) -> IncidentReport:
    names = "<references>cad@hampshire.example,HP-0421,2026-06-19T14:03:12+01:00</references><info>"
    text = (
        CAP.replace("<info>", names, 1)
        .replace(">HP-0421</id", ">HP-0422</id")
        .replace("14:03:12+01:00</sent", "14:09:00+01:00</sent")
    )
    for old, new in changes.items():
        text = text.replace(f">{old}<", f">{new}<")
    return read_incident(text.encode())


def test_an_alert_and_what_follows_it_up_are_one_incident_in_any_order() -> None:
    for first, second, arrival in (
        (cap(), updated_alert(Alert="Cancel"), Arrival.UPDATED),
        (updated_alert(Alert="Cancel"), cap(), Arrival.OLDER),
    ):
        inbox = IncidentInbox()
        inbox.receive(first, now_s=0.0)
        found = inbox.receive(second, now_s=1.0)
        assert (found.arrival, len(inbox)) == (arrival, 1)
        assert found.report.status is IncidentStatus.CANCELLED


def test_no_agency_speaks_for_another() -> None:
    inbox = IncidentInbox()
    inbox.receive(cap(), now_s=0.0)
    foreign = replace(updated_alert(Alert="Cancel"), agency="mallory@example")
    assert inbox.receive(foreign, now_s=1.0).arrival is Arrival.NEW
    assert inbox.reports[0].status is IncidentStatus.OPEN


def test_a_flood_is_refused_and_ends() -> None:
    inbox = IncidentInbox()
    for number in range(MOST_A_MINUTE):
        inbox.receive(own(id=f"HP-{number}"), now_s=number / 10.0)
    with pytest.raises(FloodError, match="more than 120 messages in a minute"):
        inbox.receive(own(id="one more"), now_s=20.0)
    assert inbox.receive(own(agency="Fire"), now_s=20.0).arrival is Arrival.NEW
    assert inbox.receive(own(id="one more"), now_s=61.0).arrival is Arrival.NEW


def test_a_flood_from_one_sender_is_refused_whatever_agencies_it_names() -> None:
    inbox = IncidentInbox()
    for number in range(MOST_A_MINUTE):
        inbox.receive(own(agency=f"agency {number}"), now_s=0.0, sender="Cad")
    with pytest.raises(FloodError, match="Cad: more than 120 messages in a minute"):
        inbox.receive(own(agency="Fire"), now_s=20.0, sender="Cad")
    assert inbox.receive(own(agency="Fire"), now_s=20.0, sender="Pia").arrival is Arrival.NEW


def test_a_restarted_process_knows_every_incident_again() -> None:
    inbox, again = IncidentInbox(), IncidentInbox()
    for report in (own(), cap(), updated_alert()):
        inbox.receive(report, now_s=0.0)
    again.restore(restore_report(each.content(), each.personal()) for each in (own(), cap(), updated_alert()))
    assert again.reports == inbox.reports
    assert again.receive(updated_alert(), now_s=0.0).arrival is Arrival.SAME
