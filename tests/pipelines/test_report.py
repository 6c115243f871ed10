"""What a run ends with on the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from pipelines.report import print_report

STAYED_OUT = {
    "dataset": "synthetic",
    "test": "out-of-time test",
    "classes": ["paid", "default"],
    "rows": 9,
    "cached": True,
    "quarantined": 1,
    "family_by_bank": "logistic",
    "banks": [],
    "models": [],
    "split_by_row": [],
    "champion": {"family": "logistic", "version": "1", "alias": "champion"},
    "challenger": {"version": "2", "promoted": False, "why": "failed: better"},
    "model": "scorer",
    "bento": "scorer:v1",
    "release": "releases/scorer-v1",
    "model_risk_report": "reports/scorer-2.pdf",
    "seconds": {"release": 1.0},
}


def test_a_run_whose_version_stays_out_says_which_version_each_place_is_of():
    console = Console(file=io.StringIO(), width=200)
    print_report(STAYED_OUT, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Bento of version 1  scorer:v1" in shown
    assert "release of version 1  releases/scorer-v1" in shown
    assert "model-risk report of version 2  reports/scorer-2.pdf" in shown
