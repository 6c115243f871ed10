"""A contract proposed from a file, for a person to correct: each guess with its reason."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from credit.contract import Contract
from credit.errors import ContractError, DataError
from credit.fields import Role
from credit.guesses import class_order, guess_role, target_candidates
from credit.ingestion import ingest
from credit.leaks import leak_findings
from credit.limits import fitted_limits
from credit.profiles import Profile, names_for, profile
from credit.readers import Texts

JUDGED = 200_000
"""records on which leaks are looked for"""
SINGLE = (Role.BANK, Role.ENTITY)


@dataclass(frozen=True)
class Proposal:
    """A column of the draft: its profile, role, and the reasons for both."""

    profile: Profile
    role: Role
    reason: str

    def entry(self) -> dict[str, Any]:
        """The column as the contract file has it."""
        p, head = self.profile, {"name": self.profile.name, "source": self.profile.source}
        rule = dict(p.rule) if self.role is not Role.TARGET and p.parse != "text" else {}
        if self.role in (Role.IDENTITY, Role.BANK, Role.ENTITY):
            rule = {"missing": p.rule["missing"]} if "missing" in p.rule else {}
        if self.role not in (Role.FEATURE, Role.INPUT):
            rule.pop("example", None)
        if self.role in (Role.LEAK, Role.INPUT):
            rule.pop("range", None)
            rule.pop("outside", None)
        extra: dict[str, Any] = {} if self.role is Role.FEATURE else {"role": str(self.role)}
        if self.role in (Role.TARGET, Role.BANK, Role.ENTITY, Role.TIME):
            extra["required"] = True
        if self.role is Role.IDENTITY and p.unique:
            extra |= {"required": True, "unique": True}
        return head | extra | rule

    def notes(self) -> str:
        apart = self.profile.apart if "outside" in self.entry() else ""
        return "; ".join(filter(None, [self.reason, *self.profile.notes, apart]))


@dataclass(frozen=True)
class Draft:
    """A proposed contract: its text, and what it proposes for each column."""

    text: str
    proposals: tuple[Proposal, ...]


def draft_contract(raw: Texts, name: str, data: dict[str, Any], target: str = "", seed: int = 0) -> Draft:
    """Propose a contract for the records `raw`; `data` is written into its section `data`.

    `seed` is the consortium's: limits are fitted on the records that it trains on.

    Raises DataError where the source can't be read, there is no record, no target is named and none is likely, or
    the named one can't be.
    """
    with tempfile.TemporaryDirectory() as folder:
        # A Parquet, because columns are looked at one after another, some of them again.
        raw.write(Path(folder, "columns.parquet"))
        columns = pl.scan_parquet(Path(folder, "columns.parquet"))
        if not columns.select(pl.len()).collect().item():
            raise DataError(f"{raw.name}: no record stands below the header")
        return _drafted(columns, raw.columns, name, data, target, seed)


def _drafted(
    scanned: pl.LazyFrame, sources: list[str], name: str, data: dict[str, Any], target: str, seed: int
) -> Draft:
    profiles = [
        profile(scanned.select(source).collect().to_series(), own)
        for source, own in zip(sources, names_for(sources), strict=True)
    ]
    chosen = _target(profiles, target)
    proposals = _single([_proposal(p, chosen) for p in profiles])
    outcome = _outcome(chosen, scanned.select(chosen.source).collect().to_series())
    split, proposals = _split(proposals)
    proposals = _without_leaks(proposals, name, outcome, split, scanned.head(JUDGED).collect())
    contract = _validated(_text(name, data, outcome, split, proposals))
    _winsorise(proposals, contract, scanned.head(JUDGED).collect(), seed)
    text = _text(name, data, outcome, split, proposals)
    _validated(text)
    return Draft(text, tuple(proposals))


def _winsorise(proposals: Sequence[Proposal], contract: Contract, texts: pl.DataFrame, seed: int) -> None:
    """Limits for amounts with a long tail, fitted on training records."""
    rules = {
        p.profile.name: p.profile.rule
        for p in proposals
        if p.role is Role.FEATURE and p.profile.rule.get("log")
    }
    for column, (low, high) in fitted_limits(texts, contract, rules, seed).items():
        if low < high:
            rules[column]["clip"] = [low, high]


def _target(profiles: Sequence[Profile], name: str) -> Profile:
    candidates = target_candidates(profiles)
    if name:
        found = next((p for p in profiles if name in (p.source, p.name)), None)
        if found is None:
            raise DataError(
                f"the file has no column {name!r}; it has {', '.join(p.source for p in profiles)}"
            )
        if found.distinct < 2 or found.distinct > 20:
            values = f"{found.distinct:,} values" if found.distinct != 1 else "one value in all records"
            raise DataError(f"column {name!r} has {values}: an outcome has two, or a few ordered classes")
        return found
    if not candidates:
        few = ", ".join(p.source for p in profiles if 2 <= p.distinct <= 6) or "none"
        raise DataError(
            f"no column looks like the outcome: name it with --target; columns of few values are {few}"
        )
    return candidates[0]


def _proposal(p: Profile, target: Profile) -> Proposal:
    if p is target:
        return Proposal(p, Role.TARGET, "the outcome: put its classes in order, the worst last")
    return Proposal(p, *guess_role(p))


def _single(proposals: list[Proposal]) -> list[Proposal]:
    """Of several candidates for a role that one column has, the first keeps it."""
    seen: set[Role] = set()
    kept = []
    for p in proposals:
        if p.role in SINGLE and p.role in seen:
            p = replace(p, role=Role.INPUT, reason=f"another candidate for the role {p.role}")
        seen.add(p.role)
        kept.append(p)
    return kept


def _outcome(target: Profile, texts: pl.Series) -> dict[str, Any]:
    known = texts.str.strip_chars().drop_nulls()
    missing = {"", *target.rule.get("missing", ())}
    counts = {text: n for text, n in known.value_counts().iter_rows() if text not in missing}
    order = class_order(sorted(counts), counts)
    names = dict(zip(order, names_for(order), strict=True))
    if len(order) == 2 and not any(c.isalpha() for c in "".join(order)):
        names = {order[0]: "paid", order[1]: "default"}
    return {"column": target.name, "classes": {names[text]: [text] for text in order}}


def _split(proposals: list[Proposal]) -> tuple[dict[str, Any], list[Proposal]]:
    """By time where a column tells the year or date of the decision, else by customer, else by record."""
    if not any(p.role is Role.ENTITY for p in proposals):
        for i, p in enumerate(proposals):
            ranges = _year_ranges(p.profile) if p.role in (Role.FEATURE, Role.INPUT) else None
            if ranges:
                timed = replace(p, role=Role.TIME, reason="splits train, validation and test by time")
                return {"by": "time", **ranges}, [*proposals[:i], timed, *proposals[i + 1 :]]
    entity = any(p.role is Role.ENTITY for p in proposals)
    return {"by": "entity" if entity else "row", "validation": 0.2, "test": 0.2}, proposals


def _year_ranges(p: Profile) -> dict[str, list[int]] | None:
    """Years of train (about the first 60% of the records), validation and test, where there are enough years."""
    if p.parse not in ("year", "date") or not re.search(
        r"appro|orig|issue|appl|grant|year|fy|start|date", p.name
    ):
        return None
    years = p.values.dt.year() if p.parse == "date" else p.values
    counts = years.drop_nulls().value_counts().sort(years.name)
    if counts.height < 3 or p.known < 0.95 * p.rows:
        return None
    year = counts[years.name].to_list()
    share = (counts["count"].cum_sum() / counts["count"].sum()).to_list()
    first = min(next(i for i, s in enumerate(share) if s >= 0.6), len(year) - 3)
    second = min(max(first + 1, next(i for i, s in enumerate(share) if s >= 0.8)), len(year) - 2)
    return {
        "train": [year[0], year[first]],
        "validation": [year[first + 1], year[second]],
        "test": [year[second + 1], year[-1]],
    }


def _without_leaks(
    proposals: list[Proposal], name: str, outcome: dict, split: dict, texts: pl.DataFrame
) -> list[Proposal]:
    """Features that alone know the outcome too well become leaks."""
    contract = _validated(_text(name, {}, outcome, split, proposals))
    records = ingest(texts, contract).records
    if not records.height:
        return proposals
    found = {f.column: f for f in leak_findings(records, contract.features) if f.blocks}
    for i, p in enumerate(proposals):
        if finding := found.get(p.profile.name):
            what = "absence" if finding.check == "absence" else "value"
            why = f"{what} alone ranks outcomes with AUC {finding.value:.2f}"
            proposals[i] = replace(
                p, role=Role.LEAK, reason=f"likely known only after the decision: its {why}"
            )
    return proposals


def _text(name: str, data: dict, outcome: dict, split: dict, proposals: Sequence[Proposal]) -> str:
    lines = [
        "# Drafted from the data. Read every line: roles, ranges and the order of the classes are guesses.",
        f"name: {name}",
        "version: 1",
        f"title: {name.replace('_', ' ').capitalize()}",
        *([f"data: {_flow(data)}"] if data else []),
        "",
        f"outcome: {_flow(outcome)}",
        "",
        "columns:",
    ]
    for p in proposals:
        notes = p.notes()
        lines += [f"  # {p.profile.source}: {notes}"] if notes else []
        lines.append(f"  - {_flow(p.entry())}")
    return "\n".join([*lines, "", f"split: {_flow(split)}", ""])


def _flow(value: Any) -> str:
    return yaml.safe_dump(
        value, default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True
    ).strip()


def _validated(text: str) -> Contract:
    try:
        return Contract.model_validate(yaml.safe_load(text))
    except ValueError as error:
        raise ContractError(f"this file gives no contract: {str(error).splitlines()[-2].strip()}") from error
