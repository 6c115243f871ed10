"""Small synthetic banks for the tests of this room."""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.features import BankRecords, FeatureSpec
from federated.site import BankSite

BOOK = ("retail", "farming", "transport")


def make_spec(n_classes: int = 2, contract: str = "sha256:1") -> FeatureSpec:
    """Three numbers and a category."""
    return FeatureSpec(
        features=("income", "amount", "age", "sector"),
        levels={"sector": BOOK},
        logged=("amount",),
        monotone={"amount": 1},
        classes=("good", "late", "lost")[:n_classes] if n_classes > 2 else ("paid", "default"),
        contract=contract,
    )


def make_frame(n: int, seed: int, n_classes: int = 2) -> pl.DataFrame:
    """`n` records whose outcome depends on income, amount and sector; a tenth of the ages is missing."""
    rng = np.random.default_rng(seed)
    income, age, sector = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 3, n)
    amount = rng.lognormal(3, 1, n)
    score = -income + 0.8 * np.log(amount) + 0.5 * sector - 3 + rng.logistic(size=n)
    outcome = np.digitize(score, np.linspace(0, 1.5, n_classes - 1)).astype(np.int64)
    frame = {
        "income": income,
        "amount": amount,
        "age": age,
        "sector": np.array(BOOK)[sector],
        "outcome": outcome,
    }
    gaps = pl.Series(rng.random(n) < 0.1)
    return pl.DataFrame(frame).with_columns(age=pl.when(gaps).then(None).otherwise(pl.col("age")))


def make_bank(name: str, n: int = 300, seed: int = 0, n_classes: int = 2) -> BankRecords:
    """A bank with `n` train and half as many validation and test records."""
    train, validation, test = (
        make_frame(m, seed * 10 + i, n_classes) for i, m in enumerate((n, n // 2, n // 2))
    )
    return BankRecords(name, train, validation, test)


def make_banks(*sizes: int, n_classes: int = 2) -> list[BankRecords]:
    """Banks of these numbers of train records."""
    return [make_bank(f"bank-{i}", n, i, n_classes) for i, n in enumerate(sizes)]


class BrokenSite(BankSite):
    """A bank that fails on messages of the kinds in `broken`."""

    broken: tuple[str, ...] = ("propose", "weights")

    def answer(self, kind, content):
        if kind in self.broken:
            raise RuntimeError("disk is full")
        return super().answer(kind, content)
