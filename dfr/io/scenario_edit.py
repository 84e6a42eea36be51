"""Edits of a scenario file that keep every other byte as its author wrote it: comments, order, layout.

`apply_edit` makes one typed edit (`dfr.scenario.edits`); `update_old_form` brings a file of an earlier
version up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfr.errors import InputError
from dfr.io.yaml_edit import edit_yaml
from dfr.io.yaml_reader import read_yaml
from dfr.scenario.changes import Change, Put, Remove
from dfr.scenario.edits import Edit, changes_of
from dfr.scenario.features import value_at

NOTHING_HELD = frozenset({"", "none", "no", "n/a", "tbc", "tbd", "to be confirmed", "applied for", "pending"})
"""Texts that say that no document is held."""


def apply_edit(text: str, edit: Edit) -> str:
    """The text of a scenario file after an edit: comments, order and layout are kept.

    Whether the result is a sound scenario is for `parse_scenario` to say. Raises ScenarioError for a text
    that the YAML reader refuses; InputError where the edit names what is not there or the layout forbids it.
    """
    return edit_yaml(text, changes_of(edit, read_plain_data(text)))


def read_plain_data(text: str) -> Any:
    """A scenario file as dicts, lists, numbers and texts. Raises ScenarioError where it is no mapping."""
    data = read_yaml(text.encode(), name="scenario").value
    if not isinstance(data, dict):
        raise InputError("the file holds no mapping of fields", do="start from `dfr init`")
    return data


def update_old_form(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """(The file in the form of now, what was changed): only where nothing has to be guessed.

    `exempt: false` of a restriction is taken out: permissions stand under `clearances`, and none was claimed.
    A text as `operation.authorisation` says that nothing is held where it names no document: it becomes null.
    """
    read_yaml(data, name="scenario")
    text = data.decode("utf-8-sig")
    found = list(_old_forms(read_plain_data(text)))
    if not found:
        return data, ()
    return edit_yaml(text, [change for change, _ in found]).encode(), tuple(said for _, said in found)


def _old_forms(data: Any) -> Iterator[tuple[Change, str]]:
    restrictions = value_at(data, ("restrictions",))
    for number, restriction in enumerate(restrictions if isinstance(restrictions, list) else ()):
        if value_at(restriction, ("exempt",)) is False:
            path = ("restrictions", number, "exempt")
            yield Remove(path=path), f"restrictions[{number}].exempt: false is taken out"
    held = value_at(data, ("operation", "authorisation"))
    if isinstance(held, str) and held.strip().casefold() in NOTHING_HELD:
        yield (
            Put(path=("operation", "authorisation"), value=None),
            f"operation.authorisation: {held!r} becomes null",
        )
