"""YAML from outside, with the line of each value, read within bounds that no input can exceed.

`read_yaml` is for what a team writes: it reports every problem at once. Numbers and words follow the YAML 1.2
core schema, so `yes` is a word, `1e3` a number and `12:30` no sexagesimal integer. Tags, merge keys, repeated
keys and further documents are refused; aliases may repeat a value, but not grow the document past its limit.

`parse_yaml` is for what an office publishes: it stops at the first problem, keeps every value as its text,
and refuses aliases.

Ours, because PyYAML's constructors keep no lines, follow YAML 1.1 and expand aliases without a bound; its
parser, which is used here, does none of that.
"""

from __future__ import annotations

import re
from collections import abc
from dataclasses import dataclass, field
from typing import ClassVar

import yaml

from dfr.errors import Problem, ScenarioError

MAX_BYTES = 2 * 1024 * 1024
"""More than any scenario has."""

MAX_PROBLEMS = 100

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's C loader where it is built in: ten times as fast."""

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

# What is read ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Scalar:
    """A text with its line; `plain` where it has no quotes round it."""

    line: int
    text: str
    plain: bool = True

    size: ClassVar[int] = 1
    depth: ClassVar[int] = 1

    @property
    def value(self) -> object:
        """The number, bool, None or string that the text means: quoted text stays text."""
        if not self.plain:
            return self.text
        if self.text in _WORDS:
            return _WORDS[self.text]
        if _INT.match(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.match(self.text) else self.text


@dataclass(slots=True)
class Sequence:
    """A list with its line; `size` counts the values in it, aliases written out."""

    line: int
    items: list[Node] = field(default_factory=list)
    size: int = 1
    depth: int = 1

    @property
    def value(self) -> object:
        """The list of its items' values."""
        return [item.value for item in self.items]


@dataclass(slots=True)
class Mapping:
    """A mapping with its line: for each key its line and its value."""

    line: int
    items: dict[str, tuple[int, Node]] = field(default_factory=dict)
    size: int = 1
    depth: int = 1

    @property
    def value(self) -> object:
        """The dict of its items' values."""
        return {key: node.value for key, (_, node) in self.items.items()}

    def get(self, key: str) -> Node | None:
        """The value of a key, None where there is none."""
        found = self.items.get(key)
        return None if found is None else found[1]

    def text(self, key: str) -> str:
        """The text of a key, '' where there is none."""
        node = self.get(key)
        return node.text if isinstance(node, Scalar) else ""

    def list(self, key: str) -> list[Node]:
        """The items of a key's sequence, none where it is no sequence."""
        node = self.get(key)
        return node.items if isinstance(node, Sequence) else []


Node = Mapping | Sequence | Scalar


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: plain values, and the line of any path into them."""

    root: Node

    @property
    def value(self) -> object:
        """The document as dicts, lists, strings, numbers, bools and None."""
        return self.root.value

    def line(self, path: abc.Sequence[str | int]) -> int:
        """The line of a path, or of the nearest thing above it that is there."""
        node, line = self.root, self.root.line
        for step in path:
            if isinstance(node, Mapping) and step in node.items:
                line, node = node.items[str(step)]
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                line = node.line
            else:
                break
        return line


class YamlError(Exception):
    """An error that ends the reading: the line, what is wrong, and what to do."""

    def __init__(self, line: int | None, what: str, do: str) -> None:
        super().__init__(what)
        self.line, self.do = line, do


class YamlSyntaxError(YamlError):
    """Text that is not YAML."""


# The two ways in -------------------------------------------------------------------------------


def read_yaml(data: bytes, *, name: str) -> YamlDocument:
    """The one document in a file that a team writes. Raises ScenarioError with every problem found."""
    text = _decode_utf8(data, name)
    builder = _TeamFileBuilder(name)
    try:
        builder.build(text)
    except YamlSyntaxError as trouble:
        problem = Problem(file=name, line=trouble.line, path="", what=str(trouble), do=trouble.do)
        builder.problems.append(problem)
    except YamlError as trouble:
        builder.add_problem(trouble.line, str(trouble), trouble.do)
    if builder.problems:
        raise ScenarioError(tuple(builder.problems[:MAX_PROBLEMS]))
    if builder.root is None:
        do = "start from `dfr init`"
        raise ScenarioError((Problem(file=name, line=1, path="", what="the file is empty", do=do),))
    return YamlDocument(builder.root)


def parse_yaml(text: str) -> Node:
    """The first document of published data, every value as its text. Raises YamlError."""
    builder = _PublishedDataBuilder()
    builder.build(text)
    if builder.root is None:
        raise YamlError(None, "empty", "give a file that holds something")
    return builder.root


def _decode_utf8(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {data[error.start]:#04x} is not UTF-8"
        problem = Problem(file=name, line=line, path="", what=what, do="save the file as UTF-8")
        raise ScenarioError((problem,)) from error


def _parse_events(text: str) -> abc.Iterator[yaml.Event]:
    """The parser's events. Raises YamlSyntaxError in place of its own errors."""
    try:
        yield from yaml.parse(text, Loader=LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        line = None if mark is None else mark.line + 1
        do = "check indentation, quotes and brackets there"
        raise YamlSyntaxError(line, f"not valid YAML: {what}", do) from error
    except (ValueError, OverflowError) as error:
        # The pure-Python scanner lets these out for escapes past the last code point.
        raise YamlSyntaxError(None, f"not valid YAML: {error}", "check escapes in quotes") from error


# From events to nodes --------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A collection that is not complete, its anchor, and the key that waits for its value."""

    node: Mapping | Sequence
    anchor: str | None
    key: tuple[str, int] | None = None


class _Builder:
    """Nodes of a stream of events, with a stack instead of recursion: depth is a limit and not a crash."""

    max_depth: ClassVar[int]
    max_values: ClassVar[int]
    one_document: ClassVar[bool]
    """Whether anything after the first document is ignored."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self.enough = False
        self._anchors: dict[str, Node] = {}

    def build(self, text: str) -> None:
        """Read to the end. Raises YamlError at the first error that ends the reading."""
        for event in _parse_events(text):
            mark = event.start_mark
            self._take_event(event, 1 if mark is None else mark.line + 1)
            if self.enough:
                return

    def _take_event(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._place_node(self._read_scalar(event, line), event.anchor)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin_collection(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = self._open.pop()
            self._place_node(done.node, done.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._place_node(self._resolve_alias(event.anchor or "", line), None)

    def _begin_collection(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if len(self._open) >= self.max_depth:
            raise YamlError(line, f"nested deeper than {self.max_depth} levels", "flatten it")
        node = Mapping(line) if isinstance(event, yaml.MappingStartEvent) else Sequence(line)
        self._open.append(_Open(node, event.anchor))

    def _place_node(self, node: Node, anchor: str | None) -> None:
        """Put a finished node where it belongs: as a key, a value, an item, or the root."""
        if not self._open:
            self.root, self.enough = node, self.one_document
            return
        top = self._open[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
            self._count_values(top.node, node)
        elif top.key is None:
            top.key = (self._read_key(top.node, node), node.line)
        else:
            self._set_value(top.node, top.key, node)
            self._count_values(top.node, node)
            top.key = None
        if anchor is not None:
            self._anchors[anchor] = node

    def _count_values(self, parent: Mapping | Sequence, child: Node) -> None:
        parent.size += child.size
        if child.depth >= parent.depth:
            parent.depth = child.depth + 1
        if parent.size > self.max_values or parent.depth > self.max_depth + 1:
            what = (
                f"holds over {self.max_values} values or {self.max_depth} levels once aliases are written out"
            )
            raise YamlError(child.line, what, "make it smaller")

    def _read_scalar(self, event: yaml.ScalarEvent, line: int) -> Scalar:
        # implicit[0] says that it has no quotes round it.
        return Scalar(line, event.value, plain=event.implicit[0])

    def _resolve_alias(self, anchor: str, line: int) -> Node:
        raise NotImplementedError

    def _read_key(self, parent: Mapping, node: Node) -> str:
        raise NotImplementedError

    def _set_value(self, parent: Mapping, key: tuple[str, int], node: Node) -> None:
        raise NotImplementedError


class _PublishedDataBuilder(_Builder):
    """Published data: a key with two different values counts as empty."""

    max_depth = 30
    max_values = 1_000_000
    one_document = True

    def _resolve_alias(self, anchor: str, line: int) -> Node:
        raise YamlError(line, f"*{anchor} is an alias", "write the value out")

    def _read_key(self, parent: Mapping, node: Node) -> str:
        return node.text if isinstance(node, Scalar) else ""

    def _set_value(self, parent: Mapping, key: tuple[str, int], node: Node) -> None:
        name, line = key
        before = parent.get(name)
        same = isinstance(before, Scalar) and isinstance(node, Scalar) and before.text == node.text
        parent.items[name] = (line, node if before is None or same else Scalar(node.line, ""))


class _TeamFileBuilder(_Builder):
    """A team's own file: every problem is recorded, and reading goes on where it can."""

    max_depth = 24
    max_values = 200_000  # the hourly weather of a year has 70,000
    one_document = False

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.problems: list[Problem] = []
        self._documents = 0

    def add_problem(self, line: int | None, what: str, do: str) -> None:
        """Record a problem, with the keys that lead to it."""
        path = ".".join(item.key[0] for item in self._open if item.key)
        self.problems.append(Problem(file=self.name, line=line, path=path, what=what, do=do))
        self.enough = len(self.problems) > MAX_PROBLEMS

    def _take_event(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise YamlError(line, "a second document starts", "keep one document per file")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self.add_problem(line, f"the tag {tag} is not used here", "leave it out")
        super()._take_event(event, line)

    def _resolve_alias(self, anchor: str, line: int) -> Node:
        if anchor not in self._anchors:
            self.add_problem(line, f"*{anchor} refers to nothing that is complete", "write the value out")
        return self._anchors.get(anchor, Scalar(line, ""))

    def _read_scalar(self, event: yaml.ScalarEvent, line: int) -> Scalar:
        if found := _UNPRINTABLE.search(event.value):
            self.add_problem(line, f"holds the control character {found.group()!r}", "take it out")
            return Scalar(line, "")
        return super()._read_scalar(event, line)

    def _read_key(self, parent: Mapping, node: Node) -> str:
        if not isinstance(node, Scalar):
            self.add_problem(node.line, "a key is a list or mapping", "use a word as the key")
            return f"<line {node.line}>"
        key = node.value
        if not isinstance(key, str):
            self.add_problem(node.line, f"the key {key!r} is not a word", "use a word as the key")
        elif key == "<<":
            self.add_problem(node.line, "merge keys (<<) are not read", "write the fields out")
        elif key in parent.items:
            first = parent.items[key][0]
            self.add_problem(node.line, f"{key!r} is repeated (first on line {first})", "keep one")
        return str(key)

    def _set_value(self, parent: Mapping, key: tuple[str, int], node: Node) -> None:
        name, line = key
        parent.items.setdefault(name, (line, node))
