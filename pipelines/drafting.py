"""A consortium drafted from the data: the largest banks of a data set that nobody wrote a consortium file for."""

import re
from pathlib import Path

import polars as pl
import yaml

from credit.contract import Contract, Role, load_contract
from credit.errors import ContractError, DataError
from credit.files import whole_file
from credit.home import Home
from credit.parsing import parse_columns
from credit.sources import raw_records
from credit.splits import PART, with_parts
from federated.consortium import Consortium, load_consortium

MOST_BANKS = 100


def draft_consortium(base: Path, dataset: str, banks: str | None, home: Home) -> Path:
    """Write a consortium of the `banks` largest banks ("all": up to 100, uncapped) of `dataset`; its path.

    Families, rounds and the rest are those of the consortium file `base`.
    """
    settings, contract = load_consortium(base), load_contract(dataset)
    most = MOST_BANKS if banks in (None, "all") else _number(banks)
    names = largest_banks(raw_records(dataset, home.data).read(), contract, settings.seed)[:most]
    drafted = Consortium(
        **settings.model_dump(exclude={"name", "dataset", "model", "banks", "records_per_bank"}),
        name=f"{len(names)} largest banks of {contract.name}",
        dataset=dataset,
        model=settings.model if dataset == settings.dataset else f"{settings.model}-{contract.name}",
        records_per_bank=None if banks == "all" else settings.records_per_bank,
        banks=[{"name": name, "alias": alias} for name, alias in zip(names, _aliases(names), strict=True)],  # type: ignore[arg-type]
    )
    path = home.root / "consortia" / f"{contract.name}-{banks or 'default'}.yaml"
    with whole_file(path) as aside:
        aside.write_text(yaml.safe_dump(drafted.model_dump(mode="json"), sort_keys=False))
    return path


def largest_banks(raw: pl.DataFrame, contract: Contract, seed: int) -> list[str]:
    """Names of the banks with training records, the largest first."""
    bank = contract.only(Role.BANK)
    if bank is None:
        raise ContractError(
            f"contract {contract.name} has no column with the role bank: name the banks' column"
        )
    typed = with_parts(parse_columns(raw.with_row_index("row").lazy(), contract).collect(), contract, seed)
    train = typed.filter(pl.col(PART) == "train", pl.col(bank.name).is_not_null())
    counts = train.group_by(bank.name).len().sort("len", bank.name, descending=[True, False])
    if counts.is_empty():
        raise DataError(
            f"no record of {contract.name} falls into the contract's training years: correct its split"
        )
    return counts[bank.name].to_list()


def _number(banks: str | None) -> int:
    if banks is None or not banks.isdigit() or int(banks) < 1:
        raise DataError(f"BANKS={banks}: give a number of banks, or all")
    return int(banks)


def _aliases(names: list[str]) -> list[str]:
    """A short id for each name: lower case, words joined by dashes, numbered where two would be alike."""
    slugs: list[str] = []
    for name in names:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "bank"
        slugs.append(slug if slug not in slugs else f"{slug}-{len(slugs)}")
    return slugs
