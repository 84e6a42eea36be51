"""Words of an error as a page shows them (`words_for_page`): names of files, no folders of the server."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDERS = re.compile(r"""(?<![\w.:/\\}\])])(?:/|[A-Za-z]:\\)(?:[^\s/\\'"<>|:]+[/\\])+""")
"""The folders of an absolute path; no address of the web, and nothing of `m/s`."""


def words_for_page(error: Exception) -> str:
    """What happened and what to do, without the folders of the server."""
    return without_folders(str(error))


def without_folders(text: str) -> str:
    """The text with each absolute path as the name of its file alone.

    >>> without_folders("/srv/dfr/fete.yaml:3: 12 m/s is too fast; see https://a.org/b/c")
    'fete.yaml:3: 12 m/s is too fast; see https://a.org/b/c'
    """
    for folder in sorted({str(Path.cwd()), str(Path.home())}, key=len, reverse=True):
        # Names with spaces in them are whole only here.
        text = text.replace(f"{folder}/", "") if len(folder) > 1 else text
    return _FOLDERS.sub("", text)
