"""Free text of a scenario is shown as it is written, and never read as markup, formula or script."""

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from ..cli.verbs import dfr


class Parts(HTMLParser):
    """The elements of a page, its attributes and its words, as a browser would take them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def made(hostile, tmp_path_factory):
    """The folder of a rehearsal of it, with its brief."""
    out = tmp_path_factory.mktemp("made") / "run"
    rehearse = ["rehearse", str(hostile), "--out", str(out), "--replications", "2", "--flights", "0"]
    brief = ["brief", str(out), "--out", str(out / "brief.html")]
    for verb in ([*rehearse, "--jobs", "1", "--pareto", "--n-minus-1"], brief):
        done = dfr(*verb)
        assert done.returncode in (0, 3), done.stderr
    return out


@pytest.mark.parametrize("page", ["report.html", "brief.html"])
def test_a_page_holds_no_element_of_the_scenario_s_making(made, page):
    parts = Parts((made / page).read_text())
    assert not parts.tags & {"script", "img", "iframe", "object", "embed", "base", "form", "link"}
    assert not {name for name in parts.attributes if name.startswith("on")}
    assert any("<script>alert(2)</script>" in words for words in parts.words), "the words themselves"


def test_pictures_are_well_formed_and_hold_no_script(made):
    pictures = [made / "map.svg", made / "front.svg"]
    for path in pictures:
        tags = {element.tag.rsplit("}", 1)[-1] for element in ET.parse(path).iter()}
        assert not tags & {"script", "img", "foreignObject", "a"}
