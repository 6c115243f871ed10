"""The model-risk report: what a risk officer reads before signing, whether the model was promoted or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credit.contract import Contract
from credit.fields import Role
from credit.policy import Policy
from registry.document import Block, Document, Picture, Section, Table, Text
from registry.history import Event
from registry.regulation import ASSUMPTIONS, NO_ADVICE

FIGURES = ("family", "strategy", "auc", "auc_low", "auc_high", "ks", "brier", "logloss", "gap")


@dataclass(frozen=True)
class Facts:
    """Everything the report tells, as plain values; `pictures` are PNGs by `folder/name`."""

    contract: Contract
    consortium: str
    policy: Policy
    raw: Mapping[str, Any]
    parts: pl.DataFrame
    verdict: Mapping[str, Any]
    test: pl.DataFrame
    split_by_row: pl.DataFrame
    """figures by customer and by row; empty where no customer repeats"""
    uplift: pl.DataFrame
    scoring: Mapping[str, Any]
    fairness: Mapping[str, pl.DataFrame]
    stability: Mapping[str, pl.DataFrame]
    scorecard: pl.DataFrame
    scorecard_figures: pl.DataFrame
    agreement: float | None
    """rank correlation of mean |SHAP| with the champion before; None without one"""
    events: Sequence[Event]
    pictures: Mapping[str, bytes]


def risk_report(facts: Facts) -> Document:
    """The report of one version."""
    verdict, tags = facts.verdict, facts.verdict["tags"]
    state = "promoted to champion" if verdict["promoted"] else "not promoted"
    return Document(
        title=f"Model-risk report: credit score, version {verdict['version']}",
        subtitle=f"{facts.consortium} · {tags['family']}, {tags['strategy']} · {state} · made {tags['created']}",
        foot=f"version {verdict['version']} · run {verdict['run_id']} · contract {tags['contract']}",
        sections=(
            _purpose(facts),
            _gate(facts),
            _data(facts),
            _leaks(facts),
            _performance(facts),
            _calibration(facts),
            _fairness(facts),
            _stability(facts),
            _explanations(facts),
            _scorecard(facts),
            _limits(),
            Section("Assumptions on regulation", (Text(NO_ADVICE), _regulation())),
            _approvals(facts),
        ),
    )


def _purpose(facts: Facts) -> Section:
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


def _gate(facts: Facts) -> Section:
    why = facts.verdict["why"]
    said = "Every blocking check passed." if facts.verdict["promoted"] else f"It stays out: {why}."
    return Section(
        "Verdict of the promotion gate",
        (Text(said), Table("Checks, limits and verdicts", pl.DataFrame(facts.verdict["checks"]))),
    )


def _data(facts: Facts) -> Section:
    split = facts.contract.split
    rule = (
        f"by time ({facts.contract.with_role(Role.TIME)[0].title.lower()}): train {split.train[0]}-{split.train[1]}, "
        f"validation {split.validation[0]}-{split.validation[1]}, out-of-time test {split.test[0]}-{split.test[1]}"
        if split.by == "time"
        else f"by {split.by}, seeded, so that no customer stands in two parts"
    )
    return Section(
        "Data",
        (
            Text(facts.contract.description),
            Text(f"{facts.raw['rows']:,} records were read. Split {rule}."),
            Table("Records and default rates by bank", facts.parts),
        ),
    )


def _leaks(facts: Facts) -> Section:
    def rows(role: Role, why: str) -> list[tuple[str, str]]:
        return [(f.title, why) for f in facts.contract.with_role(role)]

    excluded = [
        *rows(Role.LEAK, "known only after the decision"),
        *rows(Role.IDENTITY, "says who the applicant is"),
        *rows(Role.SENSITIVE, "sensitive: used for fairness figures only"),
    ]
    features = [
        (f.title, f.unit or ("category" if f.levels else ""), _direction(f.monotone))
        for f in facts.contract.features
    ]
    return Section(
        "Features, and what is kept out",
        (
            Text(
                "The contract bars these columns; the leak guard also refuses any feature that alone ranks defaults "
                "too well, or whose absence does."
            ),
            Table("Kept out", pl.DataFrame(excluded, schema=["column", "why"], orient="row")),
            Table("Features", pl.DataFrame(features, schema=["feature", "unit", "direction"], orient="row")),
        ),
    )


def _direction(monotone: int) -> str:
    return {1: "may only raise the risk", -1: "may only lower the risk"}.get(monotone, "free")


def _performance(facts: Facts) -> Section:
    figures = facts.test.select(FIGURES).sort("auc", descending=True)
    return Section(
        "Federated against local and pooled",
        (
            Text(
                "Out-of-time test, all banks together, with 95% bootstrap intervals. Local: each bank's own model on "
                "its own records. Pooled: all records in one place, which only a simulation can have. Brier score and "
                "log loss are those of the models as trained, before calibration."
            ),
            Table("Models", figures),
            *_split_by_row(facts.split_by_row),
            *_shown(facts, "evaluation/roc.png", "ROC curves"),
            *_uplift(facts.uplift),
            *_shown(facts, "evaluation/uplift.png", "Uplift with 95% intervals"),
        ),
    )


def _split_by_row(figures: pl.DataFrame) -> list[Block]:
    if figures.is_empty():
        return []
    names = ("auc", "logloss", "gap", "accuracy", "macro_f1", "kappa")
    said = (
        "The test holds other customers than the training. Split by row, months of one customer would stand in both, "
        "and the same model on the same records would seem as good as the second line says."
    )
    shown = figures.select("split", *(n for n in names if n in figures.columns))
    return [Text(said), Table("The pooled model, split by customer and by row", shown)]


def _uplift(uplift: pl.DataFrame) -> list[Block]:
    """What the shared model, and each bank's own continuation of it, change: a table each, to fit a page."""
    own = [c for c in uplift.columns if c.startswith("personalised_")]
    tables = [Table("What joining changes, bank by bank", uplift.drop(*own, "verdict", strict=False))]
    if own:
        kept = uplift.select("bank", "records", "local_auc", *own, pl.col("^verdict$"))
        short = kept.rename(lambda name: name.removeprefix("personalised_"))
        tables.append(Table("With each bank's own continuation of the shared model", short))
    return list(tables)


def _calibration(facts: Facts) -> Section:
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
            *_shown(facts, "calibration/reliability.png", "Reliability"),
            *_shown(facts, "calibration/cost.png", "Expected cost by threshold"),
            *_shown(facts, "calibration/points.png", "Points of defaults and of paid loans"),
            Table("Bands", bands, digits=0),
        ),
    )


def _fairness(facts: Facts) -> Section:
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
            Table("Widest differences", facts.fairness["differences"]),
            Table("Groups", facts.fairness["groups"], digits=3),
            *(_picture(facts, name) for name in facts.pictures if name.startswith("fairness/")),
        ),
    )


def _stability(facts: Facts) -> Section:
    return Section(
        "Stability",
        (
            Text(
                "Population stability index of the score, and characteristic index of each feature, of the "
                "out-of-time records against the training records. 'noise' is what chance alone reaches in one case "
                f"of a hundred; drifted is beyond both it and {facts.policy.stability.largest_psi:g}."
            ),
            Table("By bank", facts.stability["banks"], digits=3),
            Table("By feature, all banks", facts.stability["features"], digits=3),
            *_shown(facts, "stability/features.png", "Features"),
        ),
    )


def _explanations(facts: Facts) -> Section:
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
            *(_picture(facts, name) for name in facts.pictures if name.startswith("explanation")),
        ),
    )


def _agreement(value: float | None) -> str:
    if value is None:
        return "No champion of the same features sat before: there is nothing to compare the ranking of features with."
    return f"Rank correlation of mean |SHAP| with the champion before: {value:.3f} (1: features rank alike)."


def _scorecard(facts: Facts) -> Section:
    return Section(
        "Interpretable challenger: the scorecard",
        (
            Text(
                "A logistic scorecard on weight-of-evidence bins, fitted from sums over banks alone; points are "
                "against the average training applicant. It shows what a readable model reaches on the same records."
            ),
            Table("Out-of-time test", facts.scorecard_figures),
            Table("Scorecard", facts.scorecard, digits=3),
        ),
    )


def _limits() -> Section:
    return Section(
        "Limits",
        (
            Text(
                "Only accepted loans have outcomes: applicants whom the banks would have refused are not in the data "
                "(no reject inference). Figures hold for the period of the test; the calibration error out of time "
                "shows how far a change of the economy moves the level of risk. Thresholds of proposed trees, and "
                "sums of few records, can tell something of a bank's data; docs and federation settings say what "
                "is sent."
            ),
        ),
    )


def _regulation() -> Table:
    return Table("Assumptions", pl.DataFrame(ASSUMPTIONS, schema=["subject", "assumption"], orient="row"))


def _approvals(facts: Facts) -> Section:
    events = [(e.number, e.when[:19], e.who, e.action, e.version, e.alias, e.why) for e in facts.events[-10:]]
    head = ["no", "when", "who", "by", "version", "became", "why"]
    signing = [(role, "", "", "") for role in ("Model developer", "Independent validation", "Risk officer")]
    return Section(
        "Approvals",
        (
            Table(
                "Last promotions, hash-chained in the registry",
                pl.DataFrame(events, schema=head, orient="row"),
            ),
            Table(
                "To sign", pl.DataFrame(signing, schema=["role", "name", "date", "signature"], orient="row")
            ),
        ),
    )


def _shown(facts: Facts, name: str, caption: str) -> list[Block]:
    return [Picture(caption, facts.pictures[name])] if name in facts.pictures else []


def _picture(facts: Facts, name: str) -> Picture:
    caption = name.split("/")[1].removesuffix(".png").replace("_", " ").replace("-", " ")
    return Picture(caption[0].upper() + caption[1:], facts.pictures[name])
