"""Ingestion beside plain `polars.read_csv` of the same file: seconds and peak memory, in the same conditions.

    python -m benchmarks.ingestion [--synthetic 10000000] [--banks 100] [--rounds 5]

"find" is what the pipeline does of a new file first: its form found, its lines counted, its sha256 taken. "ingest" is
what follows: its texts parsed, checked, derived and split, the quarantine written. "all" is both. In each round the
steps take turns, each in a process of its own: "fresh" begins before anything is imported, "again" is the same work a
second time in that process. Prints a table of medians over the rounds and writes benchmarks/results/ingestion.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from credit.files import whole_file
from credit.home import Home

RESULTS = Path(__file__).parent / "results" / "ingestion.json"
Step = Callable[[Path, str], int]
KINDS = ("seconds", "cpu_seconds", "again_seconds", "again_cpu_seconds")


def read_csv(folder: Path, contract: str) -> int:
    """Plain polars: types inferred, nothing checked."""
    import polars as pl

    return pl.read_csv(folder / "records.csv", infer_schema_length=10_000, ignore_errors=True).height


def find(folder: Path, contract: str) -> int:
    """The CSV looked through and fingerprinted, and noted in `folder`."""
    from credit.sources import raw_records

    os.environ["DATA"] = str(folder / "records.csv")
    with tempfile.TemporaryDirectory() as cache:
        raw = raw_records(contract, Path(cache))
    (folder / "raw.json").write_text(json.dumps(asdict(raw)))
    return raw.rows


def ingest(folder: Path, contract: str) -> int:
    """From the CSV that `find` has noted to split records; what banks keep stays in memory, the quarantine does not."""
    from credit.contract import load_contract
    from credit.features import PART
    from credit.sources import RawRecords
    from credit.splits import with_parts
    from credit.streaming import compact, ingest_file

    terms = load_contract(contract)
    done = ingest_file(
        RawRecords.from_dict(json.loads((folder / "raw.json").read_text())),
        terms,
        folder / "quarantine.parquet",
        lambda records: compact(with_parts(records, terms, 0), terms, PART),
    )
    assert done.records.height + done.quarantined == done.rows
    return done.rows


def all_of_it(folder: Path, contract: str) -> int:
    """Both."""
    find(folder, contract)
    return ingest(folder, contract)


STEPS: dict[str, Step] = {"read_csv": read_csv, "find": find, "ingest": ingest, "all": all_of_it}


def measured(work: Step, folder: Path, contract: str) -> dict[str, float]:
    """What `work` costs in a process of its own, as `_timed` has it."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_timed, (work, folder, contract))


def _timed(work: Step, folder: Path, contract: str) -> dict[str, float]:
    """Records, seconds on the clock and of all cores (imports included), peak resident gigabytes; and again."""
    begin, spent = time.perf_counter(), time.process_time()
    records = work(folder, contract)
    fresh, cpu, peak = time.perf_counter() - begin, time.process_time() - spent, _peak_gib()
    begin, spent = time.perf_counter(), time.process_time()
    work(folder, contract)
    return {
        "records": records,
        "seconds": fresh,
        "cpu_seconds": cpu,
        "again_seconds": time.perf_counter() - begin,
        "again_cpu_seconds": time.process_time() - spent,
        "peak_gib": peak,
    }


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(r[key] for r in rounds), 2) for key in rounds[0]}


def _peak_gib() -> float:
    """This process's own peak; getrusage would count the parent's before the program was loaded."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def sba_csv(folder: Path) -> None:
    """The SBA loans as the CSV that their source holds."""
    import polars as pl

    from credit.sources import raw_records

    pl.concat(raw_records("sba", Home().data).batches(250_000)).write_csv(folder / "records.csv")


def synthetic_csv(folder: Path, rows: int, banks: int) -> None:
    from credit.synthetic import write_synthetic

    write_synthetic(folder / "records.csv", rows, banks, seed=0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--synthetic", type=int, default=10_000_000, help="synthetic records, 0 for none")
    parser.add_argument("--banks", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    folder = Home().root / "benchmark"
    sets: dict[str, Callable[[Path], None]] = {"sba": sba_csv}
    if options.synthetic:
        sets["synthetic"] = lambda to: synthetic_csv(to, options.synthetic, options.banks)
    _report(
        {
            contract: _compared(folder / contract, contract, make, options.rounds)
            for contract, make in sets.items()
        }
    )


def _compared(folder: Path, contract: str, make: Callable[[Path], None], rounds: int) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    make(folder)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in STEPS}
    for _ in range(rounds):
        for name, step in STEPS.items():
            taken[name].append(measured(step, folder, contract))
    result: dict = {name: _medians(costs) for name, costs in taken.items()}
    result["csv_mb"] = round((folder / "records.csv").stat().st_size / 1e6)
    (folder / "records.csv").unlink()
    plain = result["read_csv"]
    result["times_read_csv"] = {n: {k: round(result[n][k] / plain[k], 2) for k in KINDS} for n in STEPS}
    return result


def _report(results: dict[str, dict]) -> None:
    kinds = ("fresh", "its cores'", "again", "its cores'")
    heads = ("data", "step", "records", *(f"{kind} s" for kind in kinds), "peak GiB", "times read_csv: fresh")
    table = Table(*heads, *kinds[1:], title="ingestion")
    for name, steps in results.items():
        plain = steps["read_csv"]
        for step in STEPS:
            s = steps[step]
            figures = (s[k] for k in (*KINDS, "peak_gib"))
            ratios = (s[k] / plain[k] for k in KINDS)
            table.add_row(
                f"{name}, {steps['csv_mb']} MB",
                step,
                f"{s['records']:,.0f}",
                *(f"{f:.2f}" for f in (*figures, *ratios)),
            )
    Console(width=140).print(table)
    with whole_file(RESULTS) as aside:
        aside.write_text(
            json.dumps({"cores": os.cpu_count(), "load": os.getloadavg(), "data": results}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
