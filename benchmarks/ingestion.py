"""Ingestion beside plain `polars.read_csv` of the same file: seconds and peak memory, each in a process of its own.

    python -m benchmarks.ingestion [--synthetic 10000000] [--banks 100]

Prints a table and writes benchmarks/results/ingestion.json. "convert" takes the CSV's texts to the cached
Parquet, once; "ingest" is what every run does: parse, check, derive, split, quarantine written.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from credit.files import whole_file
from credit.home import Home

RESULTS = Path(__file__).parent / "results" / "ingestion.json"


def read_csv(folder: Path, contract: str) -> int:
    """Plain polars: types inferred, nothing checked."""
    import polars as pl

    return pl.read_csv(folder / "records.csv", infer_schema_length=10_000, ignore_errors=True).height


def convert(folder: Path, contract: str) -> int:
    """The CSV's texts as the cached Parquet."""
    import polars as pl

    from credit.data import Data
    from credit.readers import write_texts

    write_texts(Data(files=(str(folder / "records.csv"),)), folder / "raw.parquet")
    return pl.scan_parquet(folder / "raw.parquet").select(pl.len()).collect().item()


def ingest(folder: Path, contract: str) -> int:
    """Parse, check, derive and split; the banks' features stay in memory, the quarantine goes to its file."""
    from credit.contract import load_contract
    from credit.splits import PART, with_parts
    from credit.streaming import compact, ingest_file

    terms = load_contract(contract)
    done = ingest_file(
        folder / "raw.parquet",
        terms,
        folder / "quarantine.parquet",
        lambda records: compact(with_parts(records, terms, 0), terms, PART),
    )
    assert done.records.height + done.quarantined == done.rows
    return done.rows


def measured(work: Callable[[Path, str], int], folder: Path, contract: str) -> dict[str, float]:
    """Records, wall seconds (imports included) and peak resident gigabytes of `work` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_timed, (work, folder, contract))


def _timed(work: Callable[[Path, str], int], folder: Path, contract: str) -> dict[str, float]:
    begin = time.perf_counter()
    records = work(folder, contract)
    seconds = time.perf_counter() - begin
    return {"records": records, "seconds": round(seconds, 2), "peak_gib": round(_peak_gib(), 2)}


def _peak_gib() -> float:
    """This process's own peak; getrusage would count the parent's before the program was loaded."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def sba_csv(folder: Path) -> None:
    """The SBA loans as the CSV that their source holds."""
    import polars as pl

    from credit.sources import raw_records

    pl.scan_parquet(raw_records("sba", Home().data).path).sink_csv(folder / "records.csv")


def synthetic_csv(folder: Path, rows: int, banks: int) -> None:
    from credit.synthetic import write_synthetic

    write_synthetic(folder / "records.csv", rows, banks, seed=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--synthetic", type=int, default=10_000_000, help="synthetic records, 0 for none")
    parser.add_argument("--banks", type=int, default=100)
    options = parser.parse_args()
    folder = Home().root / "benchmark"
    sets: dict[str, Callable[[Path], None]] = {"sba": sba_csv}
    if options.synthetic:
        sets["synthetic"] = lambda to: synthetic_csv(to, options.synthetic, options.banks)
    results: dict[str, dict] = {}
    for contract, make in sets.items():
        own = folder / contract
        own.mkdir(parents=True, exist_ok=True)
        make(own)
        results[contract] = {w.__name__: measured(w, own, contract) for w in (read_csv, convert, ingest)}
        results[contract]["csv_mb"] = round((own / "records.csv").stat().st_size / 1e6)
        ratio = results[contract]["ingest"]["seconds"] / results[contract]["read_csv"]["seconds"]
        results[contract]["ingest_to_read_csv"] = round(ratio, 2)
        (own / "records.csv").unlink()
    _report(results)


def _report(results: dict[str, dict]) -> None:
    table = Table(
        "data", "CSV", "step", "records", "seconds", "peak GiB", "times read_csv", title="ingestion"
    )
    for name, steps in results.items():
        plain = steps["read_csv"]["seconds"]
        for step in ("read_csv", "convert", "ingest"):
            s = steps[step]
            ratio = f"{s['seconds'] / plain:.2f}"
            table.add_row(
                name,
                f"{steps['csv_mb']} MB",
                step,
                f"{s['records']:,}",
                f"{s['seconds']}",
                f"{s['peak_gib']}",
                ratio,
            )
    Console().print(table)
    with whole_file(RESULTS) as aside:
        aside.write_text(json.dumps({"cores": os.cpu_count(), "data": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
