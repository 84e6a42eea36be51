"""Reference pages made from the code when the site is built, so that they cannot fall behind it."""

from __future__ import annotations

import json
from typing import Any

import typer.main
from mkdocs.structure.files import File, Files

from dfr import errors
from dfr.cli import main


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages to the site."""
    pages = {
        "reference/commands.md": commands(),
        "reference/scenario.md": scenario(),
        "reference/errors.md": f"# Errors and exit codes\n\n```\n{(errors.__doc__ or '').strip()}\n```\n",
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


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


def _sentences(text: str | None) -> str:
    return (text or "").replace("\f", "").strip()


def _options(command: Any) -> str:
    rows = ["| option | |", "|---|---|"]
    for parameter in command.params:
        name = " ".join(f"`{option}`" for option in parameter.opts) or f"`{parameter.name}`"
        if parameter.param_type_name == "argument":
            name = f"`{(parameter.name or '').upper()}`"
        rows.append(f"| {name} | {_sentences(getattr(parameter, 'help', '')).replace('|', '/')} |")
    return "\n".join(rows) if len(rows) > 2 else ""


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
        parts.append(f"## {name}\n\n{told}\n\n| field | type | |\n|---|---|---|")
        needed = set(definition.get("required", ()))
        for field, spec in fields.items():
            words = str(spec.get("description", "")).replace("\n", " ").replace("|", "/")
            mark = "" if field in needed else " (optional)"
            parts.append(f"| `{field}`{mark} | {_kind(spec)} | {words} |")
        parts.append("")
    return "\n".join(parts)


def _kind(spec: dict[str, Any]) -> str:
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in spec:
        return " or ".join(dict.fromkeys(_kind(option) for option in spec["anyOf"]))
    if "enum" in spec:
        return ", ".join(json.dumps(value) for value in spec["enum"])
    if spec.get("type") == "array":
        return f"list of {_kind(spec.get('items', {}))}"
    return str(spec.get("type", "any"))
