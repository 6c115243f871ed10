"""Seeded loan records with the troubles of real ones, as the texts a bank's export would hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from credit.files import ParquetLog

SECTORS = np.array(["trade", "food", "farming", "transport", "building", "health", "services", "crafts"])
SECTOR_RISK = np.array([0.0, 0.5, -0.4, 0.3, 0.4, -0.7, -0.1, 0.1])
DIRT = 0.01
CHUNK = 200_000


def bank_names(banks: int) -> list[str]:
    """Names of the synthetic banks, the largest first."""
    return [f"BANK {i + 1:02d}" for i in range(banks)]


@dataclass(frozen=True)
class _Banks:
    """What sets the banks apart: share of the records, mix of sectors (cumulated), wealth and appetite for risk."""

    share: np.ndarray
    taste: np.ndarray
    wealth: np.ndarray
    appetite: np.ndarray

    @classmethod
    def drawn(cls, banks: int, rng: np.random.Generator) -> _Banks:
        share = 1.0 / (np.arange(banks) + 1.0)
        taste = rng.dirichlet(np.full(len(SECTORS), 2.0), banks).cumsum(axis=1)
        return cls(share / share.sum(), taste, 0.2 * rng.standard_normal(banks), rng.normal(0, 0.5, banks))


def synthetic_loans(rows: int, banks: int, seed: int) -> pl.DataFrame:
    """`rows` loan records of `banks` banks as texts, dirt included; contract `synthetic` describes them.

    Bank k has a share of about 1 / (k + 1) and its own default rate and mix of sectors; 1% of the money, years,
    codes and bank names are dirty, and 0.5% of the records occur twice.
    """
    return pl.concat(synthetic_chunks(rows, banks, seed))


def synthetic_chunks(rows: int, banks: int, seed: int, chunk: int = CHUNK) -> Iterator[pl.DataFrame]:
    """The records of `synthetic_loans`, at most `chunk` at a time, so that any number of them fits in memory."""
    own = _Banks.drawn(banks, np.random.default_rng([seed, banks]))
    for number, first in enumerate(range(0, rows, chunk)):
        rng = np.random.default_rng([seed, banks, number])
        yield _chunk(first, min(chunk, rows - first), own, rng)


def write_synthetic(path: Path, rows: int, banks: int, seed: int) -> None:
    """Write the records of `synthetic_loans` as Parquet, or as CSV where `path` ends so, chunk by chunk."""
    chunks = synthetic_chunks(rows, banks, seed)
    if path.suffix == ".csv":
        with path.open("wb") as file:
            for number, chunk in enumerate(chunks):
                chunk.write_csv(file, include_header=number == 0)
        return
    with ParquetLog(path) as log:
        for chunk in chunks:
            log.write(chunk)


def _chunk(first: int, rows: int, own: _Banks, rng: np.random.Generator) -> pl.DataFrame:
    bank = rng.choice(len(own.share), rows, p=own.share)
    loans = _loans(bank, own, rng)
    default = rng.random(rows) < 1 / (1 + np.exp(-_log_odds(loans, own.appetite[bank])))
    texts = _texts(loans, default, bank, first, len(own.share), rng)
    return _with_duplicates(_with_dirt(texts, rng), rng)


def _loans(bank: np.ndarray, own: _Banks, rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = len(bank)
    sector = (rng.random(n)[:, None] > own.taste[bank]).sum(axis=1).clip(max=len(SECTORS) - 1)
    income = rng.lognormal(10.8 + own.wealth[bank], 0.6)
    return {
        "income": income,
        "amount": income * rng.lognormal(-0.7, 0.7, n),
        "debt": income * rng.gamma(1.2, 0.25, n),
        "years": rng.gamma(1.5, 4.0, n).clip(0, 45),
        "late": rng.poisson(rng.gamma(0.5, 1.2, n)).clip(max=40),
        "sector": sector,
        "secured": rng.random(n) < 0.6,
        "year": rng.integers(2000, 2007, n),
        "age": rng.integers(0, 3, n),
    }


def _log_odds(x: dict[str, np.ndarray], appetite: np.ndarray) -> np.ndarray:
    strain = np.log1p(x["debt"] / x["income"]) * 1.6 + np.log1p(x["amount"] / x["income"]) * 1.1
    unsecured_strain = np.where(x["secured"], -0.6, 0.5 * strain)
    history = 0.45 * np.minimum(x["late"], 4) - 0.07 * np.minimum(x["years"], 12)
    drift = 0.08 * (x["year"] - 2004)
    return -2.6 + appetite + strain + unsecured_strain + history + SECTOR_RISK[x["sector"]] + drift


def _texts(
    x: dict[str, np.ndarray],
    default: np.ndarray,
    bank: np.ndarray,
    first: int,
    banks: int,
    rng: np.random.Generator,
) -> pl.DataFrame:
    n = len(bank)
    full_term = rng.integers(1, 11, n) * 12
    lost = np.where(default, rng.random(n) * x["amount"], 0.0)
    names = np.array(bank_names(banks))
    return pl.DataFrame(
        {
            "Loan Id": [f"L{i:09d}" for i in range(first, first + n)],
            "Borrower": [f"Borrower {i}" for i in rng.integers(0, 10 * n + 1, n)],
            "Lender": names[bank],
            "Approved": x["year"].astype(str),
            "Status": np.where(default, "DEFAULT", "PAID"),
            "Age Group": np.array(["under 30", "30 to 50", "over 50"])[x["age"]],
            "Amount": _money(x["amount"]),
            "Income": _money(x["income"]),
            "Debt": [f"{v:.0f}" for v in x["debt"]],
            "Years Employed": [f"{v:.1f}" for v in x["years"]],
            "Late Payments": x["late"].astype(str),
            "Sector": SECTORS[x["sector"]],
            "Secured": np.where(x["secured"], "Y", "N"),
            "Months On Books": np.where(default, rng.integers(3, 100, n), full_term).astype(str),
            "Recovered": _money(lost),
        }
    )


def _money(values: np.ndarray) -> list[str]:
    return [f"${v:,.2f} " for v in values]


def _with_dirt(texts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Each kind of dirt strikes one record in a hundred."""

    def struck(dirty: pl.Expr, column: str) -> pl.Expr:
        hit = pl.Series(rng.random(texts.height) < DIRT)
        return pl.when(hit).then(dirty).otherwise(pl.col(column)).alias(column)

    return texts.with_columns(
        struck(pl.col("Approved") + "A", "Approved"),
        struck(pl.lit("12 thousand"), "Amount"),
        struck(pl.lit(""), "Income"),
        struck(pl.col("Debt") + "_", "Debt"),
        struck(pl.lit("365243"), "Years Employed"),
        struck(pl.lit("-3"), "Late Payments"),
        struck(pl.lit("XNA"), "Sector"),
        struck(pl.lit("`"), "Secured"),
        struck(pl.lit(""), "Lender"),
        struck(pl.lit(""), "Status"),
        struck(pl.lit("NM"), "Age Group"),
    )


def _with_duplicates(texts: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Half a percent of the records take the place of another: they occur twice."""
    n = texts.height
    source = np.arange(n)
    again = rng.random(n) < DIRT / 2
    source[again] = rng.integers(0, n, again.sum())
    return texts[source]
