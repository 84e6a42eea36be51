"""What a source speaks of: its place, its heights, its time, and the kinds of data that it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.airspace_points import ManyPoints, PointState
from dfr.errors import AirspaceError
from dfr.geo import Position, Ring, VerticalDatum
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.scenario.air import ALL_KINDS, AirspaceFile, DataKind
from dfr.world.airspace import Airspace
from dfr.world.airspace_answers import AirspaceState
from dfr.world.coverage import Coverage
from dfr.world.hours import TimeInterval
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import FlatGround, Terrain, UnknownGround
from dfr.world.zones import SURFACE, UNLIMITED, Zone, vertical_limit

NOON = datetime(2024, 8, 24, 12, tzinfo=UTC)
SEA = FlatGround(height_m_amsl=0.0, source="test")
HERE = Position(lat_deg=50.0, lon_deg=-1.0)
CREWED = frozenset({DataKind.AIRSPACE, DataKind.AERODROME_ZONES})

AIRWAY = """AC A
AY AWY
AN AIRWAY
AL FL65
AH FL195
V X=50:00:00 N 001:00:00 W
DC 20
"""
ATZ = """AC G
AY ATZ
AN NOWHERE
AL SFC
AH 2000 ft
V X=50:00:00 N {minutes:03d}:00:00 W
DC 2.5
"""


def box(half_deg: float) -> Ring:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return tuple(
        Position(lat_deg=50 + half_deg * north, lon_deg=-1 + half_deg * east) for north, east in corners
    )


def cover(half_deg: float = 1.0, kinds: frozenset[DataKind] = ALL_KINDS, **more: object) -> Coverage:
    return Coverage(ring=box(half_deg), kinds=kinds, **more)  # type: ignore[arg-type]


def airspace(*coverage: Coverage, zones: tuple[Zone, ...] = ()) -> Airspace:
    return Airspace(zones=zones, coverage=coverage)


def load(tmp_path: Path, text: str, name: str = "air.txt", **words: object) -> Airspace:
    path = tmp_path / name
    path.write_text(text)
    return load_airspace([AirspaceFile(path=str(path), date="2024-08-24", source="t", **words)])  # type: ignore[arg-type]


def state(
    space: Airspace,
    height_m: float = 50.0,
    needs: frozenset[DataKind] = ALL_KINDS,
    terrain: Terrain = SEA,
    when: datetime = NOON,
) -> AirspaceState:
    """The answer at a point; the same of a small volume around it, and of many points at once."""
    at = space.at(HERE, height_m_agl=height_m, when=when, terrain=terrain, needs=needs).state
    ground = terrain.ground_m_amsl(HERE)
    (many,) = ManyPoints(space).states(
        HERE.lat_deg,
        HERE.lon_deg,
        height_m_agl=height_m,
        time_s=when.timestamp(),
        ground_m_amsl=ground,
        needs=needs,
    )
    assert AirspaceState[PointState(int(many)).name] is at
    volume = space.volume_conflicts(
        box(0.001),
        lower_m_agl=height_m,
        upper_m_agl=height_m,
        start=when,
        end=when,
        terrain=terrain,
        needs=needs,
    )
    assert volume.state is at
    return at


def test_an_airway_from_fl65_is_no_coverage_of_the_ground_below_it(tmp_path: Path) -> None:
    space = load(tmp_path, AIRWAY)
    assert state(space, 50.0, frozenset({DataKind.AIRSPACE})) is AirspaceState.NO_COVERAGE
    answer = space.at(HERE, height_m_agl=50.0, when=NOON, terrain=SEA)
    assert any("only its own zones count, between their limits" in reason for reason in answer.reasons)


def test_stated_coverage_holds_from_the_surface_up(tmp_path: Path) -> None:
    assert state(load(tmp_path, "* dfr-coverage: 49,-2 51,-2 51,0 49,0\n" + AIRWAY), 50.0, CREWED) is (
        AirspaceState.UNKNOWN
    ), "an airway file has no aerodrome zones"
    needs = frozenset({DataKind.AIRSPACE})
    space = load(tmp_path, "* dfr-coverage: 49,-2 51,-2 51,0 49,0\n" + AIRWAY)
    assert state(space, 50.0, needs) is AirspaceState.CLEAR


def test_a_crewed_aviation_file_never_clears_a_place_of_unmanned_aircraft_zones(tmp_path: Path) -> None:
    text = "* dfr-coverage: 49,-2 51,-2 51,0 49,0\n" + AIRWAY + ATZ.format(minutes=2)
    space = load(tmp_path, text)
    assert space.sources[0].kinds == CREWED
    assert state(space, 50.0, CREWED) is AirspaceState.CLEAR
    assert state(space) is AirspaceState.UNKNOWN
    answer = space.at(HERE, height_m_agl=50.0, when=NOON, terrain=SEA)
    missing = {found.kind for found in answer.covered if found.missing}
    assert missing == ALL_KINDS - CREWED
    assert any(reason.startswith("unmanned-aircraft zones: no loaded source") for reason in answer.reasons)


def test_an_aerodrome_zone_near_by_is_named_where_no_unmanned_zones_are_loaded(
    tmp_path: Path,
) -> None:
    near = "AC G\nAY ATZ\nAN NEAR FIELD\nAL SFC\nAH 2000 ft\nV X=50:00:00 N 001:10:00 W\nDC 2.5\n"
    space = load(tmp_path, "* dfr-coverage: 49,-2 51,-2 51,0 49,0\n" + near)
    answer = space.at(HERE, height_m_agl=50.0, when=NOON, terrain=SEA)
    assert answer.state is AirspaceState.UNKNOWN
    (words,) = (reason for reason in answer.reasons if "NEAR FIELD" in reason)
    assert "7.3 km away: its flight restriction zone may reach here" in words


def test_an_ed269_file_holds_unmanned_aircraft_zones_and_no_others() -> None:
    zone = (
        '{"identifier": "A1", "country": "CHE", "type": "COMMON", "restriction": "PROHIBITED",'
        ' "zoneAuthority": [], "applicability": [{"permanent": "YES"}], "geometry": [{"uomDimensions": "M",'
        ' "lowerLimit": 0,'
        ' "upperLimit": 120, "lowerVerticalReference": "AGL", "upperVerticalReference": "AGL",'
        ' "horizontalProjection": {"type": "Circle", "center": [-1.0, 50.0], "radius": 900}}]}'
    )
    read = read_airspace(f'{{"features": [{zone}]}}'.encode(), name="zones.json")
    assert read.held_kinds == {DataKind.UNMANNED_ZONES}


@pytest.mark.parametrize(
    ("lower", "upper", "height_m", "covered"),
    [
        (SURFACE, UNLIMITED, 50.0, True),
        (vertical_limit(30.0, VerticalDatum.AGL), UNLIMITED, 29.0, False),
        (vertical_limit(30.0, VerticalDatum.AGL), UNLIMITED, 30.0, True),
        (SURFACE, vertical_limit(100.0, VerticalDatum.AMSL), 100.0, True),
        (SURFACE, vertical_limit(100.0, VerticalDatum.AMSL), 101.0, False),
        (vertical_limit(65 * 30.48, VerticalDatum.FLIGHT_LEVEL), UNLIMITED, 50.0, False),
    ],
)
def test_coverage_ends_at_its_limits(lower, upper, height_m: float, covered: bool) -> None:
    expected = AirspaceState.CLEAR if covered else AirspaceState.NO_COVERAGE
    assert state(airspace(cover(lower=lower, upper=upper)), height_m) is expected


def test_a_limit_that_hangs_on_unknown_ground_covers_nothing() -> None:
    space = airspace(cover(upper=vertical_limit(300.0, VerticalDatum.AMSL)))
    assert state(space, 50.0) is AirspaceState.CLEAR
    assert state(space, 50.0, terrain=UnknownGround()) is AirspaceState.NO_COVERAGE


def test_coverage_ends_with_its_time() -> None:
    space = airspace(cover(within=TimeInterval(start=NOON, end=NOON + timedelta(hours=24))))
    assert state(space) is AirspaceState.CLEAR
    assert state(space, when=NOON + timedelta(hours=25)) is AirspaceState.NO_COVERAGE
    assert state(space, when=NOON - timedelta(hours=1)) is AirspaceState.NO_COVERAGE


def test_kinds_of_two_files_add_up_where_both_lie() -> None:
    wide = cover(1.0, CREWED)
    narrow = cover(0.0005, ALL_KINDS - CREWED)
    assert state(airspace(wide, cover(0.5, ALL_KINDS - CREWED))) is AirspaceState.CLEAR
    partly = airspace(wide, narrow).volume_conflicts(
        box(0.001), upper_m_agl=60.0, start=NOON, end=NOON, terrain=SEA
    )
    assert partly.state is AirspaceState.UNKNOWN
    assert partly.cover_of(DataKind.AIRSPACE).uncovered_share == 0.0
    assert partly.cover_of(DataKind.OBSTACLES).uncovered_share == pytest.approx(0.75, abs=0.01)


def test_two_files_side_by_side_cover_a_volume_across_their_edge() -> None:
    west = tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in ((49, -2), (51, -2), (51, -1), (49, -1)))
    east = tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in ((49, -1), (51, -1), (51, 0), (49, 0)))
    space = airspace(Coverage(ring=west, kinds=ALL_KINDS), Coverage(ring=east, kinds=ALL_KINDS))
    answer = space.volume_conflicts(box(0.001), upper_m_agl=60.0, start=NOON, end=NOON, terrain=SEA)
    assert answer.state is AirspaceState.CLEAR


def test_a_file_that_covers_a_place_without_the_kinds_needed_leaves_it_unknown(tmp_path: Path) -> None:
    text = "* dfr-coverage: 49,-2 51,-2 51,0 49,0\n" + AIRWAY.replace("AC A\nAY AWY", "AC UNC\nAY D")
    space = load(tmp_path, text)
    assert space.sources[0].kinds == frozenset()
    assert state(space) is AirspaceState.UNKNOWN


def test_a_conflict_is_said_whatever_is_covered() -> None:
    zone = Zone(name="Z", kind="P", lower=SURFACE, upper=UNLIMITED, area=area_of_circle(HERE, 900.0))
    assert state(airspace(zones=(zone,))) is AirspaceState.CONFLICT


def test_a_scenario_says_what_a_file_covers_that_does_not_say_it_itself(tmp_path: Path) -> None:
    needs = frozenset({DataKind.AIRSPACE})
    assert state(load(tmp_path, AIRWAY, covers=box(1.0)), 50.0, needs) is AirspaceState.CLEAR
    everything = ALL_KINDS - {DataKind.UNMANNED_ZONES, DataKind.OBSTACLES}
    stated = load(tmp_path, AIRWAY, covers=box(1.0), kinds=everything)
    assert state(stated, 50.0, everything) is AirspaceState.CLEAR


def test_a_file_without_a_zone_of_unmanned_aircraft_cannot_be_said_to_hold_them(tmp_path: Path) -> None:
    with pytest.raises(AirspaceError, match="is said to hold unmanned-aircraft zones, but has none"):
        load(tmp_path, AIRWAY, covers=box(1.0), kinds=ALL_KINDS)


def test_a_header_names_the_kinds_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    space = load(tmp_path, "* dfr-kinds: aerodrome zones\n" + AIRWAY)
    assert space.sources[0].kinds == {DataKind.AERODROME_ZONES}
    read = read_airspace(b"* dfr-kinds: airspaces\n" + AIRWAY.encode(), name="t")
    assert [problem.code for problem in read.problems] == ["bad-kinds"]


def test_points_at_once_agree_with_points_alone_where_kinds_and_heights_differ() -> None:
    space = airspace(
        cover(0.02, CREWED),
        cover(0.01, ALL_KINDS - CREWED, lower=vertical_limit(40.0, VerticalDatum.AGL)),
        zones=(Zone(name="Z", kind="P", lower=SURFACE, upper=UNLIMITED, area=area_of_circle(HERE, 300.0)),),
    )
    random = np.random.default_rng(7)
    lat, lon = 50.0 + random.uniform(-0.03, 0.03, 300), -1.0 + random.uniform(-0.03, 0.03, 300)
    height = random.choice([20.0, 60.0], 300)
    many = ManyPoints(space).states(lat, lon, height_m_agl=height, time_s=NOON.timestamp(), ground_m_amsl=0.0)
    for k in range(300):
        place = Position(lat_deg=float(lat[k]), lon_deg=float(lon[k]))
        alone = space.at(place, height_m_agl=float(height[k]), when=NOON, terrain=SEA)
        assert AirspaceState[PointState(int(many[k])).name] is alone.state
    assert len(set(many.tolist())) == 4
