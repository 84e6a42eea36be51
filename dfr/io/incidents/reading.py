"""An incident from a message in any format that is read (`read_incident`): the content tells which."""

from __future__ import annotations

from dfr.io.incidents.cap import read_cap
from dfr.io.incidents.eido import is_eido, read_eido
from dfr.io.incidents.json_text import read_json_object
from dfr.io.incidents.own import read_own
from dfr.io.incidents.report import IncidentReport

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_incident(data: bytes) -> IncidentReport:
    """The incident of a message: dfr's own JSON, an EIDO or a CAP alert. Raises IncidentError."""
    if data.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] == b"<":
        return read_cap(data)
    document = read_json_object(data)
    return read_eido(document) if is_eido(document) else read_own(document)
