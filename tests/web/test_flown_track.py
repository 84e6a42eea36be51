"""What a page says it has of flown tracks, and what it is sent beyond that."""

import pytest

from dfr.errors import InputError
from dfr.link.flown_track import FlownTrack
from dfr.web.flown_track import read_known, tracks_since


def test_what_a_page_knows_is_read_and_rubbish_refused():
    assert read_known("") == []
    assert read_known("1764523200:12,0:0") == [(1764523200, 12), (0, 0)]
    for rubbish in ("1", "a:b", "1:2:3", "1:21:2", "-1:2", "1:2,", "1:" + "9" * 20, "0:0" + ",0:0" * 300):
        with pytest.raises(InputError, match="FLIGHT:COUNT"):
            read_known(rubbish)


def test_each_track_is_sent_beyond_what_the_page_has_and_whole_where_it_has_none():
    tracks = [FlownTrack(), FlownTrack()]
    for track in tracks:
        for t_s in (0.0, 1.0, 2.0):
            track.note(t_s, (-1.09, 50.78), 10.0, armed=True)
    flight = tracks[0].since(0, 0)["flight"]
    known, unknown = tracks_since(tracks, f"{flight}:2")
    assert [point[0] for point in known["points"]] == [2.0]
    assert [point[0] for point in unknown["points"]] == [0.0, 1.0, 2.0]
