"""Sections on the records, the features, and the columns kept out."""

from __future__ import annotations

import polars as pl

from credit.fields import Role
from registry.document import Section, Table, Text
from registry.risk.facts import Facts


def data(facts: Facts) -> Section:
    """The records read, and how they are split."""
    split = facts.contract.split
    rule = (
        f"by time ({facts.contract.with_role(Role.TIME)[0].title.lower()}): train {split.train[0]}-{split.train[1]}, "
        f"validation {split.validation[0]}-{split.validation[1]}, out-of-time test {split.test[0]}-{split.test[1]}"
        if split.by == "time"
        else f"by {split.by}, seeded, so that no customer stands in two parts"
    )
    return Section(
        "Data",
        (
            Text(facts.contract.description),
            Text(f"{facts.raw['rows']:,} records were read. Split {rule}."),
            Table("Records and default rates by bank", facts.parts),
        ),
    )


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
