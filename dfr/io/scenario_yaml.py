"""YAML as plain values that still know their lines, read so that no bytes can harm the reader.

Numbers and words follow the YAML 1.2 core schema, so `yes` is a word, `1e3` a number and `12:30`
no sexagesimal integer. Tags, merge keys and further documents are refused; aliases may repeat a
value, but not grow the document past `MAX_NODES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from dfr.errors import Problem, ScenarioError

MAX_BYTES = 2 * 1024 * 1024
MAX_NODES = 60_000
MAX_DEPTH = 24
MAX_PROBLEMS = 100

Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", "+.inf", ".Inf", "+.Inf", ".INF", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class Node:
    """A value with the line it stands on; a mapping also keeps the line of each key."""

    value: object
    line: int
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: plain values, and the line of any path into them."""

    root: Node

    @property
    def value(self) -> object:
        """The document as dicts, lists, strings, numbers, bools and None."""
        return _plain(self.root)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a path, or of the nearest thing above it that is there."""
        node, line = self.root, self.root.line
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                line, node = node.value[step]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.line
            else:
                break
        return line


def read_yaml(data: bytes, *, name: str) -> YamlDocument:
    """The one document in `data`. Raises ScenarioError with every problem that is found."""
    builder = _Builder(name)
    builder.build(_events(_decoded(data, name), name, builder.problems))
    if builder.problems:
        raise ScenarioError(tuple(builder.problems[:MAX_PROBLEMS]))
    if builder.root is None:
        raise ScenarioError((Problem(file=name, line=1, path="", what="the file is empty", do=_START),))
    return YamlDocument(builder.root)


_START = "start from `dfr init`"


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {data[error.start]:#04x} is not UTF-8"
        raise ScenarioError(
            (Problem(file=name, line=line, path="", what=what, do="save the file as UTF-8"),)
        ) from error


def _events(text: str, name: str, problems: list[Problem]) -> Iterator[yaml.Event]:
    """The parser's events; its own error becomes a problem."""
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        line = None if mark is None else mark.line + 1
        problems.append(
            Problem(
                file=name,
                line=line,
                path="",
                what=f"not valid YAML: {what}",
                do="check indentation, quotes and brackets there",
            )
        )
    except (ValueError, OverflowError) as error:
        # The pure-Python scanner lets these out for escapes past the last code point.
        what = f"not valid YAML: {error}"
        problems.append(Problem(file=name, line=None, path="", what=what, do="check escapes in quotes"))


class _TooBigError(Exception):
    """The document outgrew a limit: nothing more is read."""


class _Builder:
    """Builds nodes from events without recursion, so that depth is a limit and not a crash."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._stack: list[tuple[Node, str | None]] = []
        self._keys: list[tuple[str, int] | None] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0

    def build(self, events: Iterator[yaml.Event]) -> None:
        """Read to the end of the first document, or to the first thing that makes going on useless."""
        try:
            for event in events:
                self._take(event)
                if len(self.problems) > MAX_PROBLEMS:
                    return
        except _TooBigError:
            return

    def _problem(self, line: int, what: str, do: str) -> None:
        path = ".".join(key[0] for key in self._keys if key)
        self.problems.append(Problem(file=self.name, line=line, path=path, what=what, do=do))

    def _take(self, event: yaml.Event) -> None:
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._problem(line, "a second document starts", "keep one document per file")
                raise _TooBigError
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            node, anchor = self._stack.pop()
            self._keys.pop()
            self._place(node, anchor)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, line)
            self._place(Node(self._scalar(event, line), line), event.anchor)

    def _open(self, event: yaml.CollectionStartEvent, line: int) -> None:
        self._refuse_tag(event.tag, line)
        if len(self._stack) >= MAX_DEPTH:
            self._problem(line, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            raise _TooBigError
        value: object = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append((Node(value, line), event.anchor))
        self._keys.append(None)

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag not in (None, "!"):
            self._problem(line, f"the tag {tag} is not used here", "leave it out")

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            self._problem(line, f"*{anchor} names nothing that is complete", "write the value out")
            self._place(Node(None, line), None)
            return
        self._place(self._anchors[anchor], None)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> object:
        text: str = event.value
        if found := _UNPRINTABLE.search(text):
            self._problem(line, f"holds the control character {found.group()!r}", "take it out")
            return None
        # implicit[0] says that the scalar is plain: quoted text stays text.
        return _resolved(text) if event.implicit[0] else text

    def _place(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs: as a key, a value, an item, or the root."""
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1][0]
        if isinstance(parent.value, list):
            parent.value.append(node)
            self._grow(parent, node)
        elif self._keys[-1] is None:
            self._key(parent, node)
        elif isinstance(parent.value, dict):
            key, line = self._keys[-1]
            parent.value.setdefault(key, (line, node))
            self._grow(parent, node)
            self._keys[-1] = None
        if anchor is not None:
            self._anchors[anchor] = node

    def _key(self, parent: Node, node: Node) -> None:
        key = node.value
        if isinstance(key, (dict, list)):
            self._problem(node.line, "a key is a list or mapping", "use a word as the key")
            key = f"<line {node.line}>"
        elif not isinstance(key, str):
            self._problem(node.line, f"the key {key!r} is not a word", "use a word as the key")
            key = str(key)
        elif key == "<<":
            self._problem(node.line, "merge keys (<<) are not read", "write the fields out")
        elif isinstance(parent.value, dict) and key in parent.value:
            first = parent.value[key][0]
            self._problem(node.line, f"{key!r} stands here again (first on line {first})", "keep one")
        self._keys[-1] = (str(key), node.line)

    def _grow(self, parent: Node, child: Node) -> None:
        parent.size += child.size
        parent.depth = max(parent.depth, child.depth + 1)
        if parent.size > MAX_NODES or parent.depth > MAX_DEPTH + 1:
            what = f"holds over {MAX_NODES} values or {MAX_DEPTH} levels once aliases are written out"
            self._problem(child.line, what, "make it smaller")
            raise _TooBigError


def _resolved(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, (_, child) in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value
