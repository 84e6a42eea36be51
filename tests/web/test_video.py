"""Where the pictures of drones are asked for: addresses from a template, and a page opened to one origin."""

import pytest

from dfr.errors import InputError
from dfr.web.guard import policy_with
from dfr.web.video import Camera, VideoKind, read_video

ROOF = Camera(drone="roof east/2", dock="roof east", number=2, vehicle=5)


@pytest.mark.parametrize(
    ("template", "kind", "address"),
    [
        ("http://gw:8889/{call_sign}/whep", VideoKind.WHEP, "http://gw:8889/roof%20east-2/whep"),
        ("whep:https://gw/api/webrtc?src=cam{vehicle}", VideoKind.WHEP, "https://gw/api/webrtc?src=cam5"),
        ("iframe:http://10.0.0.9:1984/stream.html?src={dock}_{number}", VideoKind.IFRAME,
         "http://10.0.0.9:1984/stream.html?src=roof%20east_2"),
        ("http://[::1]:8889/one/whep", VideoKind.WHEP, "http://[::1]:8889/one/whep"),
    ],
)  # fmt: skip
def test_a_template_gives_each_drone_its_address(template, kind, address):
    gateway = read_video(template)
    assert (gateway.kind, gateway.address_of(ROOF)) == (kind, address)


def test_a_name_cannot_lead_to_another_place_of_the_gateway():
    sly = Camera(drone="../admin?x=/1", dock="a/../b#", number=1, vehicle=1)
    assert read_video("http://gw/{dock}/whep").address_of(sly) == "http://gw/a%2F..%2Fb%23/whep"
    assert read_video("http://gw/{call_sign}/whep").address_of(sly) == "http://gw/..-admin%3Fx%3D-1/whep"


@pytest.mark.parametrize(
    ("template", "opened"),
    [
        ("http://gw:8889/{dock}/whep", {"connect-src": "'self' http://gw:8889"}),
        ("iframe:https://gw/{dock}", {"frame-src": "https://gw"}),
    ],
)
def test_the_page_is_opened_to_the_gateways_origin_for_its_one_purpose(template, opened):
    closed = dict(part.split(" ", 1) for part in policy_with({}).split("; "))
    policy = dict(part.split(" ", 1) for part in policy_with(read_video(template).opened).split("; "))
    assert {kind: sources for kind, sources in policy.items() if sources != closed.get(kind)} == opened


@pytest.mark.parametrize(
    "template",
    [
        "",
        "gateway",
        "rtsp://gw:8554/{dock}",
        "ftp://gw/{dock}",
        "javascript:alert(1)",
        "javascript://gw/%0aalert({dock})",
        "iframe:javascript:alert(1)",
        "data:text/html,hello",
        "file:///etc/passwd",
        "http:///{dock}",
        "http://{dock}:8889/whep",
        "http://gw:{number}/whep",
        "http://gw:0/{dock}",
        "http://gw:99999/{dock}",
        "http://user:secret@gw/{dock}",
        "http://gw;script-src/{dock}",
        "http://gw'unsafe-inline'/{dock}",
        "http://gw *.evil.test/{dock}",
        "http://gw/{dock}\nx",
        "http://[::1/{dock}",
        "http://gw/{drone_name}",
        "http://gw/{}",
        "http://gw/{dock",
        "http://gw/{dock.__class__}",
        "http://gw/{dock!r}",
    ],
)
def test_what_is_no_address_of_one_server_is_refused_with_what_to_write(template):
    with pytest.raises(InputError, match=r"--video.* -> "):
        read_video(template)
