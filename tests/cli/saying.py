"""Runs `fedcredit` in this process."""

from __future__ import annotations

import sys

import pytest

from cli.main import main


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and output of `fedcredit WORDS`."""
    sys.argv = ["fedcredit", *words]
    with pytest.raises(SystemExit) as stop:
        main()
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out + told.err
