"""A run on disk (`run_to_store`): its records, key figures and manifest, byte for byte the same for a seed.

    FOLDER/manifest.json            what the run consists of; the folder of another run is refused
    FOLDER/parts/0000012.arrow      the replications finished so far, until all are
    FOLDER/records/calls.parquet    the records of all replications in order, one file for each table
    FOLDER/stress.md, stress.json   what was done, in the sections of the STRESS-DES guideline
    FOLDER/kpis.json                the key figures

Every replication is on disk before it counts as done. So a kill loses none of them, and the same
command continues where it stopped. Nothing written here depends on the time, the machine or the
number of processes.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import dfr
from dfr.errors import InputError
from dfr.io.files import json_text, read_bounded, write_atomically
from dfr.metrics.kpi import Summary, summarise
from dfr.metrics.stress import stress, stress_markdown
from dfr.plan.model import Plan
from dfr.sim.build import sim_inputs
from dfr.sim.events import (
    COLUMNS,
    FIELDS,
    LATER_TABLES,
    NUMPY_TYPES,
    RECORDS,
    Column,
    Records,
    Table,
    Tables,
    vocabulary,
)
from dfr.sim.experiment import OnDone, checked_replications, run
from dfr.sim.inputs import SimInputs
from dfr.world.model import World

PART_SUFFIX = ".arrow"

GROUP = 100
"""Replications in one row group of a Parquet file; fixed, so that the bytes are too."""

FORMAT = 3
"""Version of the folder's layout and the records' columns."""

IDENTITY = ("format", "scenario", "scenario_sha256", "inputs_sha256", "sites", "seed", "versions")
"""What must agree for two runs to be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A finished run: its folder, manifest, inputs, records and key figures."""

    folder: Path
    manifest: dict[str, Any]
    seed: int
    inputs: SimInputs
    records: Records
    summary: Summary


def run_to_store(
    world: World,
    plan: Plan,
    *,
    folder: Path,
    replications: int,
    seed: int,
    jobs: int = 1,
    replace: bool = False,
    on_done: OnDone | None = None,
    inputs: SimInputs | None = None,
    cluster: str | None = None,
) -> StoredRun:
    """The run simulated into a folder; it continues with what the folder holds of the same run.

    `inputs` replace those of world and plan where something was changed (traced calls, a lost dock).
    Raises InputError where the folder holds another run or more replications than asked for, unless
    `replace` allows that such a run is removed.
    """
    inputs = sim_inputs(world, plan) if inputs is None else inputs
    manifest = manifest_of(world, plan, inputs, seed=seed, replications=checked_replications(replications))
    if replace:
        _clear_other(folder, manifest)
    held = _claim_folder(folder, manifest)
    if held == replications:
        return _stored_run(folder, manifest, inputs, load_records(folder), seed)
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    if held:
        _reopen_run(folder, parts)
    there = finished_parts(parts)
    todo = [number for number in range(replications) if number not in there]
    under_way = run(inputs, seed=seed, numbers=todo, jobs=jobs, keep=_part_writer(parts), cluster=cluster)
    for done, _ in enumerate(under_way, start=1):
        if on_done is not None:
            on_done(replications - len(todo) + done)
    tables = [read_part(parts, number) for number in range(replications)]
    records = Records.joined(vocabulary(inputs), range(replications), tables)
    return _finish_run(folder, manifest, inputs, records, seed)


def held_replications(folder: Path) -> int:
    """How many replications a folder holds, of a finished run or of one under way."""
    if (folder / "kpis.json").is_file():
        return int(load_manifest(folder)["replications"])
    return len(finished_parts(folder / "parts"))


def _part_writer(parts: Path) -> functools.partial[None]:
    """The function with which a worker stores a finished replication."""
    return functools.partial(write_part, parts)


def manifest_of(
    world: World, plan: Plan, inputs: SimInputs, *, seed: int, replications: int
) -> dict[str, Any]:
    """What a run consists of: enough to repeat it and to tell it from any other."""
    return {
        "format": FORMAT,
        "scenario": inputs.scenario,
        "scenario_sha256": world.scenario.sha256,
        "inputs_sha256": inputs.digest(),
        "sites": [site.id for site in plan.sites],
        "seed": seed,
        "replications": replications,
        "traced_calls": None if inputs.trace is None else len(inputs.trace),
        "versions": {
            "dfr": dfr.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "simpy": version("simpy"),
            "pyarrow": pa.__version__,
        },
    }


def load_records(folder: Path) -> Records:
    """The records of a finished run. Raises InputError where there are none."""
    tables: dict[str, Table] = {}
    words: tuple[str, ...] = ()
    count = 0
    for name in FIELDS:
        path = folder / "records" / f"{name}.parquet"
        if not path.is_file() and name in LATER_TABLES:
            tables[name] = {field: np.empty(0, NUMPY_TYPES[kind]) for field, kind in COLUMNS[name].items()}
            continue
        if not path.is_file():
            raise InputError(f"{path}: there is no such file", do=f"simulate with --out {folder} first")
        try:
            words, count, tables[name] = _read_table(path, name)
        except (pa.ArrowException, OSError, LookupError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is damaged, or not a file of records ({error})",
                do="simulate into a new folder",
            ) from error
    return Records(words, tuple(range(count)), tables)


def _read_table(path: Path, name: str) -> tuple[tuple[str, ...], int, Table]:
    """(Vocabulary, replications, columns) of one file of records."""
    read = pq.read_table(path)
    stored = json.loads(read.schema.metadata[b"dfr"])
    words = tuple(stored["words"])
    return (
        words,
        int(stored["replications"]),
        {f: _column_values(read.column(f), words) for f in COLUMNS[name]},
    )


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run. Raises InputError where there is none, or it cannot be read."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(read_bounded(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error})", do="choose another folder") from error
    if not isinstance(manifest, dict):
        raise InputError(f"{path} is not the manifest of a run", do="choose another folder")
    return manifest


# -- a folder and whose it is --


def _claim_folder(folder: Path, manifest: dict[str, Any]) -> int:
    """How many finished replications of this run the folder holds; from now on the folder is this run's."""
    path = folder / "manifest.json"
    if not path.exists():
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder", do="choose another output")
        write_atomically(path, json_text(manifest))
        return 0
    found = load_manifest(folder)
    for key in IDENTITY:
        if found.get(key) != manifest[key]:
            raise InputError(
                f"{folder} holds a run with {key} {found.get(key)!r}, not {manifest[key]!r}",
                do="choose another folder, or remove it",
            )
    held = int(found["replications"]) if (folder / "kpis.json").exists() else 0
    if held > manifest["replications"]:
        raise InputError(f"{folder} holds {held} replications already", do="ask for as many or more")
    return held


def _clear_other(folder: Path, manifest: dict[str, Any]) -> None:
    """Remove the files of a run that `_claim_folder` would refuse, and nothing else in the folder."""
    if not (folder / "manifest.json").is_file():
        return
    found = load_manifest(folder)
    same = all(found.get(key) == manifest[key] for key in IDENTITY)
    if same and int(found["replications"]) <= manifest["replications"]:
        return
    for name in ("kpis.json", "stress.md", "stress.json", "manifest.json"):
        (folder / name).unlink(missing_ok=True)
    for name in ("parts", "records"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _reopen_run(folder: Path, parts: Path) -> None:
    """Split a finished run into its replications again, to add more; safe against a kill at any point."""
    records = load_records(folder)
    for number in records.replications:
        write_part(parts, number, records.of(number).tables)
    (folder / "kpis.json").unlink()


def _finish_run(
    folder: Path, manifest: dict[str, Any], inputs: SimInputs, records: Records, seed: int
) -> StoredRun:
    """Write the records, how many there are, then the key figures, whose file says that all is done."""
    for name in FIELDS:
        write_atomically(folder / "records" / f"{name}.parquet", parquet_bytes(records, name))
    stored = _stored_run(folder, manifest, inputs, records, seed)
    sections = stress(inputs, stored.summary, manifest)
    write_atomically(folder / "stress.md", stress_markdown(sections))
    write_atomically(folder / "stress.json", json_text(sections))
    write_atomically(folder / "manifest.json", json_text(manifest))
    write_atomically(folder / "kpis.json", json_text(stored.summary.as_dict()))
    shutil.rmtree(folder / "parts", ignore_errors=True)
    return stored


def _stored_run(
    folder: Path, manifest: dict[str, Any], inputs: SimInputs, records: Records, seed: int
) -> StoredRun:
    summary = summarise(records, inputs.deployment, seed=seed)
    return StoredRun(
        folder=folder, manifest=manifest, seed=seed, inputs=inputs, records=records, summary=summary
    )


# -- one replication: an Arrow file of one row, in which each table is a list of records --


def part_path(folder: Path, replication: int) -> Path:
    """The file of a replication."""
    return folder / f"{replication:07d}{PART_SUFFIX}"


def finished_parts(folder: Path) -> set[int]:
    """The numbers of the replications in a folder."""
    return {int(path.stem) for path in folder.glob(f"*{PART_SUFFIX}") if path.stem.isdigit()}


def write_part(folder: Path, replication: int, tables: Tables) -> None:
    """Write a replication under a temporary name, then rename it.

    The process number in that name keeps two writers apart; both would write the same bytes.
    """
    path = part_path(folder, replication)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(_part_bytes(tables))
    temporary.replace(path)


def read_part(folder: Path, replication: int) -> Tables:
    """The tables of a replication. Raises InputError where the file is damaged."""
    path = part_path(folder, replication)
    try:
        with pa.ipc.open_file(path.read_bytes()) as reader:
            row = reader.get_batch(0)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path} is damaged ({error})", do="delete it and run the same command again"
        ) from error
    return {name: _table_from_list(row.column(row.schema.get_field_index(name)), name) for name in FIELDS}


def _part_bytes(tables: Tables) -> bytes:
    """The bytes of an Arrow file with one row, a list for each table."""
    lists = [_table_as_list(tables[name], name) for name in FIELDS]
    batch = pa.RecordBatch.from_arrays(lists, names=list(FIELDS))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _table_as_list(table: Table, name: str) -> Any:
    columns = [pa.array(table[field]) for field in COLUMNS[name]]
    records = pa.StructArray.from_arrays(columns, names=list(COLUMNS[name]))
    return pa.ListArray.from_arrays(pa.array([0, len(records)], pa.int32()), records)


def _table_from_list(lists: Any, name: str) -> Table:
    records = lists.flatten()
    table: dict[str, Column] = {}
    for field, kind in COLUMNS[name].items():
        column = records.field(field).to_numpy(zero_copy_only=False)
        table[field] = np.array(column, dtype=NUMPY_TYPES[kind])
    return table


# -- records as Parquet --


def parquet_bytes(records: Records, name: str) -> bytes:
    """One table as a Parquet file: text columns by dictionary, row groups of a fixed size in replications."""
    schema = _table_schema(records, name)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for start, end in _row_groups(records, name):
            writer.write_table(_arrow_rows(records, name, start, end, schema))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def arrow_table(records: Records, name: str) -> pa.Table:
    """One table of records in memory; text columns by dictionary, as in the Parquet file."""
    return _arrow_rows(
        records, name, 0, len(records.column(name, "replication")), _table_schema(records, name)
    )


def _table_schema(records: Records, name: str) -> pa.Schema:
    return pa.schema(
        [(field, _arrow_type(kind)) for field, kind in COLUMNS[name].items()],
        metadata={
            "dfr": json.dumps({"words": records.words, "replications": len(records.replications)}),
            "record": RECORDS[name].__name__,
        },
    )


def _row_groups(records: Records, name: str) -> Iterator[tuple[int, int]]:
    """Rows of each group of replications."""
    replication = records.column(name, "replication")
    bounds = np.searchsorted(replication, [*range(0, len(records.replications), GROUP), math.inf])
    yield from ((int(a), int(b)) for a, b in itertools.pairwise(bounds))


def _arrow_type(kind: type) -> Any:
    types: dict[type, Callable[[], Any]] = {float: pa.float64, int: pa.int32}
    return pa.dictionary(pa.int16(), pa.string()) if kind is str else types[kind]()


def _arrow_rows(records: Records, name: str, start: int, end: int, schema: Any) -> Any:
    columns = []
    for field, kind in COLUMNS[name].items():
        cells = records.column(name, field)[start:end]
        if kind is str:
            columns.append(pa.DictionaryArray.from_arrays(pa.array(cells), pa.array(records.words)))
        else:
            columns.append(pa.array(cells))
    return pa.Table.from_arrays(columns, schema=schema)


def _column_values(column: Any, words: tuple[str, ...]) -> Column:
    """A column read back, text as codes of the vocabulary again."""
    if not pa.types.is_dictionary(column.type):
        return np.asarray(column.to_numpy())
    code = {word: index for index, word in enumerate(words)}
    codes = [np.empty(0, dtype=NUMPY_TYPES[str])]
    for chunk in column.chunks:
        own = np.array([code[word] for word in chunk.dictionary.to_pylist()], dtype=NUMPY_TYPES[str])
        codes.append(own[chunk.indices.to_numpy()])
    return np.concatenate(codes)
