"""Edits of a scenario file that keep every other byte as its author wrote it: comments, order, layout."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from dfr.errors import InputError
from dfr.geo import Position, Ring
from dfr.io.yaml_reader import LOADER, read_yaml
from dfr.scenario.model import SiteUse

DIGITS = 6
"""Degrees are written to about 0.1 m."""

NOTHING_HELD = frozenset({"", "none", "no", "n/a", "tbc", "tbd", "to be confirmed", "applied for", "pending"})
"""Texts that say that no document is held."""

Step = str | int


def move_site(data: bytes, site_id: str, position: Position) -> bytes:
    """The file with a candidate site elsewhere. Raises InputError where it has no such site."""
    text, root = _compose_nodes(data)
    site = _find_site(root, site_id)
    new = {"lat_deg": position.lat_deg, "lon_deg": position.lon_deg}
    spans = [(*_scalar_span(_node_at(site, (key,))), _format_degrees(value)) for key, value in new.items()]
    return _splice_text(text, spans)


def set_site_use(data: bytes, site_id: str, use: SiteUse) -> bytes:
    """The file with another `use` of a candidate site. Raises InputError where it has no such site."""
    text, root = _compose_nodes(data)
    site = _find_site(root, site_id)
    if any(_scalar_text(key) == "use" for key, _ in site.value):
        return _splice_text(text, [(*_scalar_span(_node_at(site, ("use",))), use.value)])
    # Before the last key, so that a comment at the end of a line stays with its line.
    start = site.value[-1][0].start_mark
    joint = ", " if site.flow_style else "\n" + " " * start.column
    return _splice_text(text, [(start.index, start.index, f"use: {use.value}{joint}")])


def set_dock_count(data: bytes, docks: int) -> bytes:
    """The file with so many docks to place."""
    text, root = _compose_nodes(data)
    return _splice_text(text, [(*_scalar_span(_node_at(root, ("fleet", "docks"))), str(docks))])


def redraw_boundary(data: bytes, ring: Ring) -> bytes:
    """The file with another keep-in boundary. Raises InputError where it has none to replace."""
    text, root = _compose_nodes(data)
    node = _node_at(root, ("site", "boundary"))
    if isinstance(node, yaml.MappingNode):
        node = _node_at(node, ("ring",))
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise InputError("site.boundary.ring is not a list of corners", do="write it as one")
    indent = " " * node.start_mark.column
    corners = [f"[{_format_degrees(corner.lat_deg)}, {_format_degrees(corner.lon_deg)}]" for corner in ring]
    if node.flow_style:
        new, end = "[" + f",\n{indent} ".join(corners) + "]", node.end_mark.index
    else:
        # A block's own end mark lies after the comments that follow it; its last leaf's does not.
        new, end = f"\n{indent}".join(f"- {corner}" for corner in corners), _leaf_end(node)
    return _splice_text(text, [(node.start_mark.index, end, new)])


def update_old_form(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """(The file in the form of now, what was changed): only where nothing has to be guessed.

    `exempt: false` of a restriction is taken out: permissions stand under `clearances`, and none was claimed.
    A text as `operation.authorisation` says that nothing is held where it names no document: it becomes null.
    """
    text, root = _compose_nodes(data)
    spans: list[tuple[int, int, str]] = []
    done: list[str] = []
    for number, restriction in enumerate(_list_mappings(root, "restrictions")):
        for key, value in restriction.value:
            if _scalar_text(key) == "exempt" and _scalar_text(value).lower() == "false":
                spans.append(_span_of_field(text, restriction, key, value))
                done.append(f"restrictions[{number}].exempt: false is taken out")
    held = _find_node(root, ("operation", "authorisation"))
    if isinstance(held, yaml.ScalarNode) and held.value.strip().casefold() in NOTHING_HELD:
        spans.append((held.start_mark.index, held.end_mark.index, "null"))
        done.append(f"operation.authorisation: {held.value!r} becomes null")
    return (_splice_text(text, spans) if spans else data), tuple(done)


def _list_mappings(root: yaml.Node, name: str) -> Sequence[yaml.MappingNode]:
    """The mappings of a list at the top of the file; none where there is no such list."""
    found = _find_node(root, (name,))
    items = found.value if isinstance(found, yaml.SequenceNode) else ()
    return [item for item in items if isinstance(item, yaml.MappingNode)]


def _find_node(node: yaml.Node, path: Sequence[Step]) -> yaml.Node | None:
    """What stands at a path, None where nothing does."""
    try:
        return _node_at(node, path)
    except InputError:
        return None


def _span_of_field(
    text: str, mapping: yaml.MappingNode, key: yaml.Node, value: yaml.Node
) -> tuple[int, int, str]:
    """The span of a field with what joins it to the next, or in a list in braces to the one before."""
    start, end = key.start_mark.index, value.end_mark.index
    if not mapping.flow_style:
        line_end = text.find("\n", end)
        line = text[text.rfind("\n", 0, start) + 1 : start]
        begin = start - len(line) if not line.strip() else start
        stop = len(text) if line_end < 0 else line_end + 1
        # A comment behind it belongs to the field; the first field of an item leaves its dash in place.
        return (begin, stop, "") if not line.strip() else (start, stop + _indent_width(text, stop), "")
    after = text[end:].lstrip()
    if after.startswith(","):
        comma = text.index(",", end) + 1
        return (start, comma + len(text[comma:]) - len(text[comma:].lstrip()), "")
    return (text.rindex(",", 0, start), end, "")


def _indent_width(text: str, start: int) -> int:
    return len(text[start:]) - len(text[start:].lstrip(" "))


def _compose_nodes(data: bytes) -> tuple[str, yaml.Node]:
    """The text and its nodes, once the bounded reader has found nothing against it."""
    read_yaml(data, name="scenario")
    text = data.decode("utf-8-sig")
    root = yaml.compose(text, Loader=LOADER)
    if root is None:
        raise InputError("the scenario is empty", do="start from `dfr init`")
    return text, root


def _find_site(root: yaml.Node, site_id: str) -> yaml.MappingNode:
    sites = _node_at(root, ("candidates",))
    if isinstance(sites, yaml.MappingNode):
        sites = _node_at(sites, ("sites",))
    for site in getattr(sites, "value", ()):
        if isinstance(site, yaml.MappingNode) and _scalar_text(_node_at(site, ("id",))) == site_id:
            return site
    raise InputError(f"no candidate site {site_id!r} in the file", do="reload the scenario")


def _node_at(node: yaml.Node, path: Sequence[Step]) -> yaml.Node:
    for step in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        found = next((value for key, value in pairs if _scalar_text(key) == step), None)
        if found is None:
            raise InputError(f"{step!r} is not in the file", do="write it there")
        node = found
    return node


def _scalar_span(node: yaml.Node) -> tuple[int, int]:
    """Where a number is, alone or as the `value` of a mapping with its source."""
    if isinstance(node, yaml.MappingNode):
        node = _node_at(node, ("value",))
    if not isinstance(node, yaml.ScalarNode):
        raise InputError("a list is where a number should be", do="write the number")
    return node.start_mark.index, node.end_mark.index


def _leaf_end(node: yaml.Node) -> int:
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _leaf_end(node.value[-1])
    return int(node.end_mark.index)


def _splice_text(text: str, spans: Sequence[tuple[int, int, str]]) -> bytes:
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text.encode()


def _scalar_text(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def _format_degrees(value: float) -> str:
    return f"{value:.{DIGITS}f}"
