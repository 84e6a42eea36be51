"""Reference pages made from the code when the site is built, so that they cannot fall behind it."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import typer.main
from mkdocs.structure.files import File, Files
from mkdocs.utils import get_relative_url

import dfr
from dfr import errors
from dfr.cli import main
from dfr.scenario.key_figures import KEY_FIGURES

TAKES = {int: "a whole number", float: "a number", str: "text", Path: "a path"}

FETCHED_WORKER = "https://unpkg.com/iframe-worker/shim"
WORKER = "javascripts/frame_worker.js"


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages to the site."""
    pages = {
        "reference/commands.md": commands(),
        "reference/scenario.md": scenario(),
        "reference/api.md": api(),
        "reference/key-figures.md": key_figures(),
        "reference/errors.md": f"# Errors and exit codes\n\n```\n{(errors.__doc__ or '').strip()}\n```\n",
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_post_page(output: str, page: Any, config: Any) -> str:
    """The page with our own help for a search without a server, where the theme fetches one."""
    del config
    return output.replace(FETCHED_WORKER, get_relative_url(WORKER, page.url))


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    """The same for a page that the theme makes, such as the one for an address that is not there."""
    del config
    return output_content.replace(FETCHED_WORKER, get_relative_url(WORKER, template_name))


def commands() -> str:
    """Each verb's help, as the command line prints it."""
    group = typer.main.get_command(main.app)
    parts = ["# Commands\n\nMade from `dfr VERB --help`.\n"]
    for verb, (module, _) in main.VERBS.items():
        try:
            command = group.get_command(None, verb)  # type: ignore[attr-defined,arg-type]
        except ModuleNotFoundError:
            continue
        parts.append(f"## dfr {verb}\n\n{_sentences(command.help)}\n\n{_options(command)}\n")
        del module
        for name, sub in getattr(command, "commands", {}).items():
            parts.append(f"### dfr {verb} {name}\n\n{_sentences(sub.help)}\n\n{_options(sub)}\n")
    return "\n".join(parts)


def key_figures() -> str:
    """Each key figure with its unit and what it says, from their registry."""
    rows = [
        f"| `{figure.name}` | {figure.unit} | {figure.what} | {figure.clock} | {figure.better} |"
        for figure in KEY_FIGURES.values()
    ]
    return (
        "# Key figures\n\nMade from the code: the figures of `dfr simulate`, in `kpis.json` and in reports. "
        "A name with a part in braces stands for one figure of each. The clock says over which time a figure "
        'counts; "neither" means that more of it may be good or bad, so that nothing can be ranked by it. '
        "Percentiles of times, and of the reserve, are those of all observations (calls, flights); those of "
        "shares and counts are over replications.\n\n"
        "| figure | unit | what it says | clock | better |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def api() -> str:
    """Each public name of `import dfr` with its arguments and what its docstring says."""
    parts = [
        "# Python API\n\nMade from the code: every name that `import dfr` offers. "
        "[How to use them](../howto/python.md).\n"
    ]
    for name, module in dfr.PUBLIC.items():
        found = getattr(importlib.import_module(module), name)
        kind = "class" if inspect.isclass(found) else "function"
        parts.append(f"## dfr.{name}\n\nA {kind} of `{module}`.\n")
        parts.append(f"```python\n{_signature(name, found)}\n```\n\n{_prose(found)}\n")
    return "\n".join(parts)


def _signature(name: str, found: Any) -> str:
    """A name with its arguments, one on each line where there are several."""
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):
        return name
    arguments = [_argument(parameter) for parameter in signature.parameters.values()]
    star = next((i for i, p in enumerate(signature.parameters.values()) if p.kind is p.KEYWORD_ONLY), None)
    if star is not None:
        arguments.insert(star, "*")
    result = signature.return_annotation
    end = "" if result is inspect.Signature.empty or inspect.isclass(found) else f" -> {result}"
    lines = ",\n    ".join(arguments)
    inside = f"\n    {lines},\n" if len(arguments) > 1 else lines
    return f"{name}({inside}){end}"


def _argument(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    kind = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
    default = parameter.default
    if default is parameter.empty:
        return f"{star}{parameter.name}{kind}"
    plain = default is None or isinstance(default, bool | int | float | str | tuple)
    words = repr(default) if plain and not isinstance(default, Enum) else _named(default)
    return f"{star}{parameter.name}{kind} = {words}"


def _named(default: Any) -> str:
    """A default that is an object, without its address."""
    if isinstance(default, Enum):
        return str(default)
    return (
        "{}"
        if isinstance(default, Mapping)
        else f"{type(default).__name__}()"
        if is_dataclass(default)
        else "..."
    )


def _prose(found: Any) -> str:
    """What a docstring says: paragraphs as they are, a doctest as code."""
    text = inspect.getdoc(found) or ""
    prose, _, code = text.partition("\n>>>")
    return prose if not code else f"{prose}\n```python\n>>>{code}\n```"


def _sentences(text: str | None) -> str:
    """A help text: paragraphs as they are, a list that click must not wrap as a block."""
    paragraphs = (text or "").replace("\f", "").strip().split("\n\n")
    return "\n\n".join(f"```\n{part[2:]}\n```" if part.startswith("\b\n") else part for part in paragraphs)


def _options(command: Any) -> str:
    rows = ["| option | takes | default | what it does |", "|---|---|---|---|", *map(_option, command.params)]
    return "\n".join(rows) if len(rows) > 2 else ""


def _option(parameter: Any) -> str:
    name = " ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.name or '').upper()}`"
    words = _sentences(getattr(parameter, "help", "")).replace("|", "/").replace("\n", " ")
    return f"| {name} | {_takes(parameter)} | {_default(parameter)} | {words} |"


def _takes(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    several = get_origin(annotation) is list
    kind = get_args(annotation)[0] if several else annotation
    if kind is bool:
        return ""
    if issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    words = f"`{parameter.metavar}`" if parameter.metavar else TAKES.get(kind, kind.__name__)
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("from", parameter.min), ("to", parameter.max))
        if limit is not None
    ]
    return " ".join([words, *limits]) + (", may be repeated" if several else "")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    if parameter.default in (None, False, (), []) or callable(parameter.default):
        return ""
    return f"`{parameter.default}`"


def scenario() -> str:
    """The fields of a scenario file, from its JSON Schema."""
    from dfr.scenario.schema import json_schema

    schema = json_schema()
    parts = ["# Scenario fields\n\nMade from `dfr schema`; every figure may carry a source or `assumed`.\n"]
    for name, definition in {"the file": schema, **schema.get("$defs", {})}.items():
        fields = definition.get("properties")
        if not fields:
            continue
        told = str(definition.get("description", "")).split("\n", maxsplit=1)[0]
        parts.append(f"## {name}\n\n{told}\n\n| field | takes | default | what it is |\n|---|---|---|---|")
        needed = set(definition.get("required", ()))
        for field, spec in fields.items():
            words = str(spec.get("description", "")).replace("\n", " ").replace("|", "/")
            default = "needed" if field in needed else _default_value(spec)
            parts.append(f"| `{field}` | {_kind(spec)} | {default} | {words} |")
        parts.append("")
    return "\n".join(parts)


def _default_value(spec: dict[str, Any]) -> str:
    value = spec.get("default")
    return "none" if value in (None, "", [], {}) else f"`{json.dumps(value)}`"


def _kind(spec: dict[str, Any]) -> str:
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in spec:
        return " or ".join(dict.fromkeys(_kind(option) for option in spec["anyOf"]))
    if "enum" in spec:
        return ", ".join(json.dumps(value) for value in spec["enum"])
    if spec.get("type") == "array":
        return f"list of {_kind(spec.get('items', {}))}"
    if spec.get("type") == "null":
        return "nothing"
    bounds = (
        ("from", "minimum"),
        ("above", "exclusiveMinimum"),
        ("to", "maximum"),
        ("below", "exclusiveMaximum"),
    )
    limits = [f"{word} {spec[key]:g}" for word, key in bounds if key in spec]
    return " ".join([str(spec.get("type", "any")), *limits])
