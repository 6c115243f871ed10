"""The asset `federated_models` over a coordinator's link: `python -m tests.federated.asset_on_link FOLDER OUT`."""

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

    def child_run(self, parent, name, tags):
        return name

    def log_params(self, run, params):
        pass

    def log_metrics(self, run, metrics, step=0):
        pass


def main(coordinator: str, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    settings = out.parent / "consortium.yaml"
    settings.write_text(CONSORTIUM)
    os.environ["CONSORTIUM"] = str(settings)
    import dagster as dg
    import polars as pl

    from assets.aggregation import Engine, federated_models
    from credit.home import Home

    nothing = {part: pl.DataFrame() for part in ("train", "validation", "test")}
    banks = {f"bank-0{i}": nothing for i in (1, 2, 3)}
    models = federated_models(
        dg.build_asset_context(),
        config=Engine(coordinator=coordinator),
        loan_records=banks,
        tracking=NoTracking(),
        home=Home(out.parent / "home"),
    )
    models["lightgbm"].save(out)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
