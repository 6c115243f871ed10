"""Sections on the records, the features, and the columns kept out."""

from __future__ import annotations

import polars as pl

from credit.contract import Contract, TimeSplit
from credit.features import PARTS
from credit.fields import Role
from registry.document import Section, Table, Text
from registry.risk.facts import Facts


def data(facts: Facts) -> Section:
    """The records read, and how they are split."""
    return Section(
        "Data",
        (
            Text(facts.contract.description),
            Text(f"{facts.raw['rows']:,} records were read. {_used(facts)} Split {_rule(facts.contract)}."),
            Table("Records and default rates by bank", facts.parts),
        ),
    )


def _used(facts: Facts) -> str:
    """How many records the banks train and are judged on, and the limit of each."""
    used = sum(facts.parts[part].sum() for part in PARTS)
    limit = f", at most {facts.most_records:,} a bank, drawn at random" if facts.most_records else ""
    return f"{used:,} of them, those of the banks and parts below, are used{limit}."


def _rule(contract: Contract) -> str:
    split, holdout = contract.split, contract.holdout
    if not isinstance(split, TimeSplit):
        return f"{holdout.split}, seeded: {holdout.apart}"
    train, validation, test = (_years(*ends) for ends in (split.train, split.validation, split.test))
    when = contract.with_role(Role.TIME)[0].title.lower()
    return f"{holdout.split} ({when}): train {train}, validation {validation}, {holdout.test} {test}"


def _years(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def leaks(facts: Facts) -> Section:
    """The columns kept out with the reason, and the features."""

    def rows(role: Role, why: str) -> list[tuple[str, str]]:
        return [(f.title, why) for f in facts.contract.with_role(role)]

    excluded = [
        *rows(Role.LEAK, "known only after the decision"),
        *rows(Role.IDENTITY, "says who the applicant is"),
        *rows(Role.SENSITIVE, "sensitive: used for fairness figures only"),
    ]
    features = [
        (f.title, f.unit or ("category" if f.levels else ""), _direction(f.monotone))
        for f in facts.contract.features
    ]
    return Section(
        "Features, and what is kept out",
        (
            Text(
                "The contract bars these columns; the leak guard also refuses any feature that alone ranks defaults "
                "too well, or whose absence does."
            ),
            Table("Kept out", pl.DataFrame(excluded, schema=["column", "why"], orient="row")),
            Table("Features", pl.DataFrame(features, schema=["feature", "unit", "direction"], orient="row")),
        ),
    )


def _direction(monotone: int) -> str:
    return {1: "may only raise the risk", -1: "may only lower the risk"}.get(monotone, "free")
