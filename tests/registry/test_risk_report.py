"""The report tells a risk officer everything, promoted or not, as a page and as a PDF."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from credit.canvas import blank, png
from credit.contract import load_contract
from credit.policy import Policy
from registry.document import Document, Picture, Section, Table, Text
from registry.document_html import to_html
from registry.document_pdf import to_pdf
from registry.risk.facts import Facts
from registry.risk.report import risk_report

TAGS = {
    "family": "lightgbm",
    "strategy": "fedavg",
    "created": "2026-11-22T12:00:00+00:00",
    "contract": "synthetic v1",
    "contract_fingerprint": "f" * 64,
    "dagster_run_id": "d1",
    "code_revision": "c1",
}
FIGURES = dict.fromkeys(("auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap"), 0.5)
CHECK = {"check": "stability", "value": "0.3", "limit": "at most 0.25", "verdict": "failed"}


@pytest.fixture(scope="module")
def facts() -> Facts:
    groups = pl.DataFrame(
        [{"column": "age_group", "group": "under 30", "records": 200, "approval_rate": 0.4}]
    )
    moved = pl.DataFrame([{"name": "all banks", "records": 200, "psi": 0.3, "noise": 0.01, "drifted": True}])
    scoring = {"calibration": {"method": "platt"}, "threshold": 0.0909}
    return Facts(
        contract=load_contract("synthetic"),
        consortium="test banks",
        policy=Policy(),
        raw={"origin": "generator", "sha256": "0" * 64, "rows": 1000},
        parts=pl.DataFrame([{"bank": "bank-01", "train": 500, "train default rate": 0.2}]),
        verdict={"version": "3", "run_id": "r1", "tags": TAGS, "promoted": False, "why": "stability: 0.3",
                 "checks": [CHECK]},
        test=pl.DataFrame([{"family": "lightgbm", "strategy": "federated", **FIGURES}]),
        split_by_row=pl.DataFrame(),
        uplift=pl.DataFrame([{"bank": "bank-01", "uplift": 0.01, "low": None}]),
        scoring={"scoring": scoring, "figures": {"validation": {"error": 0.01}, "test": {"error": 0.05}}},
        fairness={"groups": groups, "differences": groups},
        stability={"banks": moved, "features": moved.rename({"name": "feature"})},
        scorecard=pl.DataFrame([{"feature": "Debt", "bin": "below 5 < 6 & more", "points": -3.2}]),
        scorecard_figures=pl.DataFrame([FIGURES]),
        agreement=0.9,
        events=[],
        pictures={"calibration/cost.png": png(blank(3, 2, "Cost", "x", "y")[0])},
    )  # fmt: skip


def test_a_rejected_model_keeps_its_report_and_says_why(facts):
    page = to_html(risk_report(facts))
    assert "not promoted" in page and "It stays out: stability: 0.3." in page
    assert '<tr class="failed">' in page


@pytest.mark.parametrize(
    "told",
    ["Purpose and origin", "Months on books", "sensitive: used for fairness figures only", "Federated against local",
     "Calibration, points and threshold", "Fairness", "Stability", "Limits", "no legal advice", "SR 26-2",
     "Approvals", "f" * 64, "validation 2005, out-of-time test 2006"],
)  # fmt: skip
def test_the_report_tells(facts, told):
    assert told in to_html(risk_report(facts))


def test_what_a_split_by_row_would_claim_stands_in_the_report_where_customers_repeat(facts):
    rows = pl.DataFrame([{"split": "by customer", "auc": 0.75}, {"split": "by row", "auc": 0.9655}])
    told = to_html(risk_report(replace(facts, split_by_row=rows)))
    assert "0.9655" in told and "months of one customer" in told
    assert "months of one customer" not in to_html(risk_report(facts))


def test_what_tables_hold_is_text_and_not_markup(facts):
    assert "below 5 &lt; 6 &amp; more" in to_html(risk_report(facts))


def test_the_pdf_has_pages_and_is_the_same_bytes_each_time(facts):
    made = to_pdf(risk_report(facts))
    assert made.startswith(b"%PDF") and made.count(b"/Type /Page\n") >= 3
    assert made == to_pdf(risk_report(facts))


def test_a_model_without_a_champion_before_it_is_reported(facts):
    assert "nothing to compare" in to_html(risk_report(replace(facts, agreement=None)))


def test_a_table_without_rows_and_a_long_one_are_set():
    empty = Table("Nothing", pl.DataFrame(schema={"a": pl.String}))
    long = Table("Much", pl.DataFrame({"number": range(300), "word": ["w" * 200] * 300}))
    picture = Picture("Cost", png(blank(3, 2, "Cost", "x", "y")[0]))
    section = Section("Part", (Text("a < b"), empty, long, picture))
    assert len(to_pdf(Document("Title", "sub", "foot", (section,)))) > 1000
