"""A consortium drafted from the data: the largest banks of a data set that nobody wrote a consortium file for."""

import re
from pathlib import Path

import polars as pl
import yaml

from credit.contract import Contract, load_contract
from credit.errors import DataError
from credit.features import PART
from credit.fields import Role
from credit.files import whole_file
from credit.home import Home
from credit.ingestion import check_columns
from credit.model_name import RULE, is_model_name
from credit.partitioning import Partition, bank_column
from credit.profiles import free_name
from credit.readers import Texts
from credit.sources import raw_records
from credit.splits import with_parts
from credit.streaming import slices
from federated.consortium import Consortium, load_consortium

MOST_BANKS = 100
SIMULATED_BANKS = 6


def draft_consortium(base: Path, dataset: str, banks: str | None, home: Home) -> Path:
    """Write a consortium of the `banks` largest banks ("all": up to 100, uncapped) of `dataset`; its path.

    `dataset` is a shipped name or a contract's path. Where its contract has no bank column, records are shared
    out among `banks` simulated banks. Families, rounds and the rest are those of the consortium file `base`.
    """
    settings, contract = load_consortium(base), load_contract(dataset)
    partition = settings.partition or _default_partition(contract, banks)
    names = _bank_names(raw_records(dataset, home.data), contract, partition, banks, settings.seed)
    own = {"name", "dataset", "model", "banks", "records_per_bank", "partition"}
    # Prices and limits are agreed for one data set; another starts from the defaults.
    terms = settings.model_dump(exclude=own if dataset == settings.dataset else own | {"policy"})
    drafted = Consortium(
        **terms,
        name=f"{len(names)} {_kind(partition)} banks of {contract.name}",
        dataset=str(Path(dataset).resolve()) if Path(dataset).suffix else dataset,
        model=_model_name(settings, dataset, contract, banks),
        records_per_bank=None if banks == "all" else settings.records_per_bank,
        partition=partition,
        banks=[{"name": name, "alias": alias} for name, alias in zip(names, _aliases(names), strict=True)],  # type: ignore[arg-type]
    )
    path = home.root / "consortia" / f"{contract.name}-{banks or 'default'}.yaml"
    with whole_file(path) as aside:
        aside.write_text(yaml.safe_dump(drafted.model_dump(mode="json"), sort_keys=False))
    return path


def _model_name(settings: Consortium, dataset: str, contract: Contract, banks: str | None) -> str:
    """A registered model of its own for another data set and for other banks: they do not compete.

    Raises DataError where consortium and contract have names that make none together.
    """
    other = [contract.name] if dataset != settings.dataset else []
    chosen = [f"{banks}-banks"] if banks else []
    name = "-".join([settings.model, *other, *chosen])
    if not is_model_name(name):
        raise DataError(
            f"the registered model would be named {name}, and may have {RULE}: rename the contract, or the "
            "consortium's `model`"
        )
    return name


def largest_banks(raw: Texts, contract: Contract, bank: str, seed: int) -> list[str]:
    """The banks, as the column `bank` names them, that keep training records; the largest first."""
    check_columns(raw.columns, contract)
    trained_on = pl.concat(
        with_parts(part.records, contract, seed)
        .filter(pl.col(PART) == "train")
        .select(pl.col(bank).cast(pl.String))
        for part in slices(raw, contract)
    )
    counts = trained_on.drop_nulls().group_by(bank).len().sort("len", bank, descending=[True, False])
    if counts.is_empty():
        raise DataError(f"no record of {contract.name} is for training: correct the contract's `split`")
    return counts[bank].to_list()


def _default_partition(contract: Contract, banks: str | None) -> Partition | None:
    """For a contract without banks: simulated ones that differ in size."""
    if contract.only(Role.BANK) is not None:
        return None
    return Partition(how="size", banks=SIMULATED_BANKS if banks in (None, "all") else _number(banks))


def _kind(partition: Partition | None) -> str:
    return "largest" if partition is None or partition.how == "column" else "simulated"


def _bank_names(
    raw: Texts, contract: Contract, partition: Partition | None, banks: str | None, seed: int
) -> list[str]:
    if partition is not None and partition.how != "column":
        return partition.names()
    known = largest_banks(raw, contract, bank_column(contract, partition), seed)
    return known[: MOST_BANKS if banks in (None, "all") else _number(banks)]


def _number(banks: str | None) -> int:
    if banks is None or not banks.isdigit() or int(banks) < 1:
        raise DataError(f"BANKS={banks}: give a number of banks, or all")
    return int(banks)


def _aliases(names: list[str]) -> list[str]:
    """A short id for each name: lower case, words joined by dashes, numbered where two would be alike."""
    slugs: list[str] = []
    for name in names:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "bank"
        slugs.append(free_name(slug, slugs, "-"))
    return slugs
