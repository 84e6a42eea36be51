"""One finished replication on disk: a file of its own, whole or not at all.

An Arrow file with one row, in which each table is a list of records: quick to write for the
worker that ran the replication, and safe against a kill at any moment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dfr.errors import InputError
from dfr.sim.events import FIELDS, NUMPY_TYPES, Column, Table, Tables

SUFFIX = ".arrow"
COLUMNS = {name: ("replication", *columns) for name, columns in FIELDS.items()}


def part_path(folder: Path, replication: int) -> Path:
    """Where a replication lies."""
    return folder / f"{replication:07d}{SUFFIX}"


def finished(folder: Path) -> set[int]:
    """The replications that lie in a folder."""
    return {int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit()}


def write_part(folder: Path, replication: int, tables: Tables) -> None:
    """Write a replication under a temporary name, then rename.

    The process's own number keeps two writers apart; both would write the same bytes.
    """
    path = part_path(folder, replication)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(_packed(tables))
    temporary.replace(path)


def read_part(folder: Path, replication: int) -> Tables:
    """Read a replication back. Raises InputError where the file is damaged."""
    path = part_path(folder, replication)
    try:
        with pa.ipc.open_file(path.read_bytes()) as reader:
            row = reader.get_batch(0)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path}: damaged ({error})", do="delete it and run the same command again"
        ) from error
    return {name: _unpacked(row.column(row.schema.get_field_index(name)), name) for name in FIELDS}


def _packed(tables: Tables) -> bytes:
    """The bytes of an Arrow file with one row of lists."""
    lists = [_list_of(tables[name], name) for name in FIELDS]
    batch = pa.RecordBatch.from_arrays(lists, names=list(FIELDS))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _list_of(table: Table, name: str) -> Any:
    columns = [pa.array(table[field]) for field in COLUMNS[name]]
    records = pa.StructArray.from_arrays(columns, names=list(COLUMNS[name]))
    return pa.ListArray.from_arrays(pa.array([0, len(records)], pa.int32()), records)


def _unpacked(lists: Any, name: str) -> Table:
    records = lists.flatten()
    table: dict[str, Column] = {}
    for field in COLUMNS[name]:
        kind = "<i4" if field == "replication" else NUMPY_TYPES[FIELDS[name][field]]
        column = records.field(field).to_numpy(zero_copy_only=False)
        table[field] = np.array(column, dtype=kind)
    return table
