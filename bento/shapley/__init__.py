"""Exact SHAP values of tree models, fast enough for one applicant in a request."""
