"""YAML as nested values that remember their line; aliases, tags and deep nesting are refused."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

MAX_DEPTH = 30
MAX_NODES = 2_000_000


class YamlTroubleError(Exception):
    """A text that is no plain YAML; `line` is where."""

    def __init__(self, line: int | None, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(slots=True)
class Mapping:
    """A mapping with its line; keys are texts, and of a key that is given two values neither stands."""

    line: int
    items: dict[str, Node] = field(default_factory=dict)
    key: str | None = None

    def add(self, node: Node) -> None:
        """Take a key, then its value."""
        if self.key is None:
            self.key = node.text if isinstance(node, Scalar) else ""
            return
        before, blank = self.items.get(self.key), Scalar(node.line, "")
        self.items[self.key] = node if before is None or _same(before, node) else blank
        self.key = None

    def text(self, key: str) -> str:
        """The text of a key, '' where there is none."""
        node = self.items.get(key)
        return node.text if isinstance(node, Scalar) else ""

    def list(self, key: str) -> list[Node]:
        """The items of a key's sequence, none where it is no sequence."""
        node = self.items.get(key)
        return node.items if isinstance(node, Sequence) else []


@dataclass(slots=True)
class Sequence:
    """A sequence with its line."""

    line: int
    items: list[Node] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """Take the next item."""
        self.items.append(node)


@dataclass(slots=True)
class Scalar:
    """A text with its line."""

    line: int
    text: str


Node = Mapping | Sequence | Scalar


def _same(first: Node, second: Node) -> bool:
    return isinstance(first, Scalar) and isinstance(second, Scalar) and first.text == second.text


def parse_yaml(text: str) -> Node:
    """The first document of a YAML text. Raises YamlTroubleError; never recurses, never expands aliases."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _assemble(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise YamlTroubleError(None if mark is None else mark.line + 1, str(problem)) from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise YamlTroubleError(None, str(error)) from error


def _assemble(events: object) -> Node:
    """Nodes of an event stream, with a stack instead of recursion."""
    stack: list[Mapping | Sequence] = []
    for count, event in enumerate(events):  # type: ignore[var-annotated,arg-type]
        line = event.start_mark.line + 1 if event.start_mark else 1
        node: Node
        match event:
            case yaml.AliasEvent():
                raise YamlTroubleError(line, "an alias; write the value out")
            case yaml.ScalarEvent():
                node = Scalar(line, event.value)
            case yaml.MappingStartEvent():
                stack.append(Mapping(line))
                continue
            case yaml.SequenceStartEvent():
                stack.append(Sequence(line))
                continue
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                node = stack.pop()
            case _:
                continue
        if len(stack) > MAX_DEPTH or count > MAX_NODES:
            raise YamlTroubleError(line, f"nested deeper than {MAX_DEPTH} or more than {MAX_NODES} nodes")
        if not stack:
            return node
        stack[-1].add(node)
    raise YamlTroubleError(None, "empty")
