"""Card holders after the shape of the UCI set "default of credit card clients" (Yeh & Lien 2009).

    python -m benchmarks.card_holders

Prints what is published of that set beside what the generator gives. What it keeps of it:

- A monthly status, -2 without use, -1 paid in full, 0 revolving, 2 and more late, is a habit that lasts
  (neighbouring months correlate by .7 to .8); delays of one month are known of the newest month alone.
- The newest status tells most, yet by steps and not in order: 0 defaults least, -1 and -2 a little more.
- The limit falls with a hidden strain that delays payments too; bills last for months.
- What else tells does so by thresholds: months without a payment, payments above a sum, a bill near the
  limit. That is why boosted trees rank well above logistic regression there.

A status' default rate, correlations with the outcome, and the AUC of the newest status alone, of a logistic
regression and of boosted trees fixed its constants; no federated strategy was looked at for that.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credit.features import OUTCOME

RECORDS, MONTHS, DEFAULTS = 30_000, 6, 0.22
UNUSED, IN_FULL, REVOLVING, LATE = -2, -1, 0, 2
FEATURES = (
    "limit",
    "age",
    "sex",
    "education",
    "marriage",
    *(f"{name}_{month}" for name in ("status", "bill", "paid") for month in range(1, MONTHS + 1)),
)
# Published of the UCI set: default rates by newest status, correlations with the outcome, AUC.
RATES = {-2: 0.132, -1: 0.168, 0: 0.128, 1: 0.340, 2: 0.691, 3: 0.758}
CORRELATIONS = {"limit": -0.154, "status_1": 0.325, "status_2": 0.264, "status_4": 0.217, "status_6": 0.187,
                "bill_1": -0.020, "paid_1": -0.073, "paid_6": -0.053}  # fmt: skip


def card_holders(rng: np.random.Generator) -> pl.DataFrame:
    """All records, newest month first, with their outcomes."""
    n = RECORDS
    strain = rng.normal(size=n)
    limit = np.exp(11.72 - 0.45 * strain + 0.68 * rng.normal(size=n))
    limit = np.clip(np.round(limit, -4), 1e4, 1e6)
    status = _statuses(strain, rng)
    bill = _bills(limit, strain, status, rng)
    paid = _payments(bill, strain, status, rng)
    sex = rng.integers(1, 3, n)
    risk = _risk(limit, sex, status, bill, paid) + rng.logistic(size=n)
    columns = [
        limit,
        rng.integers(21, 75, n),
        sex,
        rng.integers(1, 5, n),
        rng.integers(1, 4, n),
        *status.T,
        *bill.T,
        *paid.T,
    ]
    data = dict(zip(FEATURES, columns, strict=True))
    defaults = (risk > np.quantile(risk, 1.0 - DEFAULTS)).astype(np.int64)
    return pl.DataFrame(data).cast(pl.Float64).with_columns(pl.Series(OUTCOME, defaults))


def _risk(
    limit: np.ndarray, sex: np.ndarray, status: np.ndarray, bill: np.ndarray, paid: np.ndarray
) -> np.ndarray:
    """Logit of default up to a constant, shape (n,)."""
    last, worst, late = status[:, 0], status.max(axis=1), status >= LATE
    risk = 1.55 * (last >= LATE) + 0.8 * (last == 1) - 0.45 * (last == REVOLVING)
    risk += 0.2 * (worst >= LATE) + 0.08 * late.sum(axis=1)
    risk += 0.4 * (paid[:, :3] == 0).sum(axis=1) - 0.35 * (paid[:, :3] > 4e3).sum(axis=1)
    risk += 0.6 * ((last < 1) & (bill[:, 0] > 0.75 * limit))
    risk += 0.5 * ((last < 1) & (worst >= LATE) & (limit < 8e4))
    return 1.15 * (risk - 0.2 * (sex - 1.5))


def _statuses(strain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Status of each month, shape (n, MONTHS): a habit, or how many months late, which lasts."""
    n = len(strain)
    habit, late, months = _habits(strain, rng), np.zeros(n), []
    for _ in range(MONTHS + 1):
        habit = np.where(rng.random(n) < 0.08, _habits(strain, rng), habit)
        slips = _chance(-3.35 + 1.5 * strain + 3.5 * (late > 0) - 0.6 * (habit < REVOLVING))
        longer = (late > 0) & (rng.random(n) < 0.08)
        late = np.where(rng.random(n) < slips, np.maximum(late, LATE) + longer, 0)
        months.append(np.where(late > 0, np.minimum(late, 8), habit))
    newest, before = months[-1], months[-2]
    first = _chance(-3.1 + 0.6 * strain + 1.7 * (before >= LATE) + 1.6 * (habit < REVOLVING))
    months[-1] = np.where((rng.random(n) < first) & (newest <= LATE), 1, newest)
    return np.stack(months[:0:-1], axis=1)


def _habits(strain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    weights = np.stack(
        [0.17 * np.exp(-0.3 * strain), 0.27 * np.exp(-0.4 * strain), np.full(len(strain), 0.62)]
    )
    below = np.cumsum(weights / weights.sum(axis=0), axis=0)
    drawn = rng.random(len(strain))
    return np.array([UNUSED, IN_FULL, REVOLVING])[(drawn > below[0]).astype(int) + (drawn > below[1])]


def _bills(limit: np.ndarray, strain: np.ndarray, status: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each month's bill, shape (n, MONTHS): a share of the limit that drifts, small where nothing revolves."""
    drift = np.cumsum(0.2 * rng.normal(size=status.shape), axis=1)
    level = 1.6 * (rng.normal(size=len(limit)) + 0.3 * strain) - np.log(limit / 1.4e5)
    used = _chance(level[:, None] + drift - 0.1)
    share = np.select([status == UNUSED, status == IN_FULL], [0.03, 0.12], 1.0)
    return limit[:, None] * used * share * np.exp(0.05 * rng.normal(size=status.shape))


def _payments(
    bill: np.ndarray, strain: np.ndarray, status: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Each month's payment, shape (n, MONTHS): the bill, a small part of it, or nothing."""
    part = np.where(status < REVOLVING, 1.0, 0.045)
    part = part * np.exp(rng.normal(size=bill.shape) - 0.1 * strain[:, None])
    pays = rng.random(bill.shape) > np.where(status >= LATE, 0.3, 0.15)
    return bill * np.minimum(part, 1.0) * pays


def _chance(logit: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logit))


def main() -> None:
    import lightgbm as lgb
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from credit.metrics import auc

    frame = card_holders(np.random.default_rng(1))
    rates = dict(frame.group_by("status_1").agg(pl.col(OUTCOME).mean()).iter_rows())
    for status, rate in RATES.items():
        print(f"default rate at status {status}: UCI {rate:.3f}, here {rates[status]:.3f}")
    for name, published in CORRELATIONS.items():
        here = frame.select(pl.corr(name, OUTCOME)).item()
        print(f"correlation of {name} with default: UCI {published:.3f}, here {here:.3f}")
    X, y, k = frame.select(FEATURES).to_numpy(), frame[OUTCOME].to_numpy(), 2 * RECORDS // 3
    logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:k], y[:k])
    settings = {"objective": "binary", "num_leaves": 15, "verbosity": -1}
    trees = lgb.train(settings, lgb.Dataset(X[:k], y[:k]), 80)
    by_status = np.vectorize(rates.get)(frame["status_1"].to_numpy())
    print(f"AUC of the newest status: UCI .712, here {auc(y, by_status):.3f}")
    print(f"AUC of logistic regression: UCI .72, here {auc(y[k:], logistic.decision_function(X[k:])):.3f}")
    print(f"AUC of boosted trees: UCI .778, here {auc(y[k:], np.asarray(trees.predict(X[k:]))):.3f}")


if __name__ == "__main__":
    main()
