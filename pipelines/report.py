"""What a run came to: `reports/latest.json`, and the tables at its end."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from assets.federated_evaluation import best_family
from assets.setting import consortium
from credit.contract import load_contract
from credit.evaluation import ALL_BANKS
from credit.files import whole_file
from credit.home import Home
from credit.multiclass import MULTICLASS_METRICS
from pipelines.io_manager import fetch

TRAINED = ("local", "federated", "personalised", "pooled")
FIGURES = ("auc", "ks", "brier", "logloss", "gap")
CLASS_FIGURES = (*MULTICLASS_METRICS, "accuracy_gap")


def run_report(home: Home, dataset: str, seconds: dict[str, float]) -> dict[str, Any]:
    """The report of the assets as they are stored now."""
    champion = _value(home, "champion")
    return {
        **figures_report(home, dataset),
        "champion": {
            "family": champion["tags"]["family"],
            "version": champion["version"],
            "alias": "champion",
        },
        "challenger": champion["challenger"],
        "model": consortium().model,
        "bento": _value(home, "scoring_service")["tag"],
        "release": _value(home, "release")["folder"],
        "model_risk_report": _value(home, "model_risk_report")["pdf"],
        "seconds": seconds,
    }


def figures_report(home: Home, dataset: str) -> dict[str, Any]:
    """Records and figures of the assets as they are stored now: what stands whether a champion came of it or not."""
    raw, evaluation = _value(home, "raw_loan_records"), _value(home, "evaluation")
    test: pl.DataFrame = evaluation["test"]
    contract = load_contract(dataset)
    return {
        "dataset": contract.name,
        "test": contract.holdout.test,
        "classes": list(contract.classes),
        "rows": raw["rows"],
        "cached": raw["cached"],
        "quarantined": _quarantined(home, contract.name),
        "family_by_bank": best_family(evaluation["validation"]),
        "banks": _banks(test, best_family(evaluation["validation"])),
        "models": test.filter(bank=ALL_BANKS)
        .select("family", "strategy", *(f for f in (*FIGURES, *CLASS_FIGURES) if f in test.columns))
        .sort("auc", descending=True)
        .to_dicts(),
        "split_by_row": evaluation["split_by_row"].to_dicts(),
    }


def _value(home: Home, asset: str) -> Any:
    return fetch(home.storage / asset / "value" / "value")


def _quarantined(home: Home, contract: str) -> int:
    path = home.quarantine / contract / "quarantine.parquet"
    return pl.scan_parquet(path).select(pl.len()).collect().item()


def _banks(test: pl.DataFrame, family: str) -> list[dict]:
    own = test.filter(pl.col("bank") != ALL_BANKS, family=family)
    wide = own.pivot("strategy", index=["bank", "records"], values="auc", maintain_order=True)
    missing = [s for s in TRAINED if s not in wide.columns]
    wide = wide.with_columns(pl.lit(None, pl.Float64).alias(s) for s in missing)
    return [
        {
            "name": r["bank"],
            "records": r["records"],
            **{f"{s}_auc": r[s] for s in TRAINED},
        }
        for r in wide.sort("records", descending=True).iter_rows(named=True)
    ]


def write_report(report: dict[str, Any], path: Path) -> None:
    with whole_file(path) as aside:
        aside.write_text(json.dumps(report, indent=1))


def print_report(report: dict[str, Any], console: Console) -> None:
    """The tables at the end of a run, and where everything is."""
    print_figures(report, console)
    champion, challenger = report["champion"], report["challenger"]
    console.print(f"[bold]champion[/]  {champion['family']}, version {champion['version']}")
    if not challenger["promoted"]:
        console.print(f"[bold]challenger[/]  version {challenger['version']} stays out: {challenger['why']}")
    for name, text in _places(report).items():
        console.print(f"[bold]{name}[/]  {text}", soft_wrap=True)
    total = sum(report["seconds"].values())
    console.print(
        f"[bold]seconds[/]  {total:.0f} in all: "
        + ", ".join(f"{k} {v:.1f}" for k, v in report["seconds"].items())
    )


def print_figures(report: dict[str, Any], console: Console) -> None:
    """The tables of models, banks and splits."""
    console.print(*_models_tables(report), _banks_table(report), *_split_table(report))


def _places(report: dict[str, Any]) -> dict[str, str]:
    champion, challenger = report["champion"], report["challenger"]
    source = "from the cache" if report["cached"] else "from their source, cached for the next run"
    return {
        "records": f"{report['rows']:,} read {source}, {report['quarantined']:,} in quarantine",
        f"Bento of version {champion['version']}": f"{report['bento']}: MODEL={report['model']} make serve",
        f"release of version {champion['version']}": report["release"],
        f"model-risk report of version {challenger['version']}": report["model_risk_report"],
        "Dagster UI": "make dev, then http://127.0.0.1:3000",
        "MLflow UI": "make mlflow, then http://127.0.0.1:5000",
    }


def _models_tables(report: dict[str, Any]) -> list[Table]:
    """Figures of default (or the worst class) against the rest, then those over three or more classes."""
    test = f"{report['dataset']}: {report['test']}, all banks"
    classes = report["classes"]
    if len(classes) == 2:
        return [_models_table(report, FIGURES, test)]
    first = _models_table(report, FIGURES, f"{test}, {classes[-1]} against the rest")
    return [first, _models_table(report, CLASS_FIGURES, f"{test}, {', '.join(classes)}")]


def _models_table(report: dict[str, Any], figures: tuple[str, ...], title: str) -> Table:
    caption = "brier and logloss are those of the models as trained, before calibration"
    table = Table("model", "trained", *figures, title=title, caption=caption if "brier" in figures else None)
    for row in report["models"]:
        table.add_row(row["family"], row["strategy"], *(_figure(row[f]) for f in figures))
    return table


def _split_table(report: dict[str, Any]) -> list[Table]:
    """What a split by row would have claimed, where customers repeat."""
    rows = report["split_by_row"]
    if not rows:
        return []
    title = "the same records split by row: months of one customer leak into the test"
    shown = [f for f in ("split", "auc", "logloss", "gap", *CLASS_FIGURES) if f in rows[0]]
    table = Table(*shown, title=title)
    for row in rows:
        table.add_row(*(row[f] if f == "split" else _figure(row[f]) for f in shown))
    return [table]


def _banks_table(report: dict[str, Any]) -> Table:
    title = f"bank by bank, {report['family_by_bank']}: AUC inside its test records; gain: personalised less local"
    figures = [Column(name, justify="right") for name in ("records", *TRAINED, "gain")]
    # Without rules between columns it fits a terminal of 80.
    table = Table("bank", *figures, title=title, box=SIMPLE_HEAD, show_edge=False, padding=0)
    for bank in report["banks"]:
        aucs = [bank[f"{s}_auc"] for s in TRAINED]
        joined = aucs[1] if aucs[2] is None else aucs[2]
        gained = None if joined is None or aucs[0] is None else joined - aucs[0]
        colour = "" if gained is None else "[green]" if gained > 0 else "[red]"
        shown = "undefined" if gained is None else f"{gained:+.4f}"
        table.add_row(bank["name"], f"{bank['records']:,}", *map(_figure, aucs), colour + shown)
    return table


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
