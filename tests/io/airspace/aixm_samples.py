"""Small invented AIXM 5.1 documents in the words of the UK's dataset of unmanned-aircraft restrictions."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<message:AIXMBasicMessage xmlns:aixm="http://www.aixm.aero/schema/5.1" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:message="http://www.aixm.aero/schema/5.1/message" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" gml:id="m">
"""
SNAPSHOT_TIME = "<gml:TimeInstant><gml:timePosition>2026-09-03T00:00:00Z</gml:timePosition></gml:TimeInstant>"
TAIL = "</message:AIXMBasicMessage>\n"
LAT_LON = "urn:ogc:def:crs:EPSG::4326"


def document(*members: str) -> bytes:
    """A message with members."""
    body = "".join(f"<message:hasMember>{member}</message:hasMember>\n" for member in members)
    return (HEAD + body + TAIL).encode()


def limits(lower: str = "0 FT SFC", upper: str = "2000 FT SFC") -> str:
    """Limits such as `2000 FT SFC`; `nil` for one that is not stated."""
    words = ""
    for side, text in (("upper", upper), ("lower", lower)):
        if text == "nil":
            words += f'<aixm:{side}Limit xsi:nil="true"/><aixm:{side}LimitReference xsi:nil="true"/>'
            continue
        value, unit, reference = text.split()
        words += f'<aixm:{side}Limit uom="{unit}">{value}</aixm:{side}Limit>'
        words += f"<aixm:{side}LimitReference>{reference}</aixm:{side}LimitReference>"
    return words


def airspace(
    members: str,
    *,
    designator: str = "EGR9U901A",
    name: str = "NOWHERE",
    local_type: str = "FRZ",
    kind: str = "R",
    vertical: str = "",
    note: str = "FRZ Active H24.",
    valid: str = SNAPSHOT_TIME,
    form: str = "SNAPSHOT",
    numbers: str = "",
    identifier: str = "0001",
    srs: str = LAT_LON,
    interior: str = "",
    operation: str = "BASE",
) -> str:
    """One airspace of one volume; `members` are the curve members of its outer ring."""
    local = (
        f"<aixm:localType>{local_type}</aixm:localType>" if local_type else '<aixm:localType xsi:nil="true"/>'
    )
    inner = f"<gml:interior><gml:Ring>{interior}</gml:Ring></gml:interior>" if interior else ""
    return f"""<aixm:Airspace gml:id="a{identifier}"><gml:identifier>{identifier}</gml:identifier>
<aixm:timeSlice><aixm:AirspaceTimeSlice gml:id="t{identifier}"><gml:validTime>{valid}</gml:validTime>
<aixm:interpretation>{form}</aixm:interpretation>{numbers}<aixm:type>{kind}</aixm:type>
<aixm:designator>{designator}</aixm:designator>{local}<aixm:name>{name}</aixm:name>
<aixm:geometryComponent><aixm:AirspaceGeometryComponent><aixm:operation>{operation}</aixm:operation>
<aixm:theAirspaceVolume><aixm:AirspaceVolume>{vertical or limits()}
<aixm:horizontalProjection><aixm:Surface srsName="{srs}"><gml:patches><gml:PolygonPatch>
<gml:exterior><gml:Ring>{members}</gml:Ring></gml:exterior>{inner}
</gml:PolygonPatch></gml:patches></aixm:Surface></aixm:horizontalProjection>
<aixm:centreline xsi:nil="true"/></aixm:AirspaceVolume></aixm:theAirspaceVolume>
</aixm:AirspaceGeometryComponent></aixm:geometryComponent>
<aixm:annotation><aixm:Note><aixm:translatedNote><aixm:LinguisticNote><aixm:note lang="eng">{note}</aixm:note>
</aixm:LinguisticNote></aixm:translatedNote></aixm:Note></aixm:annotation>
</aixm:AirspaceTimeSlice></aixm:timeSlice></aixm:Airspace>"""


def curve(*segments: str) -> str:
    """A curve member of segments."""
    inner = "".join(segments)
    return f"<gml:curveMember><gml:Curve><gml:segments>{inner}</gml:segments></gml:Curve></gml:curveMember>"


def point(lat: float, lon: float, note: str = "") -> str:
    """A point with its position, latitude first."""
    words = (
        f"<aixm:annotation><aixm:Note><aixm:note>{note}</aixm:note></aixm:Note></aixm:annotation>"
        if note
        else ""
    )
    inner = f"<aixm:Point><gml:pos>{lat} {lon}</gml:pos>{words}</aixm:Point>"
    return f"<gml:pointProperty>{inner}</gml:pointProperty>"


def line(*places: tuple[float, float], note: str = "") -> str:
    """A geodesic through places."""
    return f"<gml:GeodesicString>{''.join(point(*place, note) for place in places)}</gml:GeodesicString>"


def arc(lat: float, lon: float, radius: str, start_deg: float, end_deg: float) -> str:
    """An arc about a centre; `radius` such as `2 [nmi_i]`."""
    value, unit = radius.split()
    return f"""<gml:ArcByCenterPoint numArc="1">{point(lat, lon)}<gml:radius uom="{unit}">{value}</gml:radius>
<gml:startAngle uom="deg">{start_deg}</gml:startAngle><gml:endAngle uom="deg">{end_deg}</gml:endAngle>
</gml:ArcByCenterPoint>"""


def full_circle(lat: float, lon: float, radius: str) -> str:
    """A circle about a centre."""
    value, unit = radius.split()
    radius_words = f'<gml:radius uom="{unit}">{value}</gml:radius>'
    return f'<gml:CircleByCenterPoint numArc="1">{point(lat, lon)}{radius_words}</gml:CircleByCenterPoint>'


def border(identifier: str, *places: tuple[float, float]) -> str:
    """A coast or river line."""
    return f"""<aixm:GeoBorder><gml:identifier>{identifier}</gml:identifier><aixm:timeSlice>
<aixm:GeoBorderTimeSlice><aixm:border><aixm:Curve><gml:segments>{line(*places)}</gml:segments></aixm:Curve>
</aixm:border></aixm:GeoBorderTimeSlice></aixm:timeSlice></aixm:GeoBorder>"""


def along(identifier: str) -> str:
    """A curve member that follows a border."""
    return f'<gml:curveMember xlink:href="urn:uuid:{identifier}"/>'
