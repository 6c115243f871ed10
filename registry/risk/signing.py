"""Sections on what the figures do not tell, what the law is taken to ask, and who signs."""

from __future__ import annotations

import polars as pl

from registry.document import Section, Table, Text
from registry.regulation import ASSUMPTIONS, NO_ADVICE
from registry.risk.facts import Facts


def limits(facts: Facts) -> Section:
    """What the figures do not tell."""
    return Section(
        "Limits",
        (
            Text(
                "Only accepted loans have outcomes: applicants whom the banks would have refused are not in the data "
                f"(no reject inference). Figures hold for the period of the test; {facts.contract.holdout.economy}. "
                "Thresholds of proposed trees, and sums of few records, can tell something of a bank's data; docs "
                "and federation settings say what is sent."
            ),
        ),
    )


def regulation() -> Section:
    """What the law is taken to ask."""
    assumptions = pl.DataFrame(ASSUMPTIONS, schema=["subject", "assumption"], orient="row")
    return Section("Assumptions on regulation", (Text(NO_ADVICE), Table("Assumptions", assumptions)))


def approvals(facts: Facts) -> Section:
    """The last verdicts on versions, and lines to sign on."""
    events = [(e.number, e.when[:19], e.who, e.action, e.version, e.alias, e.why) for e in facts.events[-10:]]
    head = ["no", "when", "who", "by", "version", "became", "why"]
    signing = [(role, "", "", "") for role in ("Model developer", "Independent validation", "Risk officer")]
    return Section(
        "Approvals",
        (
            Table(
                "Last verdicts on versions, hash-chained in the registry",
                pl.DataFrame(events, schema=head, orient="row"),
            ),
            Table(
                "To sign", pl.DataFrame(signing, schema=["role", "name", "date", "signature"], orient="row")
            ),
        ),
    )
