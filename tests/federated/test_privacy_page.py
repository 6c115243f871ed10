"""docs/privacy.md says of every kind of message what the code does with it."""

from pathlib import Path

import pytest

from federated.messages import KINDS
from federated.privacy.masking import is_masked
from federated.privacy.noise import NOISED

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| `") and len(cells := [c.strip() for c in line.strip("|").split("|")]) == 5
}


def test_the_page_lists_every_kind_of_message_and_no_other():
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_what_is_answered_masked_and_noised(kind):
    answers, masked, noised, _ = ROWS[kind]
    assert answers == KINDS[kind].answers
    assert (masked == "yes") == is_masked(kind)
    assert (noised == "yes") == (kind in NOISED)
