"""The release: a folder exactly as it stands on the Hub, and its push."""

import json
import os
from pathlib import Path

import dagster as dg
import polars as pl

from assets.engine import trained_over_link
from assets.packaging import champions_card, champions_figures
from assets.retrying import retried
from assets.setting import OWNERS, consortium, contract, one_run
from credit.evaluation import ALL_BANKS
from credit.home import Home
from registry.card import data_card
from registry.hub import publish_release
from registry.release import write_release
from registry.tracking import Tracking


class HubConfig(dg.Config):
    """Where the release goes on the Hugging Face Hub. The token comes from HF_TOKEN."""

    namespace: str = ""
    """User or organisation; by default HF_NAMESPACE, else the token's owner."""
    private: bool = True
    """Whether repositories are made private."""
    space: str = ""
    """A Docker Space that serves the model and is told the new revision, `namespace/name`."""


@dg.asset(
    group_name="publication", kinds={"huggingface"}, owners=OWNERS, code_version="1", backfill_policy=one_run,
)  # fmt: skip
@retried(2, seconds=5)
def release(
    context: dg.AssetExecutionContext,
    config: HubConfig,
    scoring_service: dict,
    champion: dict,
    evaluation: dict[str, pl.DataFrame],
    explanation: dict,
    scoring: dict[str, list],
    raw_loan_records: dict,
    home: dg.ResourceParam[Home],
    tracking: dg.ResourceParam[Tracking],
) -> dict:
    """The champion's release: model, contract, figures, SHAP, cards, manifest; pushed to the Hub with HF_TOKEN."""
    folder = home.releases / f"{consortium().model}-v{champion['version']}"
    own_run = champion["tags"]["dagster_run_id"] == context.run_id
    if own_run or not folder.is_dir():
        _write(
            folder, scoring_service, champion, evaluation, explanation, scoring, raw_loan_records, tracking
        )
    state, details = _push(folder, config)
    context.add_output_metadata({"state": state, "folder": dg.MetadataValue.path(folder), **details})
    return {"folder": str(folder), "state": state}


def _write(
    folder: Path,
    service: dict,
    champion: dict,
    evaluation: dict[str, pl.DataFrame],
    explanation: dict,
    scoring: dict[str, list],
    raw: dict,
    tracking: Tracking,
) -> None:
    test = champions_figures(champion, evaluation)
    over_link = trained_over_link(tracking, champion["run_id"])
    uplift = evaluation["uplift"].filter(family=champion["tags"]["family"]).drop("family")
    package = Path(service["package"])
    applicants = len(json.loads((package / "applicants.json").read_text()))
    write_release(
        folder,
        package=package,
        metrics={
            "overall": test.filter(bank=ALL_BANKS).row(0, named=True),
            "by_bank": test.filter(pl.col("bank") != ALL_BANKS).to_dicts(),
            "uplift": uplift.to_dicts(),
        },
        explanation=lambda into: tracking.client.download_artifacts(
            explanation["mlflow_run"], "explanation", str(into)
        ),
        card=champions_card(champion, evaluation, scoring),
        data_card=data_card(contract(), consortium().name, raw, test, applicants, over_link),
        over_link=over_link,
    )


def _push(folder: Path, config: HubConfig) -> tuple[str, dict]:
    token = os.environ.get("HF_TOKEN")
    if not token:
        return "staged: set HF_TOKEN to publish it", {}
    namespace = config.namespace or os.environ.get("HF_NAMESPACE", "")
    done = publish_release(
        folder, token=token, namespace=namespace, private=config.private, space=config.space or None
    )
    return done.state, {
        "model": dg.MetadataValue.url(done.model_url),
        "revision": done.model_revision,
        "space": done.space,
    }
