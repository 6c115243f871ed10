"""What a column is probably for, by its name, its values and their shape; each guess with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable

from credit.fields import Role
from credit.profiles import NUMERIC, Profile

HINTS = {
    Role.LEAK: r"charge_?off|chg_?off|recover|collect|write_?off|last_p(ay|y)m|total_p(ay|y)mnt|settle|disburs|"
    r"closed_?date|default_date",
    Role.SENSITIVE: r"(^|_)(sex|gender|race|ethnic\w*|religion|nationality|disab\w*)(_|$)",
    Role.BANK: r"(^|_)(bank|bank_name|lender|lender_name|institution|originator|creditor|servicer)$",
}
ENTITY = r"(customer|client|borrower|applicant|member|person|user|party)(_?(id|no|num|number|key))?$"
PERSONAL = (
    r"ssn|social_sec|passport|e_?mail|phone|iban|surname|first_?name|last_?name|address|street|zip|postal"
)
IDENTITY = r"(^|_)(name|id|guid|uuid|key)(_|$)|borrower_name|customer_name|account_n|loan_n(r|o|um|umber)"
TARGET = (
    r"(^|_)(target|default|defaulted|outcome|label|y|bad|bad_flag|status|loan_status|class|credit_score|risk|"
    r"charged_off|is_default|delinquent)(_|$)"
)
BAD = r"default|charg|chg|bad|poor|yes|true|late|delinq|fail|denied|high|loss|^1(\.0)?$|^y$"
GOOD = r"paid|good|no|false|current|low|^0(\.0)?$|repaid|^n$|p i f"
MOST_CLASSES = 6
ALMOST_ALL = 0.999
MOST_RECORDS = 12
"""of a customer, where only their number tells one"""


def target_candidates(profiles: Iterable[Profile]) -> list[Profile]:
    """Columns that may be the outcome: few values, and a name that says so; the likeliest first."""
    few = [p for p in profiles if 2 <= p.distinct <= MOST_CLASSES and p.known > 0.5 * p.rows]
    named = [p for p in few if re.search(TARGET, p.name)]
    return sorted(named, key=lambda p: (p.distinct, p.name))


def class_order(texts: Iterable[str], counts: dict[str, int]) -> list[str]:
    """Outcome texts from good to bad: by what the words say, else the rarer one last."""

    def badness(text: str) -> tuple[int, int]:
        plain = text.strip().lower()
        word = 1 if re.search(BAD, plain) else -1 if re.search(GOOD, plain) else 0
        return word, -counts[text]

    return sorted(texts, key=badness)


def guess_role(profile: Profile) -> tuple[Role, str]:
    """The likely role of a column that is not the target, and the reason."""
    if not profile.known:
        return Role.INPUT, "has no value in this file"
    if profile.distinct == 1:
        return Role.INPUT, "has one value in this file"
    if profile.commonest >= ALMOST_ALL:
        return Role.INPUT, f"has one value in {profile.commonest:.2%} of the records"
    for role, pattern in HINTS.items():
        if re.search(pattern, profile.name) and (
            role is not Role.BANK or 2 <= profile.distinct <= 0.5 * profile.rows
        ):
            return role, _REASONS[role]
    if (
        re.search(ENTITY, profile.name)
        and 1 < profile.distinct < 0.67 * profile.rows
        and profile.distinct > 20
    ):
        return Role.ENTITY, f"looks like a customer: {profile.rows / profile.distinct:.1f} records each"
    if re.search(PERSONAL, profile.name) and profile.distinct > 20:
        return Role.IDENTITY, "its name says that it identifies"
    if re.search(IDENTITY, profile.name) and (profile.parse == "text" or _own(profile, 0.5)):
        return Role.IDENTITY, "its name says that it identifies"
    if _own(profile, ALMOST_ALL) and (profile.parse == "text" or _whole(profile)):
        return Role.IDENTITY, f"{'every' if profile.unique else 'almost every'} record has a value of its own"
    each = profile.rows / profile.distinct
    if profile.parse == "text" and profile.distinct > 20 and 1.5 < each <= MOST_RECORDS:
        return (
            Role.INPUT,
            f"{each:.1f} records have each value: if it is the customer, give it the role entity",
        )
    if profile.parse == "text":
        return (
            Role.INPUT,
            f"free text with {profile.distinct:,} values: derive a category from it, or leave it out",
        )
    if profile.parse == "date":
        return Role.INPUT, "a date: derive a number from it, or split by it"
    return Role.FEATURE, ""


_REASONS = {
    Role.LEAK: "its name says that it is known only after the decision",
    Role.SENSITIVE: "its name says that it is protected: used for fairness figures, never by a model",
    Role.BANK: "its name says that it is the bank",
}


def _own(profile: Profile, share: float) -> bool:
    """Whether at least that share of the records have a value of their own: a blank or doubled line makes no number."""
    return min(profile.distinct, profile.known) >= share * profile.rows


def _whole(profile: Profile) -> bool:
    values = profile.values.drop_nulls()
    return profile.parse in NUMERIC and profile.rows > 50 and bool((values == values.round()).all())
