"""The track of a flight is kept on the server whole, and told to each page from where it is."""

from dfr.link import flown_track
from dfr.link.flown_track import FlownTrack

HERE = (-1.09, 50.78)


def fly(track, seconds, *, begin_s=0.0, armed=True):
    for second in range(seconds):
        track.note(begin_s + second, HERE, 10.0 + second, armed=armed)


def test_a_page_gets_the_whole_flight_once_and_then_what_is_new():
    track = FlownTrack()
    fly(track, 5)
    first = track.since(0, 0)
    assert [point[0] for point in first["points"]] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert first["points"][0] == [0.0, *HERE, 10.0]
    fly(track, 2, begin_s=5.0)
    later = track.since(first["flight"], 5)
    assert (later["from"], [point[0] for point in later["points"]]) == (5, [5.0, 6.0])
    assert track.since(first["flight"], 7)["points"] == []


def test_a_point_a_second_of_the_vehicle_is_kept_and_none_on_the_ground():
    track = FlownTrack()
    for tenth in range(30):
        track.note(tenth / 10.0, HERE, 0.0, armed=tenth >= 10)
    assert [point[0] for point in track.since(0, 0)["points"]] == [1.0, 2.0]


def test_a_new_flight_begins_when_it_is_armed_again_and_the_last_stays_until_then():
    track = FlownTrack()
    fly(track, 4)
    track.note(4.0, HERE, 0.0, armed=False)
    landed = track.since(0, 0)
    assert len(landed["points"]) == 4
    fly(track, 2, begin_s=60.0)
    again = track.since(landed["flight"], 4)
    assert again["flight"] != landed["flight"]
    assert (again["from"], len(again["points"])) == (0, 2)


def test_a_vehicle_that_was_started_anew_in_the_air_begins_a_flight():
    track = FlownTrack()
    fly(track, 9, begin_s=100.0)
    fly(track, 3)
    assert [point[0] for point in track.since(0, 0)["points"]] == [0.0, 1.0, 2.0]


def test_a_message_that_another_has_overtaken_begins_no_flight():
    track = FlownTrack()
    fly(track, 5)
    track.note(3.9, HERE, 0.0, armed=True)
    fly(track, 1, begin_s=5.0)
    assert [point[0] for point in track.since(0, 0)["points"]] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_of_a_flight_without_end_the_oldest_points_go(monkeypatch):
    monkeypatch.setattr(flown_track, "MOST_POINTS", 5)
    track = FlownTrack()
    fly(track, 8)
    told = track.since(0, 0)
    assert (told["from"], [point[0] for point in told["points"]]) == (3, [3.0, 4.0, 5.0, 6.0, 7.0])
    assert [p[0] for p in track.since(told["flight"], 7)["points"]] == [7.0]
