"""Sections on what the version is for, where it comes from, and what the gate said of it."""

from __future__ import annotations

import polars as pl

from registry.document import Section, Table, Text
from registry.risk.facts import Facts


def purpose(facts: Facts) -> Section:
    """What the model is for, and where this version comes from."""
    tags, classes = facts.verdict["tags"], facts.contract.classes
    origin = [
        ("MLflow run", facts.verdict["run_id"]),
        ("Dagster run", tags["dagster_run_id"]),
        ("code revision", tags["code_revision"]),
        ("contract", f"{tags['contract']}, sha256 {tags['contract_fingerprint']}"),
        ("source", f"{facts.raw['origin']}, sha256 {facts.raw['sha256']}"),
    ]
    return Section(
        "Purpose and origin",
        (
            Text(
                f"The model estimates the probability that a loan ends as '{classes[-1]}' from what is known when it "
                "is applied for. The probability is calibrated, scaled to points and compared with a threshold; a "
                "person decides on what it recommends. It serves the consortium's banks for applicants like those of "
                f"the data: {facts.contract.title}."
            ),
            Text(
                "The banks trained it together by federated learning: no bank showed another, or the coordinator, a "
                "loan record. This run is a simulation in one place of that training, which is why pooled figures "
                "can be shown beside."
            ),
            Table("Origin", pl.DataFrame(origin, schema=["what", "which"], orient="row")),
        ),
    )


def gate(facts: Facts) -> Section:
    """The gate's verdict and each of its checks."""
    verdict = facts.verdict
    said = f"{'It is promoted' if verdict['promoted'] else 'It stays out'}: {verdict['why']}."
    return Section(
        "Verdict of the promotion gate",
        (Text(said), Table("Checks, limits and verdicts", pl.DataFrame(verdict["checks"]))),
    )
