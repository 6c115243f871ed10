"""How good each model is: local-only, federated, personalised and pooled, per bank and over all."""

import dagster as dg
import polars as pl

from assets.federated_evaluation import best_family
from assets.ingestion import Parts
from assets.setting import OWNERS, consortium, contract, every_bank, one_run
from assets.tables import picture, table
from assets.training import ModelsByBank, bank_list
from credit.evaluation import ALL_BANKS, Candidate, figures, score_banks
from credit.features import BankRecords
from credit.leaky_split import customers_repeat, split_by_row
from credit.models import Model
from credit.multiclass import MULTICLASS_METRICS
from credit.plots import calibration_plot, roc_plot, uplift_plot
from credit.readers import Texts
from credit.sources import RawRecords
from credit.uplift import uplift
from registry.tracking import Tracking

LOGGED = ("auc", "ks", "brier", "logloss", "gap", *MULTICLASS_METRICS, "accuracy_gap")
SHOWN_AS = {
    "roc": "ROC curves",
    "calibration": "predicted against observed, as trained",
    "uplift": "uplift by bank, plotted",
}


@dg.asset(
    ins={
        "loan_records": dg.AssetIn(partition_mapping=every_bank),
        "local_models": dg.AssetIn(partition_mapping=every_bank),
        "personal_models": dg.AssetIn(partition_mapping=every_bank),
    },
    backfill_policy=one_run,
    group_name="evaluation",
    kinds={"polars", "mlflow"},
    owners=OWNERS,
    code_version="1",
)
def evaluation(
    context: dg.AssetExecutionContext,
    loan_records: dict[str, Parts],
    local_models: ModelsByBank,
    personal_models: ModelsByBank,
    federated_models: dict[str, Model],
    pooled_models: dict[str, Model],
    federated_evaluation: dict[str, pl.DataFrame],
    raw_loan_records: dict,
    tracking: dg.ResourceParam[Tracking],
) -> dict[str, pl.DataFrame]:
    """Figures of every model on the test, and each bank's uplift: in simulation only."""
    banks, seed = bank_list(loan_records), consortium().seed
    candidates = _candidates(local_models, personal_models, federated_models, pooled_models)
    scores = {part: score_banks(candidates, banks, part) for part in ("train", "validation", "test")}
    test = _figures(scores, "test", federated_evaluation, 200)
    validation = _figures(scores, "validation", federated_evaluation, 0)
    uplifts = pl.concat(
        [uplift(scores["test"], f, seed=seed).with_columns(family=pl.lit(f)) for f in consortium().families]
    )
    best = best_family(validation)
    pictures = _pictures(scores["test"], uplifts, best)
    leaky = _split_by_row(banks, best, test, RawRecords.from_dict(raw_loan_records))
    _log(tracking, context.run_id, test, uplifts, pictures)
    context.add_output_metadata(
        {
            "best federated family on validation": best,
            "models, all banks": table(_overall(test)),
            **{SHOWN_AS[name]: picture(png) for name, png in pictures.items()},
            "uplift by bank": table(uplifts.filter(family=best).drop("family")),
            "models by bank": table(test.filter(pl.col("bank") != ALL_BANKS), digits=3),
            **({"what a split by row would claim": table(leaky)} if leaky.height else {}),
        }
    )
    return {"test": test, "validation": validation, "uplift": uplifts, "split_by_row": leaky}


def _figures(
    scores: dict[str, pl.DataFrame], part: str, federated: dict[str, pl.DataFrame], replicates: int
) -> pl.DataFrame:
    """The table of all models: the shared ones' figures over all banks are those of the banks' sums."""
    seed, shared = consortium().seed, pl.col("strategy") == "federated"
    others = figures(
        scores[part].filter(~shared), scores["train"].filter(~shared), seed=seed, replicates=replicates
    )
    own = figures(
        scores[part].filter(shared),
        scores["train"].filter(shared),
        seed=seed,
        replicates=replicates,
        overall=False,
    )
    summed = federated[part].filter(bank=ALL_BANKS)
    frames = (f.select(others.columns).cast(others.schema) for f in (others, own, summed))
    return pl.concat(frames).sort("bank", "family", "strategy")


def _split_by_row(banks: list[BankRecords], family: str, test: pl.DataFrame, raw: Texts) -> pl.DataFrame:
    """Pooled figures under the split in use and under one by row; empty where no customer repeats."""
    from federated.baselines import train_pooled

    if not customers_repeat(raw, contract(), banks):
        return pl.DataFrame()
    redrawn, seed = split_by_row(banks, consortium().seed), consortium().seed
    model = Candidate(family, "pooled", train_pooled(family, redrawn, contract().spec, seed))
    scores = {part: score_banks([model], redrawn, part) for part in ("train", "test")}
    by_row = figures(scores["test"], scores["train"], seed=seed, replicates=0).filter(bank=ALL_BANKS)
    in_use = test.filter(bank=ALL_BANKS, strategy="pooled", family=family)
    kept = [f for f in LOGGED if f in test.columns]
    return pl.concat(
        [
            f.select(pl.lit(name).alias("split"), *kept)
            for name, f in ((contract().holdout.split, in_use), ("by row", by_row))
        ]
    )


def _candidates(
    local: ModelsByBank, personal: ModelsByBank, federated: dict[str, Model], pooled: dict[str, Model]
) -> list[Candidate]:
    return [
        *(Candidate(f, "local", m, bank) for bank, models in local.items() for f, m in models.items()),
        *(
            Candidate(f, "personalised", m, bank)
            for bank, models in personal.items()
            for f, m in models.items()
        ),
        *(Candidate(f, "federated", m) for f, m in federated.items()),
        *(Candidate(f, "pooled", m) for f, m in pooled.items()),
    ]


def _overall(test: pl.DataFrame) -> pl.DataFrame:
    return test.filter(bank=ALL_BANKS).drop("bank").sort("auc", descending=True)


def _pictures(scores: pl.DataFrame, uplifts: pl.DataFrame, best: str) -> dict[str, bytes]:
    test = contract().holdout.test
    return {
        "roc": roc_plot(scores, test),
        "calibration": calibration_plot(scores, test),
        "uplift": uplift_plot(uplifts.filter(family=best), best, test),
    }


def _log(
    tracking: Tracking,
    dagster_run: str,
    test: pl.DataFrame,
    uplifts: pl.DataFrame,
    pictures: dict[str, bytes],
) -> None:
    parent = tracking.pipeline_run(dagster_run)
    for name, png in pictures.items():
        tracking.log_bytes(parent, png, f"evaluation/{name}.png")
    for name, frame in (("figures", test), ("uplift", uplifts)):
        tracking.log_bytes(parent, frame.write_csv().encode(), f"evaluation/{name}.csv")
    for row in test.filter(bank=ALL_BANKS, strategy="federated").iter_rows(named=True):
        run = tracking.child_run(parent, row["family"])
        tracking.log_metrics(run, {k: row[k] for k in LOGGED if k in row})
