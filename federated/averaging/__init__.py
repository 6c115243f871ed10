"""Weighted sums of boosted trees as one native model, exact to rounding."""
