"""The cards of a release: what the model and the data are, in the Hub's format, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from credit.contract import Contract
from credit.fields import Role
from registry.promotion import GATE_TAG
from registry.regulation import NO_ADVICE

METRIC_NAMES = {"auc": "AUC", "ks": "KS", "brier": "Brier score", "logloss": "Log loss"}


def model_card(
    contract: Contract,
    consortium: str,
    model: str,
    champion: Mapping[str, Any],
    overall: Mapping[str, Any],
    uplift: pl.DataFrame,
    calibrated: Mapping[str, float],
) -> str:
    """The model card with `model-index` of the registered `model`'s champion.

    `overall` is its row of figures over all banks, `calibrated` those on the same records after calibration.
    """
    tags = champion["tags"]
    name = f"{model} v{champion['version']}"
    return f"""{_model_metadata(contract, name, tags["family"], {**overall, **calibrated})}
# {name}

A {tags["family"]} model of the probability of default, trained by {uplift.height} banks of the consortium
"{consortium}" with strategy `{tags["strategy"]}`. No bank showed another a loan record; each sent only the messages
that the federation lists.

## Figures

{contract.holdout.test.capitalize()}, {overall["records"]:,} records, {overall["defaults"]:,} defaults, all banks
together.

| figure | value |
|---|---|
| AUC | {overall["auc"]:.4f} (95% interval {overall["auc_low"]:.4f} to {overall["auc_high"]:.4f}) |
| KS | {overall["ks"]:.4f} |
| Brier score of the calibrated probabilities that are served | {calibrated["brier"]:.4f} |
| Log loss of the calibrated probabilities that are served | {calibrated["logloss"]:.4f} |
| Brier score, before calibration | {overall["brier"]:.4f} |
| Log loss, before calibration | {overall["logloss"]:.4f} |
| Train-test gap: train AUC less test AUC | {overall["gap"]:+.4f} |

### What joining changes, bank by bank

{_table(uplift)}

## Judged before promotion

{_checks(tags)}

## Features

{_features(contract)}

Columns that never reach the model because they are known only after the decision:
{_names(contract, Role.LEAK)}; because they say who the applicant is: {_names(contract, Role.IDENTITY)}.

## Use

`contract.json` says what an applicant's fields are. `calibration.json` holds how the model's margin becomes a
calibrated probability of default and points. Below a probability of {float(tags["threshold"]):.4f} the service
answers "accepted". The model answers for applicants like
those of its data; decisions about people and firms need a person's review and the reasons the service returns.

Only accepted loans have outcomes: applicants whom the banks would have refused are not in the data.
{contract.holdout.economy.capitalize()}.

{NO_ADVICE}

## Origin

| | |
|---|---|
| contract | {tags["contract"]}, sha256 {tags["contract_fingerprint"]} |
| Dagster run | {tags["dagster_run_id"]} |
| MLflow run | {champion["run_id"]} |
| code revision | {tags["code_revision"]} |
| made | {tags["created"]} |
"""


def data_card(
    contract: Contract,
    consortium: str,
    raw: Mapping[str, Any],
    test: pl.DataFrame,
    applicants: int,
    over_link: bool = False,
) -> str:
    """The data-set card: where the records come from, what they mean, and how many each bank tested on.

    `applicants` is the number of those shown, made up where the model was trained `over_link`.
    """
    banks = test.select("bank", "records", "defaults")
    return f"""---
license: other
pretty_name: {contract.title}
tags: [credit-risk, tabular-classification]
---
# {contract.title}

{contract.description}

Used by the consortium "{consortium}" under contract `{contract.name}` version {contract.version}. This repository holds
the contract, the features' distributions and `applicants.json`.
{_applicants(applicants, over_link)}

Source: {raw["origin"]}, {raw["rows"]:,} records, sha256 of the texts {raw["sha256"]}.

## {contract.holdout.test.capitalize()}

{_table(banks)}

## Columns

| column | source | role | meaning |
|---|---|---|---|
{chr(10).join(_column_row(contract, name) for name in contract.fields)}
"""


def _applicants(count: int, over_link: bool) -> str:
    """Whose the applicants of the release are."""
    if over_link:
        return (
            f"Its {count:,} applicants are made up, varied around the contract's examples. The banks trained from "
            "sites of their own: their loan records stay with them."
        )
    return (
        f"Its {count:,} applicants are records of the source below, drawn at random from all banks' test records, "
        "with the columns that an applicant states; the model's repository holds some too (`golden.json`), and a row "
        "of SHAP values for each test record explained. A release can show them because all banks were simulated in "
        "one process that reads that source. Where banks train from sites of their own the applicants are made up."
    )


def _checks(tags: Mapping[str, str]) -> str:
    """The gate's table, as it stays with the version."""
    if GATE_TAG not in tags:
        return "This version was made champion before the gate kept its table."
    checks = pl.DataFrame(json.loads(tags[GATE_TAG]))
    return _table(checks.select("name", "value", "limit", "verdict"))


def _model_metadata(contract: Contract, name: str, family: str, overall: Mapping[str, Any]) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="tabular-classification",
            task_name="Probability of default",
            dataset_type=contract.name,
            dataset_name=contract.title,
            dataset_split=contract.holdout.test,
            metric_type=metric,
            metric_name=label,
            metric_value=float(overall[metric]),
        )
        for metric, label in METRIC_NAMES.items()
    ]
    data = ModelCardData(
        license="apache-2.0",
        library_name=family,
        pipeline_tag="tabular-classification",
        tags=["credit-risk", "federated-learning", contract.name],
        model_name=name,
        eval_results=results,
    )
    return f"---\n{data.to_yaml()}\n---"


def _features(contract: Contract) -> str:
    rows = [
        f"| {f.title} | `{f.name}` | {f.unit or ('category' if f.levels else '')} |"
        for f in contract.features
    ]
    return "\n".join(["| feature | name | unit |", "|---|---|---|", *rows])


def _names(contract: Contract, role: Role) -> str:
    return ", ".join(f.title.lower() for f in contract.with_role(role)) or "none"


def _column_row(contract: Contract, name: str) -> str:
    field = contract.fields[name]
    return f"| `{name}` | {getattr(field, 'source', 'derived')} | {field.role} | {field.title} |"


def _table(frame: pl.DataFrame) -> str:
    rows = ["| " + " | ".join(_cell(v) for v in row) + " |" for row in frame.iter_rows()]
    return "\n".join(["| " + " | ".join(frame.columns) + " |", "|" + "---|" * frame.width, *rows])


def _cell(value: Any) -> str:
    if value is None:
        return "undefined"
    return (
        f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )
