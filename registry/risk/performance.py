"""Sections on how well it ranks, how sure its probabilities are, and what a readable model reaches."""

from __future__ import annotations

import polars as pl

from registry.document import Block, Picture, Section, Table, Text
from registry.risk.facts import Facts

FIGURES = ("family", "strategy", "auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap")
HEADS = {"strategy": "trained", "gap": "train-test gap"}


def performance(facts: Facts) -> Section:
    """The federated model beside the banks' own and the pooled one, and what joining changes."""
    figures = facts.test.select(FIGURES).sort("auc", descending=True).rename(HEADS)
    return Section(
        "Federated against local and pooled",
        (
            Text(
                f"{facts.contract.holdout.test.capitalize()}, all banks together, with 95% bootstrap intervals. "
                "Local: each bank's own model on its own records. Pooled: all records in one place, which only a "
                "simulation can have. Personalised: each bank's own continuation of the shared model. Brier score "
                "and log loss are those of the models as trained, before calibration; the train-test gap is the AUC on "
                "training records less that on the test."
            ),
            Table("Models", figures),
            *_split_by_row(facts),
            *facts.shown("evaluation/roc.png"),
            *_uplift(facts.uplift, facts.shown("evaluation/uplift.png")),
        ),
    )


def _split_by_row(facts: Facts) -> list[Block]:
    figures, holdout = facts.split_by_row, facts.contract.holdout
    if figures.is_empty():
        return []
    names = ("auc", "logloss", "gap", "accuracy", "macro_f1", "kappa")
    said = (
        f"{holdout.apart.capitalize()}. Split by row, months of one customer would stand in both, and "
        "the same model on the same records would seem as good as the second line says."
    )
    shown = figures.select("split", *(n for n in names if n in figures.columns)).rename(HEADS, strict=False)
    return [Text(said), Table(f"The pooled model, split {holdout.split} and by row", shown)]


def _uplift(uplift: pl.DataFrame, pictures: list[Picture]) -> list[Block]:
    """What the shared model, and each bank's own continuation of it, change: a table each, and both in a picture."""
    own = [c for c in uplift.columns if c.startswith("personalised_")]
    shared = Table("What joining changes, bank by bank", uplift.drop(*own, "verdict", strict=False))
    blocks: list[Block] = [shared, *pictures]
    if own:
        kept = uplift.select("bank", "records", "local_auc", *own, pl.col("^verdict$"))
        short = kept.rename(lambda name: name.removeprefix("personalised_"))
        blocks.append(Table("With each bank's own continuation of the shared model", short))
    return blocks


def calibration(facts: Facts) -> Section:
    """How far the probabilities hold, and the points and threshold made of them."""
    scoring, score, cost = facts.scoring["scoring"], facts.policy.score, facts.policy.cost
    figures = pl.DataFrame([{"part": part, **f} for part, f in facts.scoring["figures"].items()])
    bands = pl.DataFrame([{"band": b.name, "from_points": b.low} for b in score.bands])
    return Section(
        "Calibration, points and threshold",
        (
            Text(
                f"Calibrated by {scoring['calibration']['method']} on the banks' summed score histograms of the "
                "validation records; the method was chosen by log loss on halves it was not fitted on. "
                f"{score.base_score:g} points stand for {score.base_odds:g} good loans to one default, "
                f"{score.points_to_double_odds:g} points double the odds, held between {score.low:g} and "
                f"{score.high:g}. "
                f"A missed default costs {cost.missed_default:g}, a refused good loan {cost.refused_good:g}: refused "
                f"from a probability of {scoring['threshold']:.4f} on."
            ),
            Table("Before (raw) and after calibration", figures),
            *facts.shown("calibration/reliability.png"),
            *facts.shown("calibration/cost.png"),
            *facts.shown("calibration/points.png"),
            Table("Bands", bands, digits=0),
        ),
    )


def scorecard(facts: Facts) -> Section:
    """The scorecard, and what it reaches on the same records."""
    return Section(
        "Interpretable benchmark: the scorecard",
        (
            Text(
                "A logistic scorecard on weight-of-evidence bins, fitted from sums over banks alone; points are "
                "against the average training applicant. It shows what a readable model reaches on the same records."
            ),
            Table(facts.contract.holdout.test.capitalize(), facts.scorecard_figures),
            Table("Scorecard", facts.scorecard, digits=3),
        ),
    )
