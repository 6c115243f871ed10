"""The model-risk report of the run's winner, as HTML and PDF."""

import tempfile
from pathlib import Path

import dagster as dg
import polars as pl

from assets.ingestion import Parts
from assets.setting import all_banks_asset, consortium, contract
from assets.training import bank_list
from credit.evaluation import ALL_BANKS
from credit.features import OUTCOME, PARTS, BankRecords
from credit.files import whole_file
from credit.home import Home
from registry.document_html import to_html
from registry.document_pdf import to_pdf
from registry.promotion import Registry
from registry.risk.facts import Facts
from registry.risk.report import risk_report
from registry.tracking import Tracking

FOLDERS = ("evaluation", "calibration", "fairness", "stability", "explanation", "explanation_by_bank")


@all_banks_asset(group_name="promotion", kinds={"html", "pdf"}, code_version="1")
def model_risk_report(
    context: dg.AssetExecutionContext,
    verdict: dict,
    raw_loan_records: dict,
    loan_records: dict[str, Parts],
    evaluation: dict[str, pl.DataFrame],
    scoring: dict[str, list],
    fairness: dict[str, pl.DataFrame],
    stability: dict[str, pl.DataFrame],
    scorecard: dict,
    explanation: dict,
    bank_explanations: dict,
    home: dg.ResourceParam[Home],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
) -> dict:
    """What a risk officer reads before signing: of the winner, whether the gate let it through or not."""
    family = verdict["tags"]["family"]
    facts = Facts(
        contract=contract(),
        consortium=consortium().name,
        policy=consortium().policy,
        raw=raw_loan_records,
        parts=_parts(bank_list(loan_records)),
        most_records=consortium().records_per_bank,
        verdict=verdict,
        test=evaluation["test"].filter(bank=ALL_BANKS),
        split_by_row=evaluation["split_by_row"],
        uplift=evaluation["uplift"].filter(family=family).drop("family"),
        scoring=next(f for f in scoring["families"] if f["family"] == family),
        fairness=fairness,
        stability=stability,
        scorecard=scorecard["table"],
        scorecard_figures=scorecard["figures"],
        agreement=bank_explanations["agreement"],
        events=registry.history(),
        pictures=_pictures(tracking, explanation["mlflow_run"]),
    )
    document = risk_report(facts)
    files = {"html": to_html(document).encode(), "pdf": to_pdf(document)}
    folder = home.root / "reports" / f"{consortium().model}-{verdict['version']}"
    for kind, content in files.items():
        with whole_file(folder / f"model-risk-report.{kind}") as aside:
            aside.write_bytes(content)
        tracking.log_bytes(verdict["run_id"], content, f"report/model-risk-report.{kind}")
    paths = {kind: str(folder / f"model-risk-report.{kind}") for kind in files}
    context.add_output_metadata({kind: dg.MetadataValue.path(path) for kind, path in paths.items()})
    return paths


def _parts(banks: list[BankRecords]) -> pl.DataFrame:
    """Records and default rate of each bank by part."""
    worst = len(contract().classes) - 1
    rows = []
    for bank in banks:
        row: dict = {"bank": bank.name}
        for part in PARTS:
            records = bank.part(part)
            row |= {part: records.height, f"{part} default rate": (records[OUTCOME] == worst).mean()}
        rows.append(row)
    return pl.DataFrame(rows)


def _pictures(tracking: Tracking, run: str) -> dict[str, bytes]:
    """The run's pictures by `folder/name`."""
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as into:
        for folder in FOLDERS:
            if not tracking.client.list_artifacts(run, folder):
                continue
            local = Path(tracking.client.download_artifacts(run, folder, into))
            found |= {f"{folder}/{p.name}": p.read_bytes() for p in sorted(local.glob("*.png"))}
    return found
