"""HTML to PDF through a headless Chromium, where there is one; nothing is fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dfr.errors import DfrError, InputError

Fitting = TypeVar("Fitting")
"""How a page is set, as its renderer defines it."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "DFR_CHROMIUM"
TIMEOUT_S = 90.0

FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""For a browser that prints one local file and contacts nobody."""


class PrintError(DfrError):
    """The browser printed nothing."""

    code = "print"


def find_chromium() -> str | None:
    """The Chromium to print with: the one that DFR_CHROMIUM names, or the first on the path."""
    named = os.environ.get(VARIABLE)
    if named:
        if shutil.which(named) is None:
            raise InputError(f"{VARIABLE}={named} is not a program", do="name a Chromium, or unset it")
        return named
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_pdf(html: str, *, browser: str) -> bytes:
    """The page as PDF, printed by a browser with its own profile. Raises PrintError with its message."""
    with tempfile.TemporaryDirectory(prefix="dfr-print-") as name:
        folder = Path(name)
        page, out = folder / "page.html", folder / "page.pdf"
        page.write_text(html, encoding="utf-8")
        # Chromium refuses its sandbox to root; the page has no script and no outside address.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        own = [f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={out}"]
        command = [browser, *FLAGS, *root, *own, page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PrintError(
                f"{browser} did not print: {error}", do="write .html and print it yourself"
            ) from error
        if not out.is_file():
            said = done.stderr.strip().splitlines()[-1:] or ["nothing said"]
            raise PrintError(f"{browser} did not print: {said[0]}", do="write .html and print it yourself")
        return out.read_bytes()


def count_pages(pdf: bytes) -> int:
    """How many pages a PDF of Chromium has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def print_within(
    render: Callable[[Fitting], str], fittings: Sequence[Fitting], *, most: int, browser: str
) -> tuple[bytes, int]:
    """(The first printing that stays within so many pages, how many it has); the last one where none does."""
    pdf, count = b"", 0
    for fitting in fittings:
        pdf = print_pdf(render(fitting), browser=browser)
        count = count_pages(pdf)
        if count <= most:
            break
    return pdf, count
