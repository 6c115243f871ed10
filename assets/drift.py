"""Whether new records have moved from what the champion was trained on, and what it may still do on them."""

import tempfile
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from assets.ingestion import Parts
from assets.promotion import scorer_of
from assets.setting import all_banks_asset, consortium, contract
from assets.stability import moved, shown
from assets.tables import table
from assets.training import bank_list
from credit.binning import FeatureCounts
from credit.contract import TimeSplit
from credit.estimation import expected_auc
from credit.explanation import sample_records
from credit.features import OUTCOME, BankRecords
from credit.fingerprints import frame_fingerprint
from credit.metrics import auc
from credit.models import Model
from credit.partitioning import BANK, with_banks
from credit.scoring import Scoring
from credit.sources import RawRecords
from credit.splits import year_of
from credit.stability import Population, Populations, point_counts
from credit.streaming import slices
from registry.promotion import Registry
from registry.tracking import Tracking

MOST = 5000
NewRecords = dict[str, pl.DataFrame]


@all_banks_asset(group_name="monitoring", kinds={"polars"}, code_version="1")
def drift(
    context: dg.AssetExecutionContext,
    raw_loan_records: dict,
    loan_records: dict[str, Parts],
    tracking: dg.ResourceParam[Tracking],
    registry: dg.ResourceParam[Registry],
) -> dict:
    """PSI, CSI and estimated AUC (CBPE) of records newer than the champion's test, by bank: in simulation only."""
    sitting = registry.champion()
    if sitting is None:
        raise dg.Failure("no champion sits: there is nothing to watch")
    with tempfile.TemporaryDirectory() as folder:
        model, scoring = scorer_of(tracking, sitting.run_id, float(sitting.tags["threshold"]), Path(folder))
    banks = bank_list(loan_records)
    new = _new_records(raw_loan_records, banks)
    if not new:
        context.add_output_metadata(
            {"drifted": False, "why": "no record is newer than the test", "fingerprint": ""}
        )
        return {"drifted": False, "why": "no record is newer than the test", "fingerprint": ""}
    known = {b.name: b.train for b in banks if b.name in new}
    before, now = (
        Populations.of({bank: _population(f, model, scoring) for bank, f in frames.items()})
        for frames in (known, new)
    )
    frames = moved(before, now)
    estimate = _estimate(model, scoring, banks, new)
    why = _why(frames["banks"], estimate)
    fingerprint = frame_fingerprint(*new.values())
    context.add_output_metadata(
        {
            "drifted": bool(why),
            "why": why or "within the limits",
            "fingerprint": fingerprint,
            "champion": f"version {sitting.number}",
            "performance": table(pl.DataFrame([estimate]).fill_nan(None)),
            **shown(frames, "new records"),
        }
    )
    return {"drifted": bool(why), "why": why, "fingerprint": fingerprint, **estimate}


def _population(records: pl.DataFrame, model: Model, scoring: Scoring) -> Population:
    """Counts of records by points and by feature bin."""
    score = consortium().policy.score
    points = scoring.points(model.margin(model.encoding.matrix(records)))
    return Population(
        point_counts(points, score.low, score.high), FeatureCounts.count(records, contract().spec)
    )


def _new_records(raw: dict, banks: list[BankRecords]) -> NewRecords:
    """Each bank's records that are newer than the test years, at most MOST, by alias; none without a time column."""
    split, seed = contract().split, consortium().seed
    if not isinstance(split, TimeSplit):
        return {}
    newer = pl.concat(
        [
            s.records.filter(year_of(contract()) > split.test[1])
            for s in slices(RawRecords.from_dict(raw), contract())
        ]
    )
    shared_out = with_banks(newer, contract(), consortium().partition, seed)
    found = {}
    for known in banks:
        name = consortium().bank(known.name).name
        own = shared_out.filter(pl.col(BANK) == name)
        if own.height:
            found[known.name] = sample_records(own, MOST, seed).select(known.train.columns)
    return found


def _estimate(model: Model, scoring: Scoring, banks: list[BankRecords], new: NewRecords) -> dict[str, float]:
    """AUC to expect on new and on validation records, and what it is where outcomes are known already."""

    def pds(frames: list[pl.DataFrame]) -> np.ndarray:
        return scoring.probability(model.margin(model.encoding.matrix(pl.concat(frames))))

    fresh = list(new.values())
    worst = len(contract().classes) - 1
    outcome = np.concatenate([(f[OUTCOME] == worst).to_numpy().astype(int) for f in fresh])
    return {
        "new_records": float(len(outcome)),
        "expected_auc_validation": expected_auc(pds([b.validation for b in banks])),
        "expected_auc_new": expected_auc(pds(fresh)),
        "known_auc_new": auc(outcome, pds(fresh)),
    }


def _why(banks: pl.DataFrame, estimate: dict[str, float]) -> str:
    """What is beyond the limits, empty where nothing is."""
    policy = consortium().policy.stability
    own = banks.head(-1)
    share = own["drifted"].sum() / max(own.height, 1)
    drop = estimate["expected_auc_validation"] - estimate["expected_auc_new"]
    reasons = [
        f"the score of {share:.0%} of the banks has drifted (limit {policy.drifted_share:.0%})"
        if share > policy.drifted_share
        else "",
        f"the expected AUC is {drop:.3f} lower (limit {policy.largest_auc_drop:.3f})"
        if drop > policy.largest_auc_drop
        else "",
    ]
    return "; ".join(r for r in reasons if r)
