"""The report tells a risk officer everything, promoted or not, as a page and as a PDF."""

from __future__ import annotations

import html
from dataclasses import replace

import polars as pl
import pytest
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph

from credit.canvas import blank, png
from credit.contract import load_contract
from credit.policy import Policy
from registry.document import Document, Picture, Section, Table, Text
from registry.document_html import to_html
from registry.document_pdf import to_pdf
from registry.pdf_picture import PagePicture
from registry.pdf_style import HEIGHT, WIDTH, register_fonts
from registry.pdf_table import page_table
from registry.risk.captions import caption
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
    moved = pl.DataFrame(
        [
            {
                "name": "all banks",
                "records": 200,
                "psi": 0.3,
                "noise": 0.01,
                "drifted": True,
                "most_moved": "debt",
                "csi": 0.4,
            }
        ]
    )
    scoring = {"calibration": {"method": "platt"}, "threshold": 0.0909}
    return Facts(
        contract=load_contract("synthetic"),
        consortium="test banks",
        policy=Policy(),
        raw={"origin": "generator", "sha256": "0" * 64, "rows": 1000},
        parts=pl.DataFrame([{"bank": "bank-01", "train": 500, "validation": 120, "test": 200}]),
        most_records=820,
        verdict={"version": "3", "run_id": "r1", "tags": TAGS, "promoted": False, "why": "stability: 0.3",
                 "checks": [CHECK]},
        test=pl.DataFrame([{"family": "lightgbm", "strategy": "federated", **FIGURES}]),
        split_by_row=pl.DataFrame(),
        uplift=pl.DataFrame([{"bank": "bank-01", "uplift": 0.01, "low": None}]),
        scoring={"scoring": scoring, "figures": {"validation": {"error": 0.01}, "test": {"error": 0.05}}},
        fairness={"groups": groups, "differences": groups},
        stability={"banks": moved, "features": moved.select(pl.lit("debt").alias("name"), "csi", "noise")},
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


@pytest.mark.parametrize(
    ("name", "told", "never"),
    [
        ("synthetic", ("out-of-time test 2006", "of the out-of-time records", "error out of time"), "other customers"),
        ("credit_score", ("by customer, seeded", "of the other customers' records", "of the same time"), "out-of-time"),
        ("home_credit", ("by row, seeded", "of the other records", "of the same time"), "out-of-time"),
    ],
)  # fmt: skip
def test_the_report_calls_the_test_by_the_contracts_split(facts, name, told, never):
    contract = load_contract(name)
    page = html.unescape(to_html(risk_report(replace(facts, contract=contract))))
    assert all(words in page for words in (*told, contract.holdout.test.capitalize()))
    assert never not in page.lower() and ("out of time" in page.lower()) == (name == "synthetic")


@pytest.mark.parametrize(("most", "told"), [(820, "used, at most 820 a bank"), (None, "are used. Split")])
def test_the_report_says_how_many_records_are_used_and_the_limit_of_a_bank(facts, most, told):
    page = to_html(risk_report(replace(facts, most_records=most)))
    assert "1,000 records were read. 820 of them" in page and told in page


def test_what_a_split_by_row_would_claim_stands_in_the_report_where_customers_repeat(facts):
    rows = pl.DataFrame([{"split": "by customer", "auc": 0.75}, {"split": "by row", "auc": 0.9655}])
    contract = load_contract("credit_score")
    told = to_html(risk_report(replace(facts, contract=contract, split_by_row=rows)))
    assert "0.9655" in told and "months of one customer" in told
    assert (
        "The test holds other customers than the training." in told and "split by customer and by row" in told
    )
    assert "months of one customer" not in to_html(risk_report(facts))


def test_what_tables_hold_is_text_and_not_markup(facts):
    assert "below 5 &lt; 6 &amp; more" in to_html(risk_report(facts))


def test_the_pdf_has_pages_and_is_the_same_bytes_each_time(facts):
    made = to_pdf(risk_report(facts))
    assert made.startswith(b"%PDF") and made.count(b"/Type /Page\n") >= 3
    assert made == to_pdf(risk_report(facts))


def test_a_model_without_a_champion_before_it_is_reported(facts):
    assert "nothing to compare" in to_html(risk_report(replace(facts, agreement=None)))


@pytest.mark.parametrize(
    "name",
    ["evaluation/roc", "evaluation/uplift", "calibration/points", "fairness/age_group", "fairness/bank",
     "stability/features", "explanation/beeswarm", "explanation/beeswarm-Good", "explanation_by_bank/waterfall"],
)  # fmt: skip
def test_a_picture_is_told_in_sentences(name):
    told = caption(f"{name}.png", load_contract("synthetic"))
    assert told.endswith(".") and len(told.split()) > 10
    assert "_" not in told and "{" not in told


def test_the_pictures_of_groups_and_of_classes_say_which():
    contract = load_contract("synthetic")
    assert "approved by age group" in caption("fairness/age_group.png", contract)
    assert "'Good'" in caption("explanation/beeswarm-Good.png", contract)


def test_columns_are_called_as_people_call_them(facts):
    told = to_html(risk_report(facts))
    assert "Age group" in told and "age_group" not in told


def test_a_picture_gives_up_a_little_of_its_size_to_stay_on_its_page_and_no_more():
    register_fonts()
    picture = PagePicture(Picture("Told.", png(blank(7, 4, "Cost", "x", "y")[0])))
    whole = picture.wrap(WIDTH, HEIGHT)[1]
    assert picture.wrap(WIDTH, 0.9 * whole)[1] == pytest.approx(0.9 * whole)
    assert picture.wrap(WIDTH, 0.5 * whole)[1] > 0.7 * whole


def test_a_tall_picture_and_its_caption_fit_a_page():
    register_fonts()
    assert PagePicture(Picture("Told.", png(blank(7, 30, "", "", "")[0]))).wrap(WIDTH, HEIGHT)[1] <= HEIGHT


def test_a_column_to_write_in_has_room():
    register_fonts()
    table = page_table(Table("To sign", pl.DataFrame({"role": ["Risk officer"], "signature": [""]})))[1]
    width, height = table.wrap(WIDTH, HEIGHT)
    assert width > 60 * mm and height > 15 * mm


def test_a_table_without_rows_and_a_long_one_are_set():
    empty = Table("Nothing", pl.DataFrame(schema={"a": pl.String}))
    long = Table("Much", pl.DataFrame({"number": range(300), "word": ["w" * 200] * 300}))
    picture = Picture("Cost", png(blank(3, 2, "Cost", "x", "y")[0]))
    section = Section("Part", (Text("a < b"), empty, long, picture))
    assert len(to_pdf(Document("Title", "sub", "foot", (section,)))) > 1000


@pytest.fixture
def pages(monkeypatch):
    """Sets a document and gives the page that each text, and "picture", is first drawn on."""

    def of(*sections: Section) -> dict[str, int]:
        found: dict[str, int] = {}
        draw = Flowable.drawOn

        def note(flowable: Flowable, canvas, *place, **width) -> None:
            text = flowable.getPlainText() if isinstance(flowable, Paragraph) else "picture"
            if isinstance(flowable, Paragraph | PagePicture):
                found.setdefault(text, canvas.getPageNumber())
            draw(flowable, canvas, *place, **width)

        with monkeypatch.context() as patch:
            patch.setattr(Flowable, "drawOn", note)
            to_pdf(Document("Title", "sub", "foot", sections))
        return found

    return of


def rows(caption: str, count: int) -> Table:
    return Table(caption, pl.DataFrame({caption.lower(): range(count)}))


@pytest.mark.parametrize("above", range(20, 48, 3))
def test_a_heading_stands_with_its_paragraph_and_the_beginning_of_their_table(pages, above):
    second = Section("Rules", (Text("As they are."), rows("Many", 40)))
    on = pages(Section("Above", (rows("Filler", above),)), second)
    assert on["2. Rules"] == on["As they are."] == on["Many"] == on["many"]


def test_a_table_fills_the_page_that_the_picture_before_it_does_not_fit(pages):
    picture = Picture("Cost", png(blank(7, 6, "Cost", "x", "y")[0]))
    crowded = pages(Section("Part", (rows("Filler", 25), picture, rows("Many", 20))))
    assert (crowded["Many"], crowded["picture"]) == (1, 2)
    roomy = pages(Section("Part", (rows("Filler", 2), picture, rows("Many", 20))))
    assert (roomy["picture"], roomy["Many"]) == (1, 1)
