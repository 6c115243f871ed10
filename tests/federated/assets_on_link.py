"""Training and the figures after it, by Dagster's assets: `python -m tests.federated.assets_on_link OUT [FOLDER]`.

With the folder of a coordinator its banks are asked over the link, and no record is here; without one the same
banks answer in this process.
"""

import json
import os
import sys
from pathlib import Path

CONSORTIUM = """\
name: three lenders
dataset: synthetic
families: [lightgbm]
strategy: fedavg
rounds: 2
quorum: 1.0
banks:
  - {name: BANK 01, alias: bank-01}
  - {name: BANK 02, alias: bank-02}
  - {name: BANK 03, alias: bank-03}
"""


class NoTracking:
    """Stands for MLflow: this run is about the engine."""

    def pipeline_run(self, run_id):
        return run_id

    def child_run(self, parent, name, tags=None):
        return name

    def log_params(self, run, params):
        pass

    def log_metrics(self, run, metrics, step=0):
        pass

    def log_bytes(self, run, content, path):
        pass


class NoRegistry:
    """A registry in which nobody sits."""

    def champion(self):
        return None


def main(out: Path, coordinator: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    settings = out / "consortium.yaml"
    settings.write_text(CONSORTIUM)
    os.environ["CONSORTIUM"] = str(settings)
    import dagster as dg
    import polars as pl

    from assets.aggregation import federated_models
    from assets.calibration import scoring
    from assets.engine import Engine
    from assets.fairness import fairness
    from assets.federated_evaluation import federated_evaluation
    from assets.local_explanation import bank_explanations
    from assets.scorecard import scorecard
    from assets.stability import stability
    from credit.home import Home
    from pipelines.io_manager import store

    nothing = {part: pl.DataFrame() for part in ("train", "validation", "test")}
    records = {f"bank-0{i}": nothing for i in (1, 2, 3)} if coordinator else own_records_of(out.parent)
    tracking, registry = NoTracking(), NoRegistry()

    def made(asset, **values):
        given = {"config": Engine(coordinator=coordinator), "loan_records": records, "tracking": tracking}
        return asset(dg.build_asset_context(), **(given | values))

    models = made(federated_models, home=Home(out / "home"))
    judged = {
        "federated_models": models,
        "federated_evaluation": made(federated_evaluation, federated_models=models),
    }
    decided = judged | {"scoring": made(scoring, **judged)}
    models["lightgbm"].save(out / "models")
    found = {
        "federated_evaluation": judged["federated_evaluation"],
        "fairness": made(fairness, **decided),
        "stability": made(stability, **decided),
        "scorecard": {"table": made(scorecard)["table"]},
    }
    store(found, out / "figures")
    explained = made(bank_explanations, registry=registry, **decided)
    plain = {"scoring": decided["scoring"], "explained": explained["shap"].to_dicts()}
    (out / "figures.json").write_text(json.dumps(plain))


def own_records_of(network: Path) -> dict:
    """The records of the three banks' sites, by alias."""
    from federated.membership import load_membership
    from federated.records import own_records

    found = {}
    for alias in ("bank-01", "bank-02", "bank-03"):
        own = own_records(load_membership(network / alias), network / alias / "check").records
        found[alias] = {part: own.part(part) for part in ("train", "validation", "test")}
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
