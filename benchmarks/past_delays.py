"""Card holders of whom a few past payment delays tell most, among banks that hold unequal shares of defaults.

Made after the shape of the UCI set "default of credit card clients": 30,000 records of 23 features, 22% of them
defaults, a pooled model's AUC of about .78. A hidden strain drives six monthly delays, bills and payments;
what defaults is strain, delay beyond a threshold, and delay where the limit is low.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.features import OUTCOME, BankRecords, FeatureSpec
from federated.comparison import Case

RECORDS, MONTHS, DEFAULTS = 30_000, 6, 0.22
SMALLEST = 50
FEATURES = (
    "limit",
    "age",
    "sex",
    "education",
    "marriage",
    *(f"{name}_{month}" for name in ("delay", "bill", "paid") for month in range(1, MONTHS + 1)),
)


def label_skewed(banks: int, alpha: float, seed: int) -> Case:
    """The records among banks whose shares of each outcome are drawn from a Dirichlet of `alpha`.

    It is drawn again until every bank has SMALLEST records.
    """
    rng = np.random.default_rng(seed)
    frame, bank = card_holders(rng), np.zeros(RECORDS, int)
    while np.bincount(bank, minlength=banks).min() < SMALLEST:
        for value in (0, 1):
            own = np.flatnonzero(frame[OUTCOME].to_numpy() == value)
            bank[own] = rng.choice(banks, len(own), p=rng.dirichlet(np.full(banks, alpha)))
    part = rng.choice(3, RECORDS, p=[0.7, 0.1, 0.2])
    dealt = [
        BankRecords(f"bank {k}", *(frame.filter((bank == k) & (part == number)) for number in range(3)))
        for k in range(banks)
    ]
    spec = FeatureSpec(FEATURES, {}, (), {}, ("paid", "default"), "past delays")
    return Case(f"past delays, label skew {alpha:g}, draw {seed}", dealt, spec)


def card_holders(rng: np.random.Generator) -> pl.DataFrame:
    """All records, with their outcomes."""
    n = RECORDS
    strain = rng.normal(size=n)
    limit = np.exp(11.5 - 0.35 * strain + 0.7 * rng.normal(size=n))
    delays = _delays(strain, rng)
    use = 1.0 / (1.0 + np.exp(-(0.8 * strain[:, None] + rng.normal(size=(n, MONTHS)))))
    bills = limit[:, None] * use
    paid = bills * rng.beta(1.0, 6.0, (n, MONTHS)) * np.exp(-0.4 * strain)[:, None]
    last, worst = delays[:, 0], delays.max(axis=1)
    risk = 1.5 * (last >= 2) + 0.5 * (last == 1) + 0.35 * (worst >= 2) + 0.4 * strain
    risk += 0.6 * ((worst >= 1) & (limit < 8e4)) - 0.4 * (paid[:, 0] > 0.1 * limit)
    risk = 1.25 * risk + rng.logistic(size=n)
    columns = [
        limit,
        rng.integers(21, 75, n),
        rng.integers(1, 3, n),
        rng.integers(1, 5, n),
        rng.integers(1, 4, n),
        *delays.T,
        *bills.T,
        *paid.T,
    ]
    data = dict(zip(FEATURES, columns, strict=True))
    defaults = (risk > np.quantile(risk, 1.0 - DEFAULTS)).astype(np.int64)
    return pl.DataFrame(data).cast(pl.Float64).with_columns(pl.Series(OUTCOME, defaults))


def _delays(strain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Months of delay, the last month first, shape (n, MONTHS): most pay in time, and a delay lasts."""
    delay, months = np.zeros(len(strain)), []
    for _ in range(MONTHS):
        late = rng.random(len(strain)) < 1.0 / (1.0 + np.exp(2.4 - 0.9 * strain - 1.2 * (delay > 0)))
        delay = np.where(late, np.minimum(delay + rng.integers(1, 3, len(strain)), 8), 0)
        months.append(np.where(late, delay, -rng.integers(0, 3, len(strain))))
    return np.stack(months[::-1], axis=1)
