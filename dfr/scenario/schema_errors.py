"""Errors of the scenario schema in words a planner can act on: what is wrong, and what to do."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dfr.scenario.schema_parts import DurationIn, Sourced, SourcedFigure

Loc = tuple[str | int, ...]
Complaint = tuple[Loc, str, str]
"""(path, what is wrong, what to do)."""

_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_KINDS = {
    "string_type": "text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "model_type": "a mapping of fields",
    "dict_type": "a mapping of fields",
}


def explain_error(error: ErrorDetails, root: type[BaseModel]) -> Complaint:
    """One pydantic error as path, what and do."""
    loc = tuple(error["loc"])
    what, do = _words(error, loc, root)
    return loc, what, do


def _words(error: ErrorDetails, loc: Loc, root: type[BaseModel]) -> tuple[str, str]:  # noqa: PLR0911 - one return for each kind of error
    kind, value = error["type"], error.get("input")
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "dfr":
        return str(context["what"]), str(context["do"])
    if kind == "missing":
        return "missing", f"add `{loc[-1]}:`{_described(loc, root)}"
    if kind == "extra_forbidden":
        return "no such field", _did_you_mean(str(loc[-1]), loc[:-1], root)
    if kind in ("model_type", "model_attributes_type") and _is_unsourced(value, loc, root):
        return f"{show_value(value)} stands here without a source", how_to_source(value)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{show_value(value)} is out of range", f"give {words} {context[key]}"
    if kind in ("enum", "literal_error"):
        return f"{show_value(value)} is not one of the choices", f"write one of {context['expected']}"
    return _shape_words(kind, value, context, loc, root)


def _shape_words(  # noqa: PLR0911 - one return for each kind of error
    kind: str, value: object, context: Mapping[str, Any], loc: Loc, root: type[BaseModel]
) -> tuple[str, str]:
    if kind == "finite_number":
        return f"{value} is not a number to compute with", "give a finite number"
    if kind == "string_pattern_mismatch":
        return f"{show_value(value)} is not an id", "use lower-case letters, digits and hyphens, 40 at most"
    if kind in ("too_short", "string_too_short"):
        return "is too short or empty", f"give {context.get('min_length', 1)} or more"
    if kind in ("too_long", "string_too_long"):
        return "is too long", f"give {context['max_length']} at most"
    if kind in ("model_type", "dict_type") and (model := model_at(loc, root)) is not None:
        return (
            f"{show_value(value)} is not a mapping of fields",
            f"write {', '.join(_needed(model))} under it",
        )
    if kind in _KINDS:
        hint = " in quotes" if kind == "string_type" and not isinstance(value, (dict, list)) else ""
        return (
            f"{show_value(value)} is not {_KINDS[kind]}",
            f"write {_KINDS[kind]}{hint}{_described(loc, root)}",
        )
    return f"{show_value(value)} cannot be used ({kind})", f"see `dfr schema`{_described(loc, root)}"


def _needed(model: type[BaseModel]) -> list[str]:
    """The fields that a mapping must have."""
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    return [*needed, "and source"] if issubclass(model, Sourced) else needed


def show_value(value: object) -> str:
    """A value as text that fits a line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def how_to_source(value: object) -> str:
    """How an uncertain figure is written."""
    return f'write {{value: {value}, source: "..."}} or {{value: {value}, assumed: true, note: "..."}}'


def fields_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """The annotations of a model's fields."""
    return {name: field.annotation for name, field in model.model_fields.items()}


def model_in(annotation: object) -> type[BaseModel] | None:
    """The model an annotation holds: itself, optional, or as the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) in (list, typing.Union, types.UnionType, typing.Annotated):
        return next((found for item in inner if (found := model_in(item)) is not None), None)
    return None


def model_at(loc: Sequence[str | int], root: type[BaseModel]) -> type[BaseModel] | None:
    """The model whose mapping stands at a path, None where there is none."""
    model: type[BaseModel] | None = root
    for step in loc:
        if isinstance(step, int):
            continue
        if model is None or step not in model.model_fields:
            return None
        model = model_in(model.model_fields[step].annotation)
    return model


def find_mappings(
    value: object, model: type[BaseModel], loc: Loc = ()
) -> Iterator[tuple[Loc, type, dict[str, Any]]]:
    """Every mapping in raw data that stands where the schema has a model: (path, model, mapping)."""
    if not isinstance(value, dict):
        return
    yield loc, model, value
    for name, annotation in fields_of(model).items():
        inner = model_in(annotation)
        if inner is None or name not in value:
            continue
        child = value[name]
        if isinstance(child, list):
            for index, item in enumerate(child):
                yield from find_mappings(item, inner, (*loc, name, index))
        else:
            yield from find_mappings(child, inner, (*loc, name))


def _is_unsourced(value: object, loc: Loc, root: type[BaseModel]) -> bool:
    model = model_at(loc, root)
    return isinstance(value, (int, float, str)) and model is not None and issubclass(model, SourcedFigure)


def _described(loc: Loc, root: type[BaseModel]) -> str:
    parent = model_at(loc[:-1], root)
    field = None if parent is None or not loc else parent.model_fields.get(str(loc[-1]))
    if field is None:
        return ""
    inner = model_in(field.annotation)
    if inner is not None and issubclass(inner, SourcedFigure):
        return ' as {value: ..., source: "..."}' + (f" ({field.description})" if field.description else "")
    if inner is not None and issubclass(inner, DurationIn):
        return ' as {shape: lognormal, median_s: ..., p90_s: ..., source: "..."}'
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return f" ({', '.join(str(item.value) for item in field.annotation)})"
    return f" ({field.description})" if field.description else ""


def _did_you_mean(name: str, loc: Loc, root: type[BaseModel]) -> str:
    model = model_at(loc, root)
    known = [] if model is None else list(model.model_fields)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"take it out; known here: {', '.join(known)}" if known else "take it out"
