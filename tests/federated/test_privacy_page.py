"""docs/privacy.md says of every kind of message what the code does with it."""

from pathlib import Path

import pytest

from federated.figures import FIGURES
from federated.messages import KINDS
from federated.privacy.masking import is_masked
from federated.privacy.noise import NOISED

ROOT = Path(__file__).parents[2]
ASSETS = "".join(path.read_text() for path in (ROOT / "assets").glob("*.py"))
PAGE = ROOT / "docs" / "privacy.md"


def rows(columns: int) -> dict[str, list[str]]:
    """The rows of the page's tables of so many columns, by name."""
    lines = [line.replace("\\|", "¦") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    cells = [[c.strip().replace("¦", "|") for c in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells if len(row) == columns}


ROWS, FIGURE_ROWS = rows(5), rows(4)


def test_the_page_lists_every_kind_of_message_and_no_other():
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_what_is_answered_masked_and_noised(kind):
    answers, masked, noised, _ = ROWS[kind]
    assert answers == KINDS[kind].answers
    assert (masked == "yes") == is_masked(kind)
    assert (noised == "yes") == (kind in NOISED)


def test_the_page_lists_every_figure_and_what_a_bank_adds_up():
    assert {name: row[0] for name, row in FIGURE_ROWS.items()} == {f.name: f.adds for f in FIGURES.values()}


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_names_the_assets_that_ask_for_a_figure(name):
    assets = [asset.strip(" `") for asset in FIGURE_ROWS[name][2].split(",")]
    assert all(f"def {asset}(" in ASSETS for asset in assets)
