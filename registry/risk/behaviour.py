"""Sections on how it treats groups, how it moves over time, and how it explains itself."""

from __future__ import annotations

import polars as pl

from credit.fields import Role
from registry.document import Section, Table, Text
from registry.risk.facts import Facts


def fairness(facts: Facts) -> Section:
    """How far apart groups of applicants are treated."""
    limits = facts.policy.fairness
    sensitive = facts.contract.with_role(Role.SENSITIVE)
    note = (
        f"Sensitive columns: {', '.join(f.title.lower() for f in sensitive)}."
        if sensitive
        else "The data hold no sensitive column: only banks can be compared. Collect one where the law allows it."
    )
    return Section(
        "Fairness",
        (
            Text(
                f"{note} Limits: impact ratio (lowest approval rate over highest) at least "
                f"{limits.smallest_impact_ratio:g}, gaps of approval among those who paid and among those who "
                f"defaulted at most {limits.largest_rate_gap:g}, over groups of {limits.fewest_records} records "
                "or more."
            ),
            Table("Widest gaps between groups", _titled(facts, facts.fairness["differences"], "column")),
            *facts.shown("fairness/"),
            Table("Groups", _titled(facts, facts.fairness["groups"], "column"), digits=3),
        ),
    )


def stability(facts: Facts) -> Section:
    """How far scores and features have moved since the training."""
    banks = facts.stability["banks"].rename({"name": "bank"})
    features = facts.stability["features"].rename({"name": "feature"})
    return Section(
        "Stability",
        (
            Text(
                "Population stability index (PSI) of the score, and characteristic stability index (CSI) of each "
                f"feature, of the {facts.contract.holdout.records} against the training records. 'noise' is what "
                "chance alone reaches in one case of a hundred; drifted is beyond both it and "
                f"{facts.policy.stability.largest_psi:g}."
            ),
            Table("Score, by bank", _titled(facts, banks, "most_moved"), digits=3),
            *facts.shown("stability/features.png"),
            Table("Features, all banks", _titled(facts, features, "feature"), digits=3),
        ),
    )


def explanations(facts: Facts) -> Section:
    """How scores are explained, and what the explanations rest on."""
    return Section(
        "Explanations",
        (
            Text(
                "Exact SHAP values of the margin, against the average training applicant. In points every feature is "
                "paid at the rate between that reference and the applicant, so that reference and features add up to "
                "the score. The reasons told to an applicant are the features, or groups of features, that cost most "
                "points; never a sensitive one."
            ),
            Text(_agreement(facts.agreement)),
            *facts.shown("explanation/"),
            *facts.shown("explanation_by_bank/by_bank"),
            *facts.shown("explanation_by_bank/waterfall"),
            *facts.shown("explanation_by_bank/dependence"),
        ),
    )


def _titled(facts: Facts, frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """`frame` with the columns of the contract that `column` names as people call them."""
    return frame.with_columns(pl.col(column).map_elements(facts.title, pl.String))


def _agreement(value: float | None) -> str:
    if value is None:
        return "No champion of the same features sat before: there is nothing to compare the ranking of features with."
    return f"Rank correlation of mean |SHAP| with the champion before: {value:.3f} (1: features rank alike)."
