"""A bank's side of masked sums: it answers the stages of SecAgg+ and refuses what would unmask it."""

from __future__ import annotations

from flwr.app import Context, Message, RecordDict

from credit.errors import FederationError
from federated.engines._flower_secagg import RECORD_KEY_CONFIGS, Key, Stage, answer_stage
from federated.privacy.masking import MaskingTerms, is_masked, shape_only, to_vector
from federated.privacy.noise import noised_answer
from federated.site import BankSite


def masked_answer(
    kind: str,
    message: Message,
    context: Context,
    terms: MaskingTerms,
    site: BankSite,
) -> RecordDict:
    """The bank's answer to one stage of a masked sum of `kind`.

    Raises FederationError where the coordinator asks in clear, or for a stage that would show the bank's
    own figures.
    """
    if RECORD_KEY_CONFIGS not in message.content.config_records:
        raise FederationError(f"this bank answers {kind} in masked sums only")
    stage = message.content.config_records.pop(RECORD_KEY_CONFIGS)
    refuse_unmasking(dict(stage), terms)
    question, given = message.content, RecordDict()
    message.content.config_records[RECORD_KEY_CONFIGS] = stage

    def vector():
        content = site.answer(kind, question)
        if terms.noise is not None:
            records = site.records.train.height
            content = noised_answer(kind, question, content, site.spec, records, terms.noise)
        given.update(shape_only(kind, content))
        return to_vector(kind, content)

    record = answer_stage(message, context, vector)
    given.config_records[RECORD_KEY_CONFIGS] = record
    return given


def in_clear(kind: str, terms: MaskingTerms | None) -> bool:
    """Whether a bank with these terms answers `kind` as it is."""
    return terms is None or not is_masked(kind)


def refuse_unmasking(stage: dict, terms: MaskingTerms) -> None:
    """Refuse sums of few banks, and shares that would open two secrets of one bank."""
    if stage.get(Key.STAGE) == Stage.SETUP:
        banks, shares, threshold = (stage[k] for k in (Key.SAMPLE_NUMBER, Key.SHARE_NUMBER, Key.THRESHOLD))
        if banks < terms.min_banks or threshold < terms.min_banks or 2 * threshold <= shares:
            raise FederationError(
                f"a sum of {banks} banks that {threshold} of {shares} could unmask was asked for; this bank "
                f"insists on {terms.min_banks} banks and a majority"
            )
    if stage.get(Key.STAGE) == Stage.UNMASK:
        both = set(stage[Key.ACTIVE_NODE_ID_LIST]) & set(stage[Key.DEAD_NODE_ID_LIST])
        if both:
            raise FederationError("both secrets of one bank were asked for, which would unmask it")
