"""A dropped file is shown before it changes anything, and taken over as one edit that names what it needs."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from dfr.errors import InputError
from dfr.io.scenario_edit import apply_edit
from dfr.io.scenario_files import find_scenario, parse_scenario
from dfr.scenario.model import Scenario
from dfr.web import imports
from dfr.web.imports import ImportAs, Imports, TakeOver, free_name, possible_kinds, safe_label

FESTIVAL = find_scenario("victorious-2024")
TEXT = FESTIVAL.read_text("utf-8")

SITE_PLAN = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "Sector A <b>"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[-1.09, 50.78], [-1.089, 50.78], [-1.089, 50.781], [-1.09, 50.78]]],
                },
            },
            {
                "type": "Feature",
                "properties": {"name": "Post"},
                "geometry": {"type": "Point", "coordinates": [-1.09, 50.781]},
            },
        ],
    }
).encode()
CALLS = b"Date,Time,Where,Grade,Caller\n25/08/2023,15:17,Common Stage,Immediate,Jane CANARY\n"
OPENAIR = b"""AC R
AN EG R999 TEST
AL SFC
AH 2000ft AMSL
DP 50:40:00 N 001:10:00 W
DP 50:50:00 N 001:10:00 W
DP 50:50:00 N 001:00:00 W
"""
NOTAM = b"""H1234/24 NOTAMN
Q) EGTT/QRTCA/IV/BO/W/000/020/5047N00105W003
A) EGTT B) 2408230800 C) 2408252300
E) RESTRICTED AREA
"""
TAF = b"TAF EGHI 241000Z 2411/2414 20020G32KT 5000 RA=\n"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The festival."""
    return parse_scenario(TEXT.encode(), name="festival.yaml", folder=FESTIVAL.parent)


def _shown(data: bytes, name: str, scenario: Scenario, wanted: str = "") -> tuple[Imports, dict[str, object]]:
    found = Imports()
    return found, found.show(data, name, wanted, TEXT, scenario)


def _taken(
    data: bytes, name: str, scenario: Scenario, folder: Path, **answers: object
) -> tuple[TakeOver, dict[str, object]]:
    found, shown = _shown(data, name, scenario)
    document = {"id": shown["id"], "as": shown["as"], **answers}
    return found.take_over(document, TEXT, scenario, folder=folder), shown


def _edited(taken: TakeOver, folder: Path) -> Scenario:
    """The scenario after the edit, with the file beside it."""
    if taken.file is not None:
        (folder / taken.file.name).write_bytes(taken.file.data)
    return parse_scenario(apply_edit(TEXT, taken.edit).encode(), name="new.yaml", folder=folder)


def test_map_features_are_listed_with_the_roles_that_fit(scenario: Scenario, tmp_path: Path) -> None:
    taken, shown = _taken(SITE_PLAN, "plan.geojson", scenario, tmp_path, roles={"0": "zone"})
    assert shown["as"] is ImportAs.FEATURES
    listed = shown["features"]
    assert isinstance(listed, list)
    assert [(row["name"], row["shape"], row["proposed"]) for row in listed] == [
        ("Sector A <b>", "area", "zone"),
        ("Post", "point", "post"),
    ]
    assert _edited(taken, tmp_path).demand.zones[-1].name == "Sector A <b>"
    assert taken.file is None


def test_calls_show_their_columns_and_ask_what_is_missing(scenario: Scenario, tmp_path: Path) -> None:
    found, shown = _shown(CALLS, "calls.csv", scenario)
    assert shown["columns"][0] == {"name": "Date", "sample": "25/08/2023"}  # type: ignore[index]
    assert "in a demand zone" in str(shown["problem"])
    columns = {"date": "Date", "time": "Time", "zone": "Where", "grade": "Grade"}
    again = found.show_calls({"id": shown["id"], "columns": columns}, TEXT, scenario)
    assert again["problem"] == ""
    assert again["estimate"]["calls"] == 1
    document = {"id": shown["id"], "as": "calls", "columns": columns}
    taken = found.take_over(document, TEXT, scenario, folder=tmp_path)
    new = _edited(taken, tmp_path)
    assert new.demand.zones[0].share > 0.5
    assert "CANARY" not in apply_edit(TEXT, taken.edit)
    assert taken.file is None


def test_airspace_is_kept_beside_the_scenario_and_named_in_it(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of which date the data are is not known"):
        _taken(OPENAIR, "My Airspace.txt", scenario, tmp_path, source="AIP")
    with pytest.raises(InputError, match="nobody is named as the source"):
        _taken(OPENAIR, "My Airspace.txt", scenario, tmp_path, date="2024-08-01")
    taken, shown = _taken(OPENAIR, "My Airspace.txt", scenario, tmp_path, date="2024-08-01", source="AIP")
    assert shown["as"] is ImportAs.AIRSPACE
    assert "1 volume of airspace (openair), which reaches to the site" in shown["lines"]  # type: ignore[operator]
    named = _edited(taken, tmp_path).airspace
    assert Path(named[-1].path).name == "my-airspace.txt"
    assert named[-1].date == "2024-08-01"
    assert len(named) == len(scenario.airspace) + 1


def test_notams_need_a_reader(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody is named who has read the NOTAMs"):
        _taken(NOTAM, "briefing.txt", scenario, tmp_path, read_at="2024-08-23T07:00")
    taken, shown = _taken(
        NOTAM, "briefing.txt", scenario, tmp_path, read_by="PC 1234", read_at="2024-08-23T07:00"
    )
    assert shown["as"] is ImportAs.NOTAMS
    reading = _edited(taken, tmp_path).notams
    assert reading is not None
    assert (reading.read_by, reading.assumed) == ("PC 1234", False)
    assert [Path(file).name for file in reading.files] == ["briefing.txt"]


def test_weather_is_named_and_counts(scenario: Scenario, tmp_path: Path) -> None:
    taken, shown = _taken(TAF, "taf.txt", scenario, tmp_path)
    assert shown["as"] is ImportAs.WEATHER
    weather = _edited(taken, tmp_path).weather
    assert "TAF EGHI" in weather.reports
    assert [Path(file).name for file in weather.files] == ["taf.txt"]


def test_the_forecast_of_the_day_replaces_the_one_before(scenario: Scenario, tmp_path: Path) -> None:
    first, _ = _taken(TAF, "morning.txt", scenario, tmp_path)
    with_first, text = _edited(first, tmp_path), apply_edit(TEXT, first.edit)
    found = Imports()
    shown = found.show(TAF.replace(b"20020", b"21025"), "noon.txt", "", text, with_first)
    second = found.take_over({"id": shown["id"], "as": shown["as"]}, text, with_first, folder=tmp_path)
    assert second.file is not None
    (tmp_path / second.file.name).write_bytes(second.file.data)
    new = parse_scenario(apply_edit(text, second.edit).encode(), name="new.yaml", folder=tmp_path)
    assert [Path(file).name for file in new.weather.files] == ["noon.txt"]


def test_a_kept_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "festival.yaml").write_text("mine")
    assert free_name(tmp_path, "festival.yaml", b"theirs") == "festival-2.yaml"
    assert free_name(tmp_path, "festival.yaml", b"mine") == "festival.yaml"
    assert safe_label("..\\..\\a/../../../etc/passwd") == "passwd"
    assert safe_label("\0") == "deployment"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<kml></kml>", "a.kml", ImportAs.FEATURES),
        (b'<?xml version="1.0"?><message:AIXMBasicMessage/>', "a.xml", ImportAs.AIRSPACE),
        (b'{"hourly": {}}', "a.json", ImportAs.WEATHER),
        (b'{"type": "FeatureCollection"}', "a.json", ImportAs.FEATURES),
        (b'{"features": [{"geometry": [{"upperLimit": 120}]}]}', "zones.json", ImportAs.AIRSPACE),
        (b"METAR EGHI 241120Z 24010KT", "a.txt", ImportAs.WEATHER),
        (b"PK\3\4", "calls.xlsx", ImportAs.CALLS),
        (b"PK\3\4", "site.kmz", ImportAs.FEATURES),
        (b"when,grade\n", "a.csv", ImportAs.CALLS),
    ],
)
def test_a_file_is_recognised_by_its_content(data: bytes, name: str, kind: ImportAs) -> None:
    assert possible_kinds(data, name)[0] is kind


def test_a_file_can_be_taken_for_something_else(scenario: Scenario) -> None:
    assert _shown(SITE_PLAN, "a.json", scenario, wanted="airspace")[1]["as"] is ImportAs.AIRSPACE
    with pytest.raises(InputError, match="cannot be taken for 'music'"):
        _shown(SITE_PLAN, "a.json", scenario, wanted="music")


def test_only_the_last_files_wait(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_FILES", 1)
    found, first = _shown(SITE_PLAN, "a.json", scenario)
    found.show(CALLS, "calls.csv", "", TEXT, scenario)
    with pytest.raises(InputError, match="no longer here -> drop it again"):
        found.take_over({"id": first["id"], "as": "features"}, TEXT, scenario, folder=Path())


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ({}, "roles is missing"),
        ({"roles": {"0": "music"}}, "is no role"),
        ({"roles": {"-1": "zone"}}, "is no number"),
        ({"roles": {"0": "crowd"}, "people_per_m2": 99}, "people_per_m2"),
        ({"roles": {"0": "crowd"}, "people_per_m2": True}, "people_per_m2"),
    ],
)
def test_odd_answers_are_refused_in_words(
    scenario: Scenario, tmp_path: Path, answers: dict[str, object], word: str
) -> None:
    with pytest.raises(InputError, match=word):
        _taken(SITE_PLAN, "plan.geojson", scenario, tmp_path, **answers)


def _kmz_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"<kml>" + b" " * 40_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("empty.kml", b"", "is empty"),
        ("spaces.csv", b" \n" * 5_000_000, "is empty"),
        ("nothing.bin", b"\0" * 10_000_000, "neither text nor"),
        ("letters.txt", b"A" * 10_000_000, "not CSV"),
        ("deep.kml", b"<kml>" + b"<Folder>" * 50_000, "export it again"),
        ("deep.json", b"[" * 1_000_000, "not CSV"),
        ("bomb.kmz", _kmz_bomb(), "unpacks to more than"),
        ("no-number.geojson", b'{"type":"Point","coordinates":[NaN,1e999]}', "NaN is not a number"),
    ],
)
def test_a_file_made_to_do_harm_is_refused_in_words(
    scenario: Scenario, name: str, data: bytes, word: str
) -> None:
    with pytest.raises(InputError, match=word):
        _shown(data, name, scenario)
