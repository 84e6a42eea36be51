"""Conversion of airspace files into one file of another format, and what it could not carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dfr.errors import AirspaceError, InputError
from dfr.findings import counted_noun
from dfr.io.airspace.files import MAX_AIRSPACE_BYTES, read_airspace
from dfr.io.airspace.openair_write import write_openair
from dfr.io.airspace.reading import AirspaceRead, WrittenAirspace
from dfr.io.airspace.write import write_ed318, write_geojson, write_kml
from dfr.io.files import read_bounded

Writer = Callable[[AirspaceRead], WrittenAirspace]

FORMATS: dict[str, Writer] = {
    "openair": write_openair,
    "geojson": write_geojson,
    "ed318": write_ed318,
    "kml": write_kml,
}
SUFFIXES = {".txt": "openair", ".air": "openair", ".geojson": "geojson", ".json": "ed318", ".kml": "kml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A file to be written, and what its format cannot carry.

    `zones` counts the volumes written, `left_out` usable ones that the format cannot carry, `refused`
    those that could not be used when they were read; `lost` names these and whatever is said otherwise.
    """

    content: str
    out: str
    form: str
    zones: int
    left_out: int
    refused: int
    lost: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every volume of the sources is in the file."""
        return not self.left_out and not self.refused

    def as_dict(self) -> dict[str, object]:
        """The outcome as it appears in JSON."""
        return {
            "out": self.out,
            "format": self.form,
            "zones": self.zones,
            "left_out": self.left_out,
            "refused": self.refused,
            "lost": list(self.lost),
        }


def convert_files(files: Sequence[Path], *, out: Path, form: str = "") -> Converted:
    """All usable zones of the files in one format.

    Raises InputError for a format nobody writes or an `out` that is one of the files, AirspaceError where
    no volume would be in the file.
    """
    chosen = form.lower() or SUFFIXES.get(out.suffix.lower(), "")
    if chosen not in FORMATS:
        raise InputError(f"{form or out}: unknown format", do=f"--format {' or '.join(FORMATS)}")
    if any(out.resolve() == path.resolve() for path in files):
        raise InputError(f"{out}: is one of the sources, and would be replaced", do="choose another --out")
    reads = [
        read_airspace(read_bounded(path, limit_bytes=MAX_AIRSPACE_BYTES), name=str(path)) for path in files
    ]
    if not any(read.zones for read in reads):
        raise AirspaceError(f"{', '.join(map(str, files))}: no usable volume", do="see `dfr airspace lint`")
    joined = _join_reads(reads)
    written = FORMATS[chosen](joined)
    zones = len(joined.zones) - len(written.left_out)
    if not zones:
        why = f"{written.left_out[0]} -> another --format"
        raise AirspaceError(f"{', '.join(map(str, files))}: no volume fits {chosen}: {why}")
    lost = [*written.left_out, *written.changed]
    lost += [f"{zone.source}:{zone.line}: {zone.name}: {zone.defect}" for zone in joined.defects]
    lost += [
        f"{read.name}: {counted_noun(read.unplaced, 'volume')} could not be placed"
        for read in reads
        if read.unplaced
    ]
    return Converted(
        content=written.text,
        out=str(out),
        form=chosen,
        zones=zones,
        left_out=len(written.left_out),
        refused=joined.refused,
        lost=tuple(lost),
    )


def _join_reads(reads: Sequence[AirspaceRead]) -> AirspaceRead:
    """Several files as one; it states a coverage only where each of them does."""
    stated = all(read.coverage for read in reads)
    lost = any(read.refused for read in reads)
    return replace(
        reads[0],
        name=", ".join(read.name for read in reads),
        zones=tuple(zone for read in reads for zone in read.zones),
        defects=tuple(zone for read in reads for zone in read.defects),
        unplaced=sum(read.unplaced for read in reads),
        coverage=tuple(ring for read in reads for ring in read.coverage) if stated and not lost else (),
        date=", ".join(dict.fromkeys(read.date for read in reads if read.date)),
        what="; ".join(dict.fromkeys(read.what for read in reads if read.what)),
        omissions=tuple(omission for read in reads for omission in read.omissions),
        kinds=reads[0].kinds if len(reads) == 1 else frozenset.intersection(*(r.held_kinds for r in reads)),
        ground_m_amsl=reads[0].ground_m_amsl if len(reads) == 1 else None,
    )
