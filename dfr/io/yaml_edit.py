"""Changes written into the text of a YAML file: every byte that a change does not name stays as it is.

`edit_yaml` is the way in. It takes the places of values from the parser that reads scenarios, and replaces
spans of the text; comments, order, quotes and layout stay because nobody writes them again. What it returns
has been read back and says what was meant.

Ours, because a round-trip library writes the whole file anew: it folds long lists, drops spaces and turns
`null` into nothing, where one moved dock should be two changed numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from dfr.errors import InputError
from dfr.io.yaml_reader import LOADER, read_yaml
from dfr.io.yaml_write import WIDTH, block_item, entry_lines, fits, write_block, write_flow, write_scalar
from dfr.scenario.changes import Change, Insert, Put, Remove, apply_change
from dfr.scenario.features import value_at
from dfr.scenario.schema_parts import Loc

Span = tuple[int, int, str]


@dataclass(slots=True)
class Node:
    """A value's place in the text. `start` of a block list is its first dash."""

    kind: str
    start: int
    end: int
    column: int
    flow: bool = True
    keys: list[Node] = field(default_factory=list)
    values: list[Node] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    text: str = ""

    def child(self, step: str | int) -> Node | None:
        """The value of a key or the item of a number; None where there is none."""
        if self.kind == "map" and step in self.names:
            return self.values[self.names.index(str(step))]
        if self.kind == "list" and isinstance(step, int) and 0 <= step < len(self.values):
            return self.values[step]
        return None


def edit_yaml(text: str, changes: Sequence[Change]) -> str:
    """The text with the changes made. Raises ScenarioError for a text that the reader refuses.

    Raises InputError where the layout does not allow a change (a value shared by an alias): the file is to be
    edited by hand there.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    data = read_yaml(body.encode(), name="scenario").value
    steps = list(_smaller_steps(data, changes))
    for batch in _in_batches(steps):
        body = _splice(body, batch)
    for change in changes:
        data = apply_change(data, change)
    if read_yaml(body.encode(), name="the edited scenario").value != data:
        raise InputError(
            "the file is laid out so that this edit would change more", do="edit it by hand there"
        )
    return mark + body


# Changes as small as they can be -----------------------------------------------------------------


def _smaller_steps(data: Any, changes: Sequence[Change]) -> Iterator[Change]:
    """Changes of single values and items: what is the same on both sides is not written again."""
    for change in changes:
        if isinstance(change, Put):
            holder, last = value_at(data, change.path[:-1]), change.path[-1]
            if isinstance(holder, list) or (isinstance(holder, dict) and last in holder):
                yield from _difference(change.path, holder[last], change.value)  # type: ignore[index]
            else:
                yield change
        else:
            yield change
        data = apply_change(data, change)


def _difference(path: Loc, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict) and new and old.keys() & new.keys():
        for name in old.keys() - new.keys():
            yield Remove(path=(*path, name))
        for name, value in new.items():
            if name in old:
                yield from _difference((*path, name), old[name], value)
            else:
                yield Put(path=(*path, name), value=value)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _difference_of_lists(path, old, new)
    elif type(old) is not type(new) or old != new:
        yield Put(path=path, value=new)


def _difference_of_lists(path: Loc, old: list[Any], new: list[Any]) -> Iterator[Change]:
    """Equal items at both ends stay; those between are changed in place, then added or taken out."""
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - start) if old[-1 - i] != new[-1 - i]), shorter - start)
    both = shorter - tail
    for index in range(start, both):
        yield from _difference((*path, index), old[index], new[index])
    for index in reversed(range(both, len(old) - tail)):
        yield Remove(path=(*path, index))
    for index in range(both, len(new) - tail):
        yield Insert(path=path, index=index, value=new[index])


def _in_batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that need the places of values only once: single values, or items one after the other."""
    batch: list[Change] = []
    for change in changes:
        if batch and not _goes_with(batch[-1], change):
            yield batch
            batch = []
        batch.append(change)
    if batch:
        yield batch


def _goes_with(before: Change, change: Change) -> bool:
    """Whether a change leaves the places that the next one needs as they are."""
    if isinstance(before, Insert) and isinstance(change, Insert):
        return change.path == before.path and change.index == before.index + 1
    return _is_single_value(before) and _is_single_value(change)


def _is_single_value(change: Change) -> bool:
    return isinstance(change, Put) and not isinstance(change.value, (dict, list))


# Places ------------------------------------------------------------------------------------------


def parse_places(text: str) -> Node:
    """The places of all values in a text that the reader has accepted."""
    root: Node | None = None
    open_: list[Node] = []
    for event in yaml.parse(text, Loader=LOADER):
        node = _node_of(event)
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            node = open_.pop()
            ended = event.end_mark
            node.end = ended.index if ended is not None and node.flow else _content_end(node)
        elif node is not None and node.kind in ("map", "list"):
            open_.append(node)
            continue
        if node is None:
            continue
        if open_:
            _put_child(open_[-1], node)
        else:
            root = node
    if root is None:
        raise InputError("the scenario is empty", do="start from `dfr init`")
    return root


def _node_of(event: yaml.Event) -> Node | None:
    if isinstance(event, yaml.ScalarEvent):
        return _placed(event, "scalar", flow=event.style not in ("|", ">"), text=event.value)
    if isinstance(event, yaml.AliasEvent):
        return _placed(event, "alias")
    if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        return _placed(event, kind, flow=bool(event.flow_style))
    return None


def _placed(event: yaml.Event, kind: str, *, flow: bool = True, text: str = "") -> Node:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        raise TypeError("an event of a parser has marks")
    return Node(kind, start.index, end.index, start.column, flow=flow, text=text)


def _put_child(holder: Node, node: Node) -> None:
    if holder.kind == "list":
        holder.values.append(node)
    elif len(holder.keys) == len(holder.values):
        holder.keys.append(node)
        holder.names.append(node.text)
    else:
        holder.values.append(node)
        if not holder.flow:
            # An anchor before a block mapping is part of its own start.
            holder.column = holder.keys[0].column


def _content_end(node: Node) -> int:
    return node.values[-1].end if node.values else node.start


def _walk(root: Node, path: Loc) -> list[Node]:
    """The nodes from the root to a path. Raises InputError where an alias is in the way."""
    nodes = [root]
    for step in path:
        found = nodes[-1].child(step)
        if found is None:
            raise InputError(f"{'.'.join(map(str, path))} is not in the file", do="reload the page")
        nodes.append(found)
    shared = [node for node in nodes if node.kind == "alias"]
    if shared:
        raise InputError(
            f"{'.'.join(map(str, path))} repeats another value by an alias (*)", do="write it out in the file"
        )
    return nodes


# Spans -------------------------------------------------------------------------------------------


def _splice(text: str, changes: Sequence[Change]) -> str:
    root = parse_places(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    first, spans = changes[0], list[Span]()
    if isinstance(first, Insert):
        values = [change.value for change in changes if isinstance(change, Insert)]
        spans = _insert_items(text, _walk(root, first.path), first, values)
    else:
        spans = [
            span
            for change in changes
            if not isinstance(change, Insert)
            for span in _spans_of(text, root, change)
        ]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new.replace("\n", newline) + text[end:]
    return text


def _spans_of(text: str, root: Node, change: Put | Remove) -> list[Span]:
    holder = _walk(root, change.path[:-1])[-1]
    last = change.path[-1]
    if isinstance(change, Remove):
        node = _walk(root, change.path[:-1])[-1]
        return _remove_child(text, node, last, _parent_key(root, change.path[:-1]))
    if holder.child(last) is None:
        return _add_key(text, holder, str(last), change.value, _parent_key(root, change.path[:-1]))
    return _replace(text, holder, last, change.value)


def _parent_key(root: Node, path: Loc) -> tuple[Node, str | int] | None:
    """The holder of a path and the step that leads to it; None for the root."""
    return (_walk(root, path[:-1])[-1], path[-1]) if path else None


def _replace(text: str, holder: Node, step: str | int, value: Any) -> list[Span]:
    """Another value in place of one that is there."""
    old = holder.child(step)
    assert old is not None
    if old.kind == "alias":
        raise InputError(f"{step} repeats another value by an alias (*)", do="write it out in the file")
    end = _strip_end(text, old)
    flow = write_flow(value)
    in_block = not holder.flow
    if in_block and isinstance(value, (dict, list)) and not fits(flow, holder.column + 8):
        return _replace_by_block(text, holder, old, value)
    if in_block and not old.flow and not text[_line_start(text, old.start) : old.start].strip():
        colon = text.index(":", holder.keys[holder.names.index(str(step))].end) + 1
        return [(colon, colon, f" {flow}"), (_line_start(text, old.start), _line_after(text, end), "")]
    space = "" if old.start < end or text[old.start - 1 : old.start] in (" ", "\t") else " "
    return [(old.start, end, space + flow)]


def _replace_by_block(text: str, holder: Node, old: Node, value: Any) -> list[Span]:
    """A list or mapping of several lines, below its key or behind its dash."""
    end = _strip_end(text, old)
    if holder.kind == "list":
        indent = "\n" + " " * (holder.column + 2)
        return [(old.start, end, indent.join(write_block(value)))]
    block = "".join(" " * (holder.column + 2) + line + "\n" for line in write_block(value))
    after, first = _line_after(text, end), _line_start(text, old.start)
    if not old.flow and not text[first : old.start].strip():
        return [(first, after, block)]
    alone = text[old.start - 1 : old.start] == " " and text[end : end + 1] in ("\n", "\r", "")
    return [(old.start - alone, end, ""), (after, after, _opening(text, after) + block)]


def _insert_items(text: str, nodes: Sequence[Node], first: Insert, values: Sequence[Any]) -> list[Span]:
    """Items put in one after the other, where the first of them goes."""
    node = nodes[-1]
    if not node.values:
        holder = nodes[-2]
        return _replace(text, holder, first.path[-1], list(values))
    if node.flow:
        return _insert_flow(text, node, first.index, [write_flow(value) for value in values])
    lines = [line for value in values for line in _item_lines(value, node)]
    indent = " " * node.column
    if first.index == 0:
        return [(node.start, node.start, f"\n{indent}".join(lines) + f"\n{indent}")]
    before = node.values[min(first.index, len(node.values)) - 1]
    after = _after_comments(text, _strip_end(text, before), node.column)
    block = "".join(f"{indent}{line}\n" for line in lines)
    return [(after, after, _opening(text, after) + block)]


def _item_lines(value: Any, siblings: Node) -> list[str]:
    """An item of a block list as its neighbours are written: in braces, or a line for each field."""
    like = siblings.values[-1]
    flow = write_flow(value)
    width = max(WIDTH, *(item.end - item.start + WIDTH // 4 for item in siblings.values)) if like.flow else 0
    if not isinstance(value, (dict, list)) or (like.flow and len(flow) <= width):
        return [f"- {flow}"]
    return block_item(value)


def _insert_flow(text: str, node: Node, index: int, new_items: Sequence[str]) -> list[Span]:
    """Items in brackets, joined as their neighbours are."""
    items = [key.start for key in node.keys] if node.kind == "map" else [item.start for item in node.values]
    ends = [_strip_end(text, item) for item in node.values]
    index = min(index, len(items))
    joint = text[ends[0] : items[1]] if len(items) > 1 else ", "
    if not re.fullmatch(r",\s+", joint):
        joint = ", "
    below = ",\n" + " " * (items[0] - _line_start(text, items[0]))
    at = items[0] if index == 0 else ends[index - 1]
    first = [new_items[0]] if index == 0 else []
    width, written = at - _line_start(text, at) + len("".join(first)), "".join(first)
    for new in new_items[len(first) :]:
        wraps = "\n" not in joint and width + len(new) > WIDTH + 10
        added = (below if wraps else joint.replace("\r", "")) + new
        written += added
        width = len(added) - added.rfind("\n") - 1 + (0 if "\n" in added else width)
    return [(at, at, written + (joint if index == 0 else ""))]


def _add_key(
    text: str, holder: Node, name: str, value: Any, parent: tuple[Node, str | int] | None
) -> list[Span]:
    """A new field at the end of a mapping."""
    if holder.kind != "map":
        raise InputError(f"{name} has no place in the file", do="reload the page")
    if not holder.values:
        if parent is None:
            raise InputError("the scenario is empty", do="start from `dfr init`")
        return _replace(text, parent[0], parent[1], {name: value})
    if holder.flow:
        entry = f"{write_scalar(name)}: {write_flow(value)}"
        return _insert_flow(text, holder, len(holder.values), [entry])
    after = _after_comments(text, _strip_end(text, holder.values[-1]), holder.column)
    lines = entry_lines(name, value)
    block = "".join(" " * holder.column + line + "\n" for line in lines)
    return [(after, after, _opening(text, after) + block)]


def _remove_child(
    text: str, holder: Node, step: str | int, parent: tuple[Node, str | int] | None
) -> list[Span]:
    """A field or an item taken out, with the comment behind it."""
    found = holder.child(step)
    if found is None:
        raise InputError(f"{step} is not in the file", do="reload the page")
    index = holder.values.index(found)
    if len(holder.values) == 1:
        if parent is None:
            raise InputError("this is all the file holds", do="keep it")
        return _replace(text, parent[0], parent[1], {} if holder.kind == "map" else [])
    end = _strip_end(text, found)
    starts = holder.keys if holder.kind == "map" else holder.values
    if holder.flow:
        return _remove_flow(
            text, [item.start for item in starts], [_strip_end(text, v) for v in holder.values], index
        )
    start = holder.keys[index].start if holder.kind == "map" else _dash_of(text, holder, index)
    line = _line_start(text, start)
    after = _after_comments(text, end, holder.column)
    if not text[line:start].strip():
        return [(line, after, "")]
    # It shares its line with the dash of the list around it, which stays for the next.
    following = holder.keys[index + 1].start if holder.kind == "map" else _dash_of(text, holder, index + 1)
    return [(start, following, "")]


def _dash_of(text: str, node: Node, index: int) -> int:
    if index == 0:
        return node.start
    found = re.compile(rf"^ {{{node.column}}}-(?=\s)", re.MULTILINE).search(
        text, _strip_end(text, node.values[index - 1])
    )
    if found is None:
        raise InputError("a list is laid out in an unusual way", do="edit it by hand there")
    return found.end() - 1


def _remove_flow(text: str, starts: Sequence[int], ends: Sequence[int], index: int) -> list[Span]:
    if index + 1 < len(starts):
        gap = text[ends[index] : starts[index + 1]]
        if "#" not in gap:
            return [(starts[index], starts[index + 1], "")]
        return [(starts[index], ends[index] + gap.index(",") + 1, "")]
    gap = text[ends[index - 1] : starts[index]]
    if "#" not in gap:
        return [(ends[index - 1], ends[index], "")]
    comma = ends[index - 1] + gap.index(",")
    return [(comma, comma + 1, ""), (starts[index], ends[index], "")]


def _strip_end(text: str, node: Node) -> int:
    """Where a value ends: the parser counts the empty lines behind a folded text to it."""
    if node.kind in ("map", "list") and not node.flow and node.values:
        return _strip_end(text, node.values[-1])
    if node.kind == "scalar" and not node.flow:
        return node.start + len(text[node.start : node.end].rstrip())
    return node.end


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_after(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _after_comments(text: str, index: int, column: int) -> int:
    """The start of the line after a value and the comments that continue behind it, indented deeper."""
    at = _line_after(text, index)
    while at < len(text):
        line = text[at : _line_after(text, at)]
        indent = len(line) - len(line.lstrip(" "))
        if not line.lstrip(" ").startswith("#") or indent <= column:
            break
        at += len(line)
    return at


def _opening(text: str, index: int) -> str:
    """What must stand before a new line: nothing, unless the file does not end with a line's end."""
    return "\n" if index == len(text) and not text.endswith("\n") else ""
