import numpy as np
import pytest
from flwr.app import RecordDict

from credit.errors import FederationError
from federated import messages
from federated.client_app import bank_app
from federated.engines._flower_secagg import RECORD_KEY_CONFIGS, Key, Stage, bytes_to_ndarray, masks
from federated.engines.inprocess import FIRST_NODE, InProcessGrid
from federated.exchange import Exchange
from federated.figures import FIGURES
from federated.privacy.bank import refuse_unmasking
from federated.privacy.masking import MaskingTerms, is_masked
from federated.site import BankSite
from federated.tally import Tally
from federated.training import inprocess_grid, train_federated
from tests.federated.banks import BrokenSite, make_banks, make_spec
from tests.federated.test_tally import asked

SPEC, TERMS = make_spec(), MaskingTerms(min_banks=3)
RUNS = [("logistic", "fedavg"), ("lightgbm", "leaf_refit"), ("lightgbm", "histogram"), ("catboost", "fedavg")]


class Listening(InProcessGrid):
    """A grid that keeps every message, as a curious coordinator could."""

    def __init__(self, *args):
        super().__init__(*args)
        self.heard: list[tuple[str, int, RecordDict]] = []

    def pull_messages(self, message_ids):
        replies = super().pull_messages(message_ids)
        for r in replies:
            if r.has_content():
                self.heard.append(
                    (r.metadata.message_type, r.metadata.src_node_id, RecordDict(dict(r.content)))
                )
        return replies


class Diary(BankSite):
    """A bank that keeps what it answered, before any mask."""

    def answer(self, kind, content):
        answer = super().answer(kind, content)
        self.__dict__.setdefault("said", []).append((kind, answer))
        return answer


def listening(sites, masking=TERMS):
    app = bank_app(lambda context: sites[int(str(context.node_config["bank"]))], masking)
    return Listening(app, [{"bank": i} for i in range(len(sites))])


def trained(family, strategy, masking, banks=None):
    grid = inprocess_grid(banks or make_banks(200, 150, 250, 300), SPEC, masking=masking)
    return train_federated(
        family, grid, SPEC, strategy=strategy, rounds=2, trees_per_round=1, masking=masking
    )


@pytest.mark.parametrize(("family", "strategy"), RUNS)
def test_masked_sums_give_the_model_of_sums_in_clear(family, strategy):
    clear, masked = (trained(family, strategy, terms).model for terms in (None, TERMS))
    X = clear.encoding.matrix(make_banks(200)[0].test)
    assert np.abs(clear.margin(X) - masked.margin(X)).max() < 1e-6


@pytest.mark.parametrize("count", [5, 12])
def test_a_bank_lost_after_the_shares_is_taken_out_of_the_sum(count):
    banks = make_banks(*range(100, 100 + count))
    lost = BrokenSite(banks[1], SPEC)
    lost.broken = ("counts",)
    sites = [lost if bank is banks[1] else BankSite(bank, SPEC) for bank in banks]
    exchange = Exchange(listening(sites), 10.0, TERMS)
    replies = exchange.ask("counts", {n: RecordDict() for n in exchange.grid.get_node_ids()})
    rest = [messages.sums(s.counts(RecordDict())) for s in sites if s is not lost]
    found = np.sum([messages.sums(a.content) for a in replies.answers.values()], axis=0)
    assert np.array_equal(found, np.sum(rest, axis=0))
    assert replies.failures == {FIRST_NODE + 1: "RuntimeError: disk is full"}


def test_a_sum_of_too_few_banks_is_not_made():
    with pytest.raises(FederationError, match="a masked sum needs 3 banks"):
        trained("lightgbm", "leaf_refit", TERMS, make_banks(100, 100))


def test_a_bank_refuses_to_answer_in_clear():
    grid = inprocess_grid(make_banks(100, 100, 100), SPEC, masking=TERMS)
    with pytest.raises(FederationError, match="answers counts in masked sums only"):
        train_federated("lightgbm", grid, SPEC, rounds=1)


@pytest.mark.parametrize(
    "stage",
    [
        {Key.STAGE: Stage.SETUP, Key.SAMPLE_NUMBER: 2, Key.SHARE_NUMBER: 2, Key.THRESHOLD: 2},
        {Key.STAGE: Stage.SETUP, Key.SAMPLE_NUMBER: 9, Key.SHARE_NUMBER: 9, Key.THRESHOLD: 3},
        {Key.STAGE: Stage.UNMASK, Key.ACTIVE_NODE_ID_LIST: [1, 2, 3], Key.DEAD_NODE_ID_LIST: [3]},
    ],
)
def test_a_bank_refuses_what_would_unmask_it(stage):
    with pytest.raises(FederationError):
        refuse_unmasking(stage, TERMS)


def test_masks_use_the_whole_seed():
    seed, folded_alike = bytes(32), b"\x01\0\0\0\x01\0\0\0" + bytes(24)
    a, b = (masks(s, 2**62, [(8,)])[0] for s in (seed, folded_alike))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize(("family", "strategy"), RUNS)
def test_no_message_of_a_run_holds_a_record_or_a_banks_own_sum(family, strategy):
    banks = make_banks(200, 150, 250, 300)
    sites = [Diary(bank, SPEC) for bank in banks]
    grid = listening(sites)
    model = train_federated(
        family, grid, SPEC, strategy=strategy, rounds=2, trees_per_round=1, masking=TERMS
    ).model
    heard = b"".join(every_byte(content) for _, _, content in grid.heard)
    for bank in banks:
        rows = model.encoding.matrix(bank.train)
        assert not any(row.tobytes() in heard or row[:2].tobytes() in heard for row in rows)
    own = [figures(answer) for site in sites for kind, answer in site.said if is_masked(kind)]
    assert own and not any(vector.tobytes() in heard for vector in own if vector.size > 1)
    assert all(not np.any(v) for kind, _, c in grid.heard if is_masked_route(kind) for v in clear_arrays(c))


@pytest.mark.parametrize("name", FIGURES)
def test_no_message_of_a_figure_holds_a_record_or_a_banks_own_sum(name):
    banks = make_banks(200, 150, 250, 300)
    model = trained("lightgbm", "leaf_refit", None, banks).model
    sites = [Diary(bank, SPEC) for bank in banks]
    grid, question = listening(sites), asked(name, model)
    Tally.of_grid(grid, SPEC, masking=TERMS)(name, question.part, question.model, **question.terms)
    heard = b"".join(every_byte(content) for _, _, content in grid.heard)
    rows = np.concatenate([model.encoding.matrix(bank.part(question.part)) for bank in banks])
    assert not any(row.tobytes() in heard or row[:2].tobytes() in heard for row in rows)
    own = [messages.sums(answer) for site in sites for kind, answer in site.said if kind == "tally"]
    assert len(own) == len(banks) and all(np.any(vector) for vector in own)
    filled = [vector[np.flatnonzero(vector)[0] :][:8] for vector in own]
    assert not any(vector.tobytes() in heard for vector in (*own, *filled))
    assert all(not np.any(v) for kind, _, c in grid.heard if is_masked_route(kind) for v in clear_arrays(c))


def test_reconstruction_of_a_banks_default_rate_works_in_clear_and_fails_when_masked():
    banks = make_banks(200, 150, 250, 300)
    truth = [bank.train["outcome"].mean() for bank in banks]
    guesses = {terms: [attack(banks, terms, i) for i in range(4)] for terms in (None, TERMS)}
    assert np.allclose(guesses[None], truth)
    assert not any(np.isclose(g, t, atol=1e-3) for g, t in zip(guesses[TERMS], truth, strict=True))


def test_a_masked_vector_looks_the_same_whatever_it_masks():
    banks = make_banks(200, 150, 250, 300)
    grid = listening([BankSite(bank, SPEC) for bank in banks])
    train_federated("lightgbm", grid, SPEC, strategy="leaf_refit", rounds=2, masking=TERMS)
    sent = np.concatenate([masked_vector(c) for k, _, c in grid.heard if masked_vector(c) is not None])
    share, _ = np.histogram(sent / 2.0**62, bins=4, range=(0, 1))
    assert len(sent) > 1000 and np.abs(share / len(sent) - 0.25).max() < 0.05


def test_a_masked_answer_carries_its_numbers_once():
    grid = listening([BankSite(bank, SPEC) for bank in make_banks(200, 150, 250, 300)])
    train_federated("lightgbm", grid, SPEC, strategy="histogram", rounds=1, trees_per_round=1, masking=TERMS)
    answers = [
        (c, v) for k, _, c in grid.heard if k == "train.histograms" and (v := masked_vector(c)) is not None
    ]
    assert answers and all(messages.size(content) < 8 * len(vector) + 1000 for content, vector in answers)


def attack(banks, terms, victim):
    """What a curious coordinator makes of one bank's answers to `counts`: defaults over records."""
    grid = listening([BankSite(bank, SPEC) for bank in banks], terms)
    train_federated("lightgbm", grid, SPEC, strategy="leaf_refit", rounds=1, masking=terms)
    own = [c for kind, node, c in grid.heard if kind == "query.counts" and node == FIRST_NODE + victim]
    if terms is None:
        paid, default = messages.sums(own[0])[:2]
    else:
        paid, default = next(v for c in own if (v := masked_vector(c)) is not None)[:2] / 2.0**28
    return default / (paid + default)


def masked_vector(content):
    stage = content.config_records.get(RECORD_KEY_CONFIGS, {})
    return bytes_to_ndarray(stage[Key.MASKED_PARAMETERS][1]) if Key.MASKED_PARAMETERS in stage else None


def figures(content):
    if messages.ARRAYS in content.array_records:
        return np.concatenate([a.ravel() for a in messages.arrays(content).values()])
    return np.array([*messages.metrics(content).values()], float)


def clear_arrays(content):
    return messages.arrays(content).values() if messages.ARRAYS in content.array_records else ()


def is_masked_route(route):
    return is_masked(messages.KIND_OF_ROUTE[route])


def every_byte(content):
    arrays = [a.data for record in content.array_records.values() for a in record.values()]
    figures = [
        np.array([v], float).tobytes() for record in content.metric_records.values() for v in record.values()
    ]
    stages = [
        part if isinstance(part, bytes) else b""
        for record in content.config_records.values()
        for value in record.values()
        for part in (value if isinstance(value, list) else [value])
    ]
    return b"".join([*arrays, *figures, *stages])
