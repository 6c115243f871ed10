"""What orchestration costs: the job's wall time beside the same stages called as plain functions.

    python -m benchmarks.pipeline [--dataset synthetic] [--rounds 2]

Both run interleaved in one process on the same cached records; the last round counts, when every library is loaded.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).with_name("results") / "pipeline.json"


class PlainContext:
    """What a stage asks of Dagster's context, without Dagster: metadata go nowhere."""

    def __init__(self, partition_keys: list[str]):
        self.partition_keys = partition_keys
        self.run_id = str(uuid.uuid4())

    def add_output_metadata(self, metadata: dict, **_: Any) -> None: ...

    def add_asset_metadata(self, metadata: dict, **_: Any) -> None: ...


def plain_stages() -> dict[str, Callable[..., Any]]:
    """The undecorated function of every asset, in the order of the job."""
    from pipelines.definitions import defs

    graph = defs.resolve_asset_graph()
    functions = {}
    for key in graph.toposorted_asset_keys:
        functions[key.to_user_string()] = defs.get_assets_def(key).op.compute_fn.decorated_fn  # type: ignore[attr-defined]
    return functions


def run_plainly(resources: dict[str, Any], partition_keys: list[str]) -> dict[str, float]:
    """Call every stage with the values of those before it; seconds by stage."""
    values: dict[str, Any] = dict(resources)
    values["context"] = PlainContext(partition_keys)
    seconds = {}
    for name, stage in plain_stages().items():
        begin = time.perf_counter()
        result = stage(**{p: _argument(p, q, values) for p, q in inspect.signature(stage).parameters.items()})
        seconds[name] = time.perf_counter() - begin
        values[name] = getattr(result, "value", result)
    return seconds


def _argument(name: str, parameter: inspect.Parameter, values: dict[str, Any]) -> Any:
    return parameter.annotation() if name == "config" else values[name]


def compare(dataset: str, rounds: int) -> dict[str, Any]:
    """Seconds of the last of `rounds` interleaved rounds."""
    from cli.run import chosen_consortium
    from credit.home import Home
    from pipelines.environment import prepare

    home = Home()
    prepare(home)
    os.environ["CONSORTIUM"] = str(chosen_consortium(dataset, "", Path("consortium.yaml"), home).resolve())
    from assets.setting import banks, consortium
    from pipelines.running import run_pipeline
    from pipelines.turn import turn
    from registry.promotion import Registry
    from registry.tracking import Tracking

    tracking = Tracking(home.tracking_uri, home.root / "mlartifacts")
    resources = {
        "home": home,
        "tracking": tracking,
        "registry": Registry(tracking, consortium().model, home.root / "lock"),
    }
    plain: dict[str, float] = {}
    job: dict[str, float] = {}
    wall = 0.0
    for _ in range(rounds):
        plain = run_plainly(resources, list(banks.get_partition_keys()))
        with turn(home, "benchmarks/pipeline.py", print):
            begin = time.perf_counter()
            job = run_pipeline(home, Console(quiet=True)).seconds
            wall = time.perf_counter() - begin
    share = 1.0 - sum(plain.values()) / wall
    return {"dataset": dataset, "plain": plain, "job": job, "job_wall": wall, "orchestrator_share": share}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FEDCREDIT_HOME", folder)
        result = compare(options.dataset, options.rounds)
    table = Table("stage", "plain, s", "in the job, s", title=f"{result['dataset']}: the last round")
    for name, seconds in result["plain"].items():
        table.add_row(name, f"{seconds:.2f}", f"{result['job'].get(name, float('nan')):.2f}")
    table.add_row("all", f"{sum(result['plain'].values()):.2f}", f"{result['job_wall']:.2f}")
    console = Console()
    console.print(table, f"orchestrator's share of the job's wall time: {result['orchestrator_share']:.1%}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
