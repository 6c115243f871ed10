"""What a pipeline is about: its consortium, its contract, its banks as partitions."""

import os
import warnings
from functools import cache, partial
from pathlib import Path

import dagster as dg

from credit.contract import Contract, load_contract
from federated.consortium import Consortium, load_consortium

# `backfill_policy` is beta, and every asset would say so.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)


@cache
def consortium() -> Consortium:
    """The consortium of the file named by CONSORTIUM, by default `consortium.yaml`."""
    return load_consortium(Path(os.environ.get("CONSORTIUM", "consortium.yaml")))


@cache
def contract() -> Contract:
    """The contract of the consortium's data set."""
    return load_contract(consortium().dataset)


banks = dg.StaticPartitionsDefinition([bank.alias for bank in consortium().banks])
one_run = dg.BackfillPolicy.single_run()
every_bank = dg.AllPartitionMapping()
OWNERS = ["team:credit-risk"]
all_banks_asset = partial(
    dg.asset,
    ins={"loan_records": dg.AssetIn(partition_mapping=every_bank)},
    backfill_policy=one_run,
    owners=OWNERS,
)
"""an asset that is made of every bank's records, all in one run"""
