"""Mutants of a source file: mutmut's small changes, a statement left out, a condition forced."""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators

NO_BEHAVIOUR = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Assert)
"""What is only read by tools, or what a mutation breaks at the import: no test can be thanked for that."""

TYPING = frozenset({"cast", "TypeVar", "NewType", "Literal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: `before` and `after` are the lines it touches, without their indentation."""

    path: str
    line: int
    function: str | None
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """The same for the same change of the same line, whatever commit it is made at."""
        told = f"{self.path}\n{self.before}\n{self.after}"
        return hashlib.sha256(told.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Site:
    node: cst.CSTNode
    change: cst.CSTNode | cst.RemovalSentinel
    line: int
    function: str | None


def sample_mutants(root: Path, files: Iterable[Path], *, seed: str, count: int) -> list[Mutant]:
    """So many mutants of these files, each change as likely as any other; all where there are fewer."""
    sites = [(path, number) for path in sorted(files) for number in range(len(list(_Sites.of(path))))]
    random.Random(seed).shuffle(sites)
    chosen: dict[str, Mutant] = {}
    for path, number in sites:
        made = _make(path, number, str(path.relative_to(root)))
        if made is not None:
            chosen.setdefault(made.key, made)
        if len(chosen) == count:
            break
    return list(chosen.values())


class _Sites:
    """The changes of a file, read once."""

    _known: dict[Path, tuple[cst.Module, list[_Site]]] = {}  # noqa: RUF012 - one for the process

    @classmethod
    def of(cls, path: Path) -> list[_Site]:
        return cls.read(path)[1]

    @classmethod
    def read(cls, path: Path) -> tuple[cst.Module, list[_Site]]:
        if path not in cls._known:
            wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
            finder = _Finder()
            wrapper.visit(finder)
            cls._known[path] = (wrapper.module, finder.found)
        return cls._known[path]


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, ParentNodeProvider)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Site] = []
        self._inside: list[str] = []
        self._in_defaults = 0

    def visit_FunctionDef_params(self, node: cst.FunctionDef) -> None:
        self._in_defaults += 1

    def leave_FunctionDef_params(self, node: cst.FunctionDef) -> None:
        self._in_defaults -= 1

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, NO_BEHAVIOUR) or _is_for_types(node):
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._inside.append(node.name.value + ("()" if isinstance(node, cst.FunctionDef) else ""))
        line = self.get_metadata(PositionProvider, node).start.line
        self.found += [_Site(node, change, line, self._function()) for change in _changes(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)):
            self._inside.pop()

    def _function(self) -> str | None:
        """The outermost function that holds this place, with its classes; None outside of functions.

        A default is outside of its own function: it is read with the module.
        """
        inside = self._inside[: len(self._inside) - self._in_defaults]
        for depth, name in enumerate(inside):
            if name.endswith("()"):
                return ".".join([*inside[:depth], name.removesuffix("()")])
        return None


def _is_for_types(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.If):
        return isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING"
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in TYPING


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode | cst.RemovalSentinel]:
    if not _is_prose(node):
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                yield from operator(node)
    if isinstance(node, (cst.If, cst.While)):
        yield node.with_changes(test=cst.Name("False"))
        if isinstance(node, cst.If):
            yield node.with_changes(test=cst.Name("True"))
    if isinstance(node, cst.SimpleStatementLine) and _does_something(node):
        yield node.with_changes(body=[cst.Pass()])


def _is_prose(node: cst.CSTNode) -> bool:
    """Words for people: that they read as they do is no behaviour."""
    return isinstance(node, cst.SimpleString) and " " in node.value


def _does_something(statement: cst.SimpleStatementLine) -> bool:
    """A call, a yield or a raise; what an assignment's or a return's absence breaks is always seen."""
    first = statement.body[0]
    if isinstance(first, cst.Expr):
        return isinstance(first.value, (cst.Call, cst.Yield))
    return isinstance(first, (cst.Raise, cst.AugAssign))


def _make(path: Path, number: int, name: str) -> Mutant | None:
    """The mutant of a site; None where it is no Python or the same program."""
    module, sites = _Sites.read(path)
    site = sites[number]
    source = module.deep_replace(site.node, site.change).code
    try:
        same = ast.dump(ast.parse(source)) == ast.dump(ast.parse(module.code))
        compile(source, name, "exec")
    except SyntaxError:
        return None
    if same:
        return None
    before, after = _differing_lines(module.code, source)
    return Mutant(
        path=name, line=site.line, function=site.function, before=before, after=after, source=source
    )


def _differing_lines(before: str, after: str) -> tuple[str, str]:
    """The lines of each that are not in the other, between the first and the last that differ."""
    old, new = before.splitlines(), after.splitlines()
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    return _joined(old[head : len(old) - tail]), _joined(new[head : len(new) - tail])


def _joined(lines: list[str]) -> str:
    return " / ".join(line.strip() for line in lines)
