"""An index of place names that a user loads: what it finds, and what it refuses."""

import pytest

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.place_names import PlaceNames, load_place_names

GEONAMES = (
    "2637487\tSouthsea\tSouthsea\t\t50.785\t-1.090\tP\tPPL\tGB\t\tENG\t\t\t\t20000\t\t4\tEurope/London\t2020-01-01\n"
    "2655984\tBéziers\tBeziers\t\t43.34\t3.22\tP\tPPL\tFR\t\t\t\t\t\t75000\t\t4\tEurope/Paris\t2020-01-01\n"
)


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "names.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_place_names(path)

    return load


def test_a_geonames_table_is_found_by_name_without_accents_and_case(load):
    names = load(GEONAMES)
    assert names.find_one("SOUTHSEA") == Position(lat_deg=50.785, lon_deg=-1.090)
    assert [place.country for place in names.search("beziers")] == ["FR"]


@pytest.mark.parametrize(
    "text",
    [
        "name,lat,lon\nCommon,50.78,-1.09\n",
        "Name;Latitude;Longitude\nCommon;50.78;-1.09\n",
        "id\tname\tlng\tlat\n1\tCommon\t-1.09\t50.78\n",
        b"\xef\xbb\xbfname,lat,lon\r\nCommon,50.78,-1.09\r\n\r\n",
    ],
)
def test_a_table_is_read_by_the_names_of_its_columns(load, text):
    assert load(text).find_one("common") == Position(lat_deg=50.78, lon_deg=-1.09)


def test_the_whole_name_comes_first_and_then_the_larger_place(load):
    names = load("name,lat,lon,population\nNewportish,1,1,9\nNewport,2,2,5\nNewport,3,3,100000\n")
    assert [place.population for place in names.search("newport")] == [100_000, 5, 9]


def test_of_several_places_of_a_name_none_is_chosen(load):
    names = load("name,lat,lon\nNewport,1,1\nNewport,2,2\n")
    with pytest.raises(InputError, match="2 places are called 'newport'"):
        names.find_one("newport")


def test_a_name_that_is_near_is_offered_and_nothing_is_found_for_nothing():
    names = PlaceNames([])
    assert names.search("  ") == []
    with pytest.raises(InputError, match="write coordinates"):
        names.find_one("here")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name,lat\nx,1\n",
        "name,lat,lon\nx,north,1\n",
        "name,lat,lon\nx,95,0\n",
        "name,lat,lon\n",
        "\0\0\0",
    ],
)
def test_a_file_that_is_no_index_is_refused_with_the_place(load, text):
    with pytest.raises(InputError, match=r"names\.txt.*->"):
        load(text)
