"""A whole file ingested in slices: the quarantine is written as it goes, only what is asked for stays in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import polars as pl

from credit.contract import Contract
from credit.errors import DataError
from credit.features import OUTCOME, PLACE, ROW
from credit.fields import Column, Role
from credit.files import ParquetLog, whole_file
from credit.ingestion import Ingestion, check_columns, judge
from credit.quarantine import REASON
from credit.readers import Texts
from credit.typed import Typed, typed_records
from credit.uniqueness import Repeats

SLICE = 450_000
AHEAD = 1
"""slices read while one is judged: polars spreads each over the cores, but waits for Python between its steps"""
Item = TypeVar("Item")
Result = TypeVar("Result")
Keep = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass
class FileIngestion:
    """What came of a file: `rows` read = `kept` + `quarantined`.

    `records` are the kept ones that were asked for, `reasons` counts the others (columns bank, reason,
    records), `mended` counts values taken as missing, `known` the values present by column, `outcomes` the
    kept records by class number.
    """

    records: pl.DataFrame
    rows: int = 0
    kept: int = 0
    reasons: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REASONS))
    mended: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[int] = field(default_factory=Counter)

    @property
    def quarantined(self) -> int:
        return self.rows - self.kept


_REASONS: dict = {"bank": pl.String, REASON: pl.String, "records": pl.UInt32}


def ingest_file(
    raw: Texts,
    contract: Contract,
    quarantine: Path,
    keep: Keep = lambda records: records,
    slice_rows: int = SLICE,
) -> FileIngestion:
    """Ingest the records `raw`; failing ones go to the Parquet `quarantine`.

    `keep` picks what stays in memory of a slice's records (columns as in `Ingestion.records`).
    Raises DataError where the source can't be read, columns are missing, there is no record or none is left,
    a feature has no value in the whole file, or the outcome has one class.
    """
    check_columns(raw.columns, contract)
    done, frames, reasons = FileIngestion(pl.DataFrame()), [], []
    with whole_file(quarantine) as aside, ParquetLog(aside) as log:
        for part in slices(raw, contract, slice_rows):
            log.write(part.quarantine)
            frames.append(keep(part.records))
            reasons.append(part.reasons())
            _count(done, part, contract)
        if not frames:
            raise DataError(f"{raw.name}: no record stands below the header")
    done.records, done.reasons = pl.concat(frames, rechunk=False), _summed(reasons)
    _check_whole(done, contract)
    return done


def slices(raw: Texts, contract: Contract, slice_rows: int = SLICE) -> Iterator[Ingestion]:
    """The ingestion of each `slice_rows` records in turn; a value is unique over all of them."""
    repeats = Repeats(contract, raw.count())

    def numbered() -> Iterator[pl.DataFrame]:
        rows = 0
        for batch in raw.batches(slice_rows):
            yield batch.with_row_index(PLACE, rows)
            rows += batch.height

    def read(texts: pl.DataFrame) -> tuple[pl.DataFrame, Typed]:
        return texts, typed_records(texts, contract)

    with ThreadPoolExecutor(AHEAD + 1) as pool:
        pool.submit(import_module, "credit.schema")  # half a second: pandera loads while the file is read
        for texts, typed in _in_order(pool, read, numbered()):
            yield judge(texts, typed, contract, repeats.among(typed.records))


def _in_order(pool: Executor, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`work` of each item in order, AHEAD of the one that is asked for."""
    ahead: deque[Future[Result]] = deque()
    for item in items:
        ahead.append(pool.submit(work, item))
        if len(ahead) > AHEAD:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def compact(records: pl.DataFrame, contract: Contract, *more: str) -> pl.DataFrame:
    """What later stages read of `records`, in little memory: categories as numbers of their book, no free text.

    Kept are row, outcome, features, sensitive columns, measured leaks, bank, customer, and the columns `more`.
    """
    single = [f for f in (contract.only(Role.BANK), contract.only(Role.ENTITY)) if f]
    leaks = [
        f
        for f in contract.with_role(Role.LEAK)
        if f.name in records.columns and records[f.name].dtype.is_numeric()
    ]
    fields = [*contract.features, *contract.with_role(Role.SENSITIVE), *leaks]
    levels = [pl.col(f.name).cast(pl.Enum(list(f.levels))) for f in fields if f.levels]
    names = dict.fromkeys([ROW, *(f.name for f in (*fields, *single)), OUTCOME, *more])
    return records.select(*names).with_columns(levels)


def _count(done: FileIngestion, part: Ingestion, contract: Contract) -> None:
    done.rows += part.rows
    done.kept += part.records.height
    done.mended.update(part.mended)
    for feature in contract.features:
        done.known[feature.name] += part.records.height - part.records[feature.name].null_count()
    done.outcomes.update(dict(part.records[OUTCOME].value_counts().iter_rows()))


def _summed(reasons: list[pl.DataFrame]) -> pl.DataFrame:
    summed = pl.concat(reasons).group_by("bank", REASON).agg(pl.sum("records"))
    return summed.sort("records", "bank", REASON, descending=[True, False, False], nulls_last=True)


def _check_whole(done: FileIngestion, contract: Contract) -> None:
    if not done.kept:
        worst = done.reasons[REASON][0]
        raise DataError(f"all {done.rows:,} records are in quarantine, most of them because: {worst}")
    for feature in contract.features:
        if not done.known[feature.name]:
            source = f" (column {feature.source!r})" if isinstance(feature, Column) else ""
            raise DataError(
                f"feature {feature.name}{source} has no value in any of {done.kept:,} records: "
                "give it the role input in the contract, or correct how it is read"
            )
    if len(done.outcomes) < 2:
        only = contract.classes[next(iter(done.outcomes))]
        raise DataError(
            f"the outcome {contract.outcome.column} is {only!r} in all {done.kept:,} records; "
            "correct outcome.classes in the contract"
        )
