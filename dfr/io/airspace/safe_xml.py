"""Parses XML from outside safely: no document types, no entities, nothing fetched, a bounded size.

lxml parses; the limits against hostile documents are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, TypeAlias

from lxml import etree

MAX_XML_BYTES = 96 * 1024 * 1024
"""The national datasets in use are under 40 MiB unpacked."""

Element: TypeAlias = Any
"""An element of lxml, which comes without types."""

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
HREF = "{http://www.w3.org/1999/xlink}href"


class XmlTroubleError(Exception):
    """A document that cannot be used: its line and what is wrong."""

    def __init__(self, line: int | None, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_xml(data: bytes) -> Element:
    """The root of a document. Raises XmlTroubleError."""
    if len(data) > MAX_XML_BYTES:
        raise XmlTroubleError(None, f"{len(data)} bytes is over the limit of {MAX_XML_BYTES}")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XmlTroubleError(error.lineno, str(error.msg)) from error
    except ValueError as error:
        raise XmlTroubleError(None, str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise XmlTroubleError(1, "document types and entities are refused")
    return root


def read_elements(file: BinaryIO, name: str) -> Iterator[Element]:
    """The elements of a name, each gone when the next one comes: of any file one is held at a time.

    Raises XmlTroubleError.
    """
    file.seek(0)
    try:
        for event, element in etree.iterparse(
            file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
            remove_comments=True, remove_pis=True,
        ):  # fmt: skip
            if event == "start" and element.getparent() is None and element.getroottree().docinfo.doctype:
                raise XmlTroubleError(1, "document types and entities are refused")
            if event == "end" and local_name(element) == name:
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise XmlTroubleError(error.lineno, str(error.msg)) from error
    except ValueError as error:
        raise XmlTroubleError(None, str(error)) from error


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child_elements(element: Element, name: str) -> list[Element]:
    """The children of a name that are not marked as nil."""
    return [kid for kid in element if local_name(kid) == name and kid.get(NIL) != "true"]


def at_path(element: Element, path: str) -> list[Element]:
    """All elements down a path of names, none of them nil."""
    found = [element]
    for name in path.split("/"):
        found = [kid for parent in found for kid in child_elements(parent, name)]
    return found


def text_at(element: Element, path: str) -> str:
    """The text of the first element down a path; '' where there is none."""
    return next((" ".join((found.text or "").split()) for found in at_path(element, path)), "")


def elements_named(element: Element, *names: str) -> Iterator[Element]:
    """All elements below one that have one of some names, in the order of the document."""
    return (found for found in element.iter(etree.Element) if local_name(found) in names)


def line_of(element: Element) -> int | None:
    """The line in which an element begins."""
    return int(element.sourceline) if element.sourceline else None
