"""Files given to a new scenario take the place of its placeholders, and say what they did."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.deployment_import import ImportFiles, import_files, site_of_boundary
from dfr.io.scenario_files import parse_scenario
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.scenario.features import FeatureKind
from dfr.scenario.model import OperationKind, Scenario

KML = """<kml><Document>
<Placemark><name>Licensed site</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
-1.100,50.778 -1.082,50.778 -1.082,50.788 -1.100,50.788 -1.100,50.778</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark>
<Folder><name>Crowds</name><Placemark><name>Arena</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
-1.092,50.781 -1.091,50.781 -1.091,50.782 -1.092,50.782 -1.092,50.781</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark></Folder>
<Folder><name>Docks</name><Placemark><name>Yard</name><Point><coordinates>-1.095,50.783</coordinates></Point>
</Placemark><Placemark><name>Car park</name><Point><coordinates>-1.086,50.784</coordinates></Point>
</Placemark>
</Folder></Document></kml>"""


@pytest.fixture
def plan(tmp_path: Path) -> str:
    """A site plan in one KML."""
    path = tmp_path / "site.kml"
    path.write_text(KML, "utf-8")
    return str(path)


def _calls(folder: Path) -> Path:
    """A log of a festival a year before, with names that must go nowhere."""
    rng = random.Random(4)
    rows = ["Date,Time,Lat,Lon,Grade,Caller,Notes"]
    for day, count in ((23, 18), (24, 28), (25, 26)):
        for _ in range(count):
            lat, lon = rng.choice([(50.7835, -1.0950), (50.7820, -1.0860)])
            lat, lon = lat + rng.gauss(0, 2e-4), lon + rng.gauss(0, 2e-4)
            grade = rng.choice(["Immediate", "Priority", "Priority"])
            clock = f"{rng.choice([14, 18, 20, 20, 21])}:{rng.randrange(60):02d}"
            place = f"{lat:.5f},{lon:.5f}"
            rows.append(f"{day}/08/2024,{clock},{place},{grade},Jane CANARY,her phone 07700 900123")
    path = folder / "calls.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


def _imported(files: ImportFiles, folder: Path) -> tuple[Scenario, str, str]:
    request = ScenarioRequest(
        name="new",
        site=Position(lat_deg=50.782, lon_deg=-1.089),
        first_day=date(2030, 6, 21),
        days=3,
        zone=ZoneInfo("Europe/London"),
        radius_m=600.0,
        docks=2,
        drone="dji-m3td",
        dock="dji-dock-2",
        operation=OperationKind.VLOS,
        ground_m_amsl=None,
    )
    text, notes = import_files(write_scenario_template(request), files, folder=folder)
    return parse_scenario(text.encode(), name="new.yaml", folder=folder), text, "\n".join(notes)


def test_a_site_plan_takes_the_place_of_the_placeholders(plan: str, tmp_path: Path) -> None:
    files = ImportFiles(
        features={
            FeatureKind.BOUNDARY: [f"{plan}#Licensed site"],
            FeatureKind.CROWD: [f"{plan}#crowds"],
            FeatureKind.SITE: [f"{plan}#Docks"],
        }
    )
    scenario, _, notes = _imported(files, tmp_path)
    assert len(scenario.site.boundary) == 4
    assert [crowd.name for crowd in scenario.site.crowds] == ["Arena"]
    assert [site.name for site in scenario.candidates] == ["Yard", "Car park"]
    assert scenario.unconfirmed == ("the areas of calls",)
    assert "took over 2 candidate sites from site.kml" in notes


def test_calls_of_last_year_become_zones_days_and_hours_and_nothing_personal_goes_along(
    plan: str, tmp_path: Path
) -> None:
    files = ImportFiles(features={FeatureKind.BOUNDARY: [f"{plan}#Licensed site"]}, calls=_calls(tmp_path))
    scenario, text, notes = _imported(files, tmp_path)
    # The new scenario's days are 21 to 23 June 2030, a Friday to a Sunday, as those of the log are.
    assert [day.calls for day in scenario.demand.days] == [18.0, 28.0, 26.0]
    assert scenario.demand.days[0].hour_weights[20] == max(scenario.demand.days[0].hour_weights)
    assert len(scenario.demand.zones) == 6
    assert all(zone.id.startswith("calls-") for zone in scenario.demand.zones)
    assert "read 72 calls of 2024-08-23 to 2024-08-25 in 72 rows of calls.csv" in notes
    assert "taken as dates: dmy, as they themselves show it" in notes
    assert "6 demand zones made of the calls" in notes
    for secret in ("CANARY", "07700", str(tmp_path)):
        assert secret not in text
        assert secret not in notes


def test_a_file_with_several_areas_asks_which_is_the_boundary(plan: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 areas could be the boundary: Licensed site, Arena -> name one"):
        _imported(ImportFiles(features={FeatureKind.BOUNDARY: [plan]}), tmp_path)
    with pytest.raises(InputError, match="no feature or folder is called 'Field' -> one of: Licensed site"):
        site_of_boundary(f"{plan}#Field")
    centre, radius_m = site_of_boundary(f"{plan}#Licensed site")
    assert (round(centre.lat_deg, 3), round(centre.lon_deg, 3)) == (50.783, pytest.approx(-1.091, abs=2e-3))
    # 1269 m by 1112 m: the sides in the south and north are 556 m away.
    assert radius_m == pytest.approx(556.0, abs=2.0)


def test_a_boundary_with_a_hole_is_not_taken_over_without_it(tmp_path: Path) -> None:
    outer = [[-1.1, 50.778], [-1.08, 50.778], [-1.08, 50.788], [-1.1, 50.788], [-1.1, 50.778]]
    inner = [[-1.09, 50.78], [-1.089, 50.78], [-1.089, 50.781], [-1.09, 50.78]]
    path = tmp_path / "site.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [outer, inner]}), "utf-8")
    with pytest.raises(InputError, match="the boundary has 1 hole, in which drones would fly"):
        _imported(ImportFiles(features={FeatureKind.BOUNDARY: [str(path)]}), tmp_path)
