"""The same site is read from every format; what cannot be used is told; hostile files are refused."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.geo import Position, Ring
from dfr.io.map_features import model
from dfr.io.map_features.files import read_feature_file, read_features
from dfr.io.map_features.model import FeatureFile, FeatureShape

SQUARE = [(-1.09, 50.78), (-1.08, 50.78), (-1.08, 50.79), (-1.09, 50.79), (-1.09, 50.78)]
CORNERS: Ring = tuple(Position(lat_deg=lat, lon_deg=lon) for lon, lat in SQUARE[:4])
POST = Position(lat_deg=50.785, lon_deg=-1.085)

KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<name>Site plan</name>
<Placemark><name>Licensed site</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{square}</coordinates>
</LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>Gate path</name>
<LineString><coordinates>-1.09,50.78,0 -1.085,50.785,0</coordinates></LineString>
</Placemark><Placemark><name>Post 1</name><Point><coordinates>-1.085,50.785</coordinates></Point></Placemark>
</Folder></Document></kml>""".format(square=" ".join(f"{lon},{lat},0" for lon, lat in SQUARE))

GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "Licensed site"},
                "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
            },
            {
                "type": "Feature",
                "properties": {"name": "Gate path"},
                "geometry": {"type": "LineString", "coordinates": [[-1.09, 50.78], [-1.085, 50.785]]},
            },
            {
                "type": "Feature",
                "properties": {"name": "Post 1"},
                "geometry": {"type": "Point", "coordinates": [-1.085, 50.785]},
            },
        ],
    }
)

GPX = (
    '<gpx xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="50.785" lon="-1.085"><name>Post 1</name></wpt>'
    '<rte><name>Gate path</name><rtept lat="50.78" lon="-1.09"/><rtept lat="50.785" lon="-1.085"/></rte>'
    "<trk><name>Licensed site</name><trkseg>{points}</trkseg></trk></gpx>"
).format(points="".join(f'<trkpt lat="{lat}" lon="{lon}"/>' for lon, lat in SQUARE))


def _zipped(**files: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def _by_name(file: FeatureFile) -> dict[str, tuple[FeatureShape, Ring]]:
    return {feature.name: (feature.shape, feature.points) for feature in file.features}


@pytest.mark.parametrize(
    "data",
    [KML.encode(), _zipped(doc__kml=KML), GEOJSON.encode(), GPX.encode()],
    ids=["kml", "kmz", "geojson", "gpx"],
)
def test_every_format_gives_the_same_features(data: bytes) -> None:
    file = read_features(data, name="site")
    assert _by_name(file) == {
        "Licensed site": (FeatureShape.AREA, CORNERS),
        "Gate path": (FeatureShape.LINE, (CORNERS[0], POST)),
        "Post 1": (FeatureShape.POINT, (POST,)),
    }
    assert file.problems == ()


def _write_shapefile(folder: Path, crs: str | None) -> Path:
    pyogrio = pytest.importorskip("pyogrio")
    from pyproj import Transformer

    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    shape = shapely.Polygon([to_grid.transform(lon, lat) for lon, lat in SQUARE])
    path = folder / "site.shp"
    pyogrio.raw.write(
        str(path),
        geometry=np.array([shapely.to_wkb(shape)], dtype=object),
        field_data=[np.array(["Licensed site"], dtype=object)],
        fields=["NAME"],
        geometry_type="Polygon",
        crs=crs,
    )
    return path


def test_a_shapefile_is_brought_to_wgs84_by_its_prj(tmp_path: Path) -> None:
    path = _write_shapefile(tmp_path, "EPSG:27700")
    parts = {f"site__{p.suffix[1:]}": p.read_bytes() for p in tmp_path.iterdir()}
    for file in (read_feature_file(path), read_features(_zipped(**parts), name="site.zip")):
        ((name, (shape, points)),) = _by_name(file).items()
        assert (name, shape) == ("Licensed site", FeatureShape.AREA)
        # 27700 and back, by the same PROJ: the corners return to a decimetre.
        assert {(round(p.lat_deg, 5), round(p.lon_deg, 5)) for p in points} == {
            (round(p.lat_deg, 5), round(p.lon_deg, 5)) for p in CORNERS
        }


def test_a_shapefile_without_prj_or_with_foreign_parts_is_refused(tmp_path: Path) -> None:
    path = _write_shapefile(tmp_path, "EPSG:27700")
    parts = {f"site__{p.suffix[1:]}": p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(InputError, match="no part of a shapefile"):
        read_features(_zipped(**parts, other__vrt="<OGRVRTDataSource/>"), name="site.zip")
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_features(_zipped(**{k: v for k, v in parts.items() if "prj" not in k}), name="site.zip")
    with pytest.raises(InputError, match="is one of several files -> zip"):
        read_features(path.read_bytes(), name="site.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"its \.prj file is missing"):
        read_feature_file(path)


def test_a_hole_becomes_an_area_of_its_own() -> None:
    hole = [[-1.086, 50.784], [-1.084, 50.784], [-1.084, 50.786], [-1.086, 50.784]]
    text = json.dumps({"type": "Polygon", "coordinates": [[list(pair) for pair in SQUARE], hole]})
    outer, inner = read_features(text.encode(), name="site").features
    assert (outer.hole_of, inner.hole_of) == (None, 0)
    assert inner.name == "area, hole 1"


@pytest.mark.parametrize(
    ("coordinates", "word"),
    [
        ([[-1.09, 50.78], [-1.08, 50.79], [-1.08, 50.78], [-1.09, 50.79], [-1.09, 50.78]], "cross or touch"),
        ([[50.78, -1.09], [50.78, -1.08], [50.79, -1.08], [50.78, -1.09]], None),
        ([[464320, 98440], [464420, 98440], [464420, 98540], [464320, 98440]], "are no degrees"),
        ([[-1.09, 120.0], [-1.08, 120.0], [-1.08, 120.1], [-1.09, 120.0]], "swapped"),
        ([[-1.09, 50.78], [-1.09, 50.78], [-1.09, 50.78]], "enclose nothing"),
        ([["a", 1], [2, 3], [4, 5], ["a", 1]], "are no positions"),
        ([], "has no outline|enclose nothing"),
    ],
)
def test_an_area_that_is_none_is_told_and_left_out(coordinates: list[object], word: str | None) -> None:
    text = json.dumps({"type": "Polygon", "coordinates": [coordinates] if coordinates else []})
    file = read_features(text.encode(), name="site")
    assert (word is None) == bool(file.features)
    if word is not None:
        assert any(part in file.problems[0] for part in word.split("|")), (
            file.problems
        )  # where it lies elsewhere on the globe, the page shows it far from the site


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "no features|entities"),
        (b'<?xml version="1.0"?><kml><!DOCTYPE a></kml>', "export it again"),
        (b"<kml><Placemark>", "export it again"),
        (b"<gpx><wpt></gpx>", "export it again"),
        (b"<html></html>", "no features in a format"),
        (b"plain text", "no features in a format"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no area, line or point"),
        (b'{"type":"Point","coordinates":[1,2],"crs":{"properties":{"name":"EPSG:27700"}}}', "not in WGS84"),
        (b"PK\3\4broken", "not a readable archive"),
        (_zipped(a__txt="x"), "no features in a format"),
        (_zipped(doc__kml=b"\0" * (40 * 1024 * 1024)), "unpacks to more than"),
    ],
)
def test_what_is_no_honest_file_is_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(InputError) as error:
        read_features(data, name="site")
    assert any(part in str(error.value) for part in word.split("|")), error.value


def test_links_out_of_a_kml_are_told_and_not_followed() -> None:
    text = "<kml><NetworkLink><name>More</name><Link><href>http://example.org/a.kml</href></Link></NetworkLink></kml>"
    assert read_features(text.encode(), name="site").problems == (
        "More: network links are not followed -> get that file too",
    )


def test_too_many_features_and_corners_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MAX_FEATURES", 2)
    with pytest.raises(InputError, match="more than 2 features"):
        read_features(KML.encode(), name="site")
    monkeypatch.setattr(model, "MAX_CORNERS", 3)
    text = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    assert "corners are over 3" in read_features(text.encode(), name="site").problems[0]


def test_names_are_text_without_control_characters() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    text = json.dumps({"type": "Feature", "properties": {"name": "a\u001b[31m\n b"}, "geometry": point})
    assert read_features(text.encode(), name="site").features[0].name == "a [31m b"


@given(
    st.binary(max_size=200),
    st.sampled_from([KML.encode(), GEOJSON.encode(), GPX.encode()]),
    st.integers(0, 400),
)
def test_damaged_files_are_read_or_refused_and_never_break(junk: bytes, whole: bytes, at: int) -> None:
    with contextlib.suppress(InputError):
        read_features(whole[:at] + junk + whole[at + len(junk) :], name="site")
