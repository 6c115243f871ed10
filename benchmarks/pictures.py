"""The README's pictures: the table a run ended with, and the asset graph as the Dagster UI draws it.

python -m benchmarks.pictures    (after `make run`; needs Chromium)
"""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from credit.home import Home
from pipelines.report import print_report
from tests.e2e.project import Project, browser_page

IMAGES = Path("docs/images")


def result_table(report: Path) -> None:
    """Draw a run's report as the terminal shows it."""
    console = Console(record=True, width=104, file=io.StringIO(), force_terminal=True)
    # In every checkout they lie elsewhere.
    print_report(json.loads(report.read_text().replace(f"{Path.cwd()}/", "")), console)
    console.save_svg(str(IMAGES / "result.svg"), title="make run")


def asset_graph() -> None:
    """Photograph the lineage page, a box a stage."""
    with Project(Home().root).server("dev") as address, browser_page(1800, 1000) as page:
        page.goto(f"{address}/asset-groups")
        page.get_by_text("ingestion", exact=True).first.wait_for(timeout=60_000)
        page.wait_for_timeout(4000)
        page.screenshot(path=IMAGES / "lineage.png", clip={"x": 560, "y": 215, "width": 1240, "height": 610})


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    result_table(Path("reports/latest.json"))
    asset_graph()
