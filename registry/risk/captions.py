"""What the report's pictures show, and how to read them."""

from __future__ import annotations

from credit.contract import Contract

CAPTIONS = {
    "evaluation/roc": (
        "Share of defaults found (up) against share of paid loans flagged with them (right), as the limit falls. The "
        "further a curve stands above the diagonal, which is guessing, the better its model ranks applicants."
    ),
    "evaluation/uplift": (
        "AUC that each bank gains on its own test records (their number in brackets) over training alone: by the "
        "shared model, and by its own continuation of it. Right of the line joining helps; where the 95% interval "
        "crosses the line, the test has too few records to tell."
    ),
    "calibration/reliability": (
        "How often loans defaulted (up) against the probability that the model gave them (right), with 95% "
        "intervals. On the diagonal probabilities are true; above it more loans default than predicted."
    ),
    "calibration/cost": (
        "What an applicant costs on average if everyone from a probability of default on is refused, and how many "
        "are approved then. The threshold stands where the cost is lowest; the break-even is that of a single loan."
    ),
    "calibration/points": (
        "How points are spread among loans that were paid and among those that defaulted. The less the two "
        "overlap, the better points tell them apart."
    ),
    "stability/features": (
        "How far each feature has moved between the training and the test records. A red bar is beyond the limit "
        "and beyond chance."
    ),
    "explanation/beeswarm": (
        "One dot an applicant and feature: right of the line it makes the outcome '{outcome}' more likely, left of "
        "it less. Red dots are high values of the feature, blue ones low. The strongest feature is on top."
    ),
    "explanation/mean_abs_shap": (
        "How far each feature moves the log odds of the outcome '{outcome}' on average, up or down."
    ),
    "explanation_by_bank/by_bank": (
        "How far each feature (column) moves scores at each bank (row) on average: the darker, the further. A bank "
        "whose row looks different is judged on other things than the rest."
    ),
    "explanation_by_bank/dependence": (
        "How the strongest features move the log odds by their value: above zero (of a category: right of it) the "
        "value raises the risk, below it lowers it. Larger dots stand for more records."
    ),
    "explanation_by_bank/waterfall": (
        "How the points of one applicant of median score come about, feature by feature, from those of the "
        "average training applicant (dotted line) to the applicant's own (solid line): blue adds points, red takes "
        "them off."
    ),
}
GROUPS = (
    "Share of applicants approved by {group} (number of records in brackets). The impact ratio is the shortest bar "
    "over the longest, of groups that are large enough."
)


def caption(name: str, contract: Contract) -> str:
    """The caption of the picture `folder/name.png`; of a class of several it ends with `-class`."""
    folder, _, stem = name.removesuffix(".png").partition("/")
    if folder == "fairness":
        field = contract.fields.get(stem)
        return GROUPS.format(group=field.title.lower() if field else stem)
    kind, _, outcome = stem.partition("-")
    return CAPTIONS[f"{folder}/{kind}"].format(outcome=outcome or contract.classes[-1])
