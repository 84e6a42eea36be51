"""A picture of the site: where a GeoTIFF lies, corners pinned by hand, and pictures made to do harm."""

import io
import json

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from PIL import Image, TiffImagePlugin

from dfr.errors import InputError
from dfr.io.site_photo import read_geotiff_photo, read_pinned_photo, remove_photo, save_photo, site_photo

CORNERS = [[10.74, 59.92], [10.75, 59.92], [10.75, 59.91], [10.74, 59.91]]


def geotiff(*, epsg=25832, west=597_000.0, north=6_643_000.0, step=0.5, size=(40, 30), scale=True):
    """An orthophoto in UTM 32N, as a surveyor hands it over; its upper left quarter is red."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = (255, 0, 0)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if scale:
        tags[33550] = (step, step, 0.0)
        tags.tagtype[33550] = 12
    tags[33922] = (0.0, 0.0, 0.0, west, north, 0.0)
    tags.tagtype[33922] = 12
    key = 2048 if epsg == 4326 else 3072
    tags[34735] = (1, 1, 0, 1, key, 0, 1, epsg)
    tags.tagtype[34735] = 3
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="TIFF", tiffinfo=tags)
    return out.getvalue()


def picture(kind="PNG", size=(20, 10)):
    out = io.BytesIO()
    Image.new("RGB", size, (10, 20, 30)).save(out, format=kind)
    return out.getvalue()


def test_a_geotiff_lies_where_its_tags_say():
    """On the central meridian of UTM the northing is 0.9996 of the way from the equator (geographiclib)."""
    north_m = 0.9996 * Geodesic.WGS84.Inverse(0.0, 9.0, 59.9, 9.0)["s12"]
    found = read_geotiff_photo(geotiff(west=500_000.0, north=north_m), name="ortho.tif")
    (west, north), _, (east, south), _ = found.corners
    assert (west, north) == pytest.approx((9.0, 59.9), abs=1e-7)
    assert 20 * 0.9 < (east - west) * 111_320 * np.cos(np.radians(59.9)) < 20 * 1.1
    assert 15 * 0.9 < (north - south) * 111_320 < 15 * 1.1
    drawn = np.asarray(Image.open(io.BytesIO(found.data)))
    assert drawn[3, 3, 0] > 200, "north is up"
    assert drawn[-3, -3, 0] < 50


def test_degrees_are_taken_as_they_are():
    found = read_geotiff_photo(geotiff(epsg=4326, west=10.0, north=59.0, step=1e-5), name="ortho.tif")
    assert found.corners[0] == pytest.approx((10.0, 59.0))
    assert found.corners[2] == pytest.approx((10.0004, 58.9997))


def test_a_picture_too_bent_for_its_corners_is_refused():
    with pytest.raises(InputError, match="off in its middle"):
        read_geotiff_photo(geotiff(step=2000.0), name="ortho.tif")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a readable picture"),
        (b"II*\0rubbish", "not a readable picture"),
        (geotiff(scale=False), "not a north-up GeoTIFF"),
        (geotiff(epsg=9), "EPSG code is missing or unknown"),
        (picture(), "not a readable picture"),
    ],
)
def test_what_is_no_orthophoto_is_refused_with_words(data, words):
    with pytest.raises(InputError, match=words):
        read_geotiff_photo(data, name="ortho.tif")


def test_a_picture_cut_short_or_of_too_many_pixels_is_refused():
    with pytest.raises(InputError, match="not a readable picture"):
        read_pinned_photo(picture(size=(300, 300))[:200], CORNERS, name="x.png")
    bomb = bytearray(picture())
    bomb[16:24] = (2**16 - 1).to_bytes(4, "big") * 2
    with pytest.raises(InputError, match=r"x\.png"):
        read_pinned_photo(bytes(bomb), CORNERS, name="x.png")


@pytest.mark.parametrize("corners", [None, [], CORNERS[:3], [[1, 2, 3]] * 4, [["a", 1]] * 4, [[200, 1]] * 4])
def test_a_picture_without_four_corners_is_not_drawn(corners):
    with pytest.raises(InputError, match="four corners"):
        read_pinned_photo(picture(), corners, name="x.png")


def test_a_picture_is_kept_beside_its_scenario_in_place_of_the_one_before(tmp_path):
    scenario = tmp_path / "mine.yaml"
    assert site_photo(scenario) is None
    save_photo(scenario, picture("JPEG"), CORNERS)
    assert site_photo(scenario).corners[0] == tuple(CORNERS[0])
    assert json.loads((tmp_path / "mine.photo.json").read_text())["corners"] == CORNERS
    save_photo(scenario, geotiff())
    assert [path.name for path in tmp_path.glob("mine.photo.*")] == ["mine.photo.tif"]
    with pytest.raises(InputError):
        save_photo(scenario, b"no picture")
    assert site_photo(scenario).media == "image/jpeg", "the one before is still there"


def test_a_picture_that_replaces_a_pinned_one_lies_where_its_own_corners_say(tmp_path):
    scenario = tmp_path / "fete.yaml"
    moved = [[lon + 0.1, lat] for lon, lat in CORNERS]
    save_photo(scenario, picture("JPEG"), CORNERS)
    save_photo(scenario, picture("PNG"), moved)
    assert [list(corner) for corner in site_photo(scenario).corners] == moved
    save_photo(scenario, picture("PNG", size=(30, 30)), CORNERS)
    assert [list(corner) for corner in site_photo(scenario).corners] == CORNERS
    save_photo(scenario, geotiff())
    assert [path.name for path in tmp_path.iterdir()] == ["fete.photo.tif"]
    remove_photo(scenario)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 9000, '{"corners": {"lon": 1}}'])
def test_corners_that_somebody_broke_are_told_in_words(tmp_path, text):
    scenario = tmp_path / "fete.yaml"
    save_photo(scenario, picture(), CORNERS)
    (tmp_path / "fete.photo.json").write_text(text)
    with pytest.raises(InputError, match="no four corners"):
        site_photo(scenario)
