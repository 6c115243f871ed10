"""The model-risk report, section by section."""

from __future__ import annotations

from registry.document import Document
from registry.risk.behaviour import explanations, fairness, stability
from registry.risk.facts import Facts
from registry.risk.origin import gate, purpose
from registry.risk.performance import calibration, performance, scorecard
from registry.risk.records import data, leaks
from registry.risk.signing import approvals, limits, regulation


def risk_report(facts: Facts) -> Document:
    """The report of one version."""
    verdict, tags = facts.verdict, facts.verdict["tags"]
    state = "promoted to champion" if verdict["promoted"] else "not promoted"
    return Document(
        title=f"Model-risk report: credit score, version {verdict['version']}",
        subtitle=f"{facts.consortium} · {tags['family']}, {tags['strategy']} · {state} · made {tags['created']}",
        foot=f"version {verdict['version']} · run {verdict['run_id']} · contract {tags['contract']}",
        sections=(
            purpose(facts),
            gate(facts),
            data(facts),
            leaks(facts),
            performance(facts),
            calibration(facts),
            fairness(facts),
            stability(facts),
            explanations(facts),
            scorecard(facts),
            limits(facts),
            regulation(),
            approvals(facts),
        ),
    )
