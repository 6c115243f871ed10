from io import BytesIO
from typing import Any

import numpy as np
import pytest
from flwr.app import Array, ConfigRecord, Error, Message, MetricRecord, RecordDict
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from federated import messages
from federated.array_bytes import from_array, to_array
from federated.engines import _flower_internals as flower
from federated.engines._flower_messages import (
    answer_to,
    content_bytes,
    content_to_bytes,
    messages_of,
    received,
)
from federated.engines.folding import FOLDED, folded, unfolded, unfolded_or_failed
from federated.engines.inprocess import InProcessGrid
from federated.training import train_federated
from tests.federated.banks import make_spec
from tests.federated.test_rounds import grid_of, sites_of
from tests.federated.test_training import model_bytes

NAMES = st.text(max_size=200)
FIGURES = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
SETTINGS = FIGURES | st.booleans() | st.text(max_size=200) | st.binary(max_size=200) | st.lists(st.booleans())
ARRAYS = (
    npst.arrays(st.sampled_from([np.float32, np.float64, np.int64]), npst.array_shapes(min_side=0))
    | st.binary()
)


def contents():
    record = st.builds(
        lambda a: messages.pack(a)[messages.ARRAYS], st.dictionaries(NAMES, ARRAYS, max_size=3)
    )
    record |= st.builds(MetricRecord, st.dictionaries(NAMES, FIGURES | st.lists(st.floats()), max_size=3))
    record |= st.builds(ConfigRecord, st.dictionaries(NAMES, SETTINGS, max_size=3))
    return st.dictionaries(NAMES, record, max_size=3).map(RecordDict)


def by_wire(message):
    return flower.from_wire(flower.to_wire(message))


class WireGrid(InProcessGrid):
    """Carries every message as bytes, both ways."""

    def push_messages(self, messages):
        return super().push_messages(map(by_wire, messages))

    def pull_messages(self, message_ids):
        return [by_wire(reply) for reply in super().pull_messages(message_ids)]


@settings(max_examples=200, deadline=None)
@given(contents())
def test_a_message_is_as_large_as_on_the_wire(content):
    assert content_bytes(content) == len(content_to_bytes(content))


@settings(max_examples=50, deadline=None)
@given(contents())
def test_a_message_arrives_as_over_the_wire(content):
    flower.become_coordinator(1)
    message = Message(content, 2**63 + 5, "train.propose")
    assert flower.to_wire(received(message)) == flower.to_wire(message)


def facts(message):
    """All of a message but the moment it was made."""
    known = dict(vars(message.metadata))
    made, lasts = known.pop("_created_at"), known.pop("_ttl")
    return known, made + lasts, message.content, message.has_error()


@pytest.fixture
def asked():
    flower.become_coordinator(1)
    contents = {2**63 + n: messages.pack({"sums": np.full(3, n)}, start=n) for n in range(3)}
    found = messages_of(contents, "train.histograms")
    for number, message in enumerate(found):
        flower.set_message_id(message, str(number))
    return contents, found


def test_messages_made_alike_are_what_flower_makes(asked):
    for number, ((node, content), message) in enumerate(zip(asked[0].items(), asked[1], strict=True)):
        theirs = Message(content, node, "train.histograms")
        flower.set_message_id(theirs, str(number))
        (ours, until, *rest), (known, their_until, *their_rest) = facts(message), facts(theirs)
        assert ours == known and rest == their_rest and abs(until - their_until) < 60


def test_an_answer_is_what_flower_makes(asked):
    content = messages.pack({"sums": np.zeros(3)}, {"round": 1})
    for message in asked[1]:
        (ours, until, *rest), (known, their_until, *their_rest) = (
            facts(reply) for reply in (answer_to(message, content), Message(content, reply_to=message))
        )
        assert ours == known and rest == their_rest and abs(until - their_until) < 1e-3


@settings(max_examples=50, deadline=None)
@given(contents())
def test_a_message_unfolds_to_what_was_folded(content):
    flower.become_coordinator(1)
    message = Message(content, 2**63 + 5, "train.propose")
    one = folded(message)
    assert len(one.content) == 1 and flower.to_wire(unfolded(one)) == flower.to_wire(message)


@pytest.mark.parametrize(
    "content",
    [
        RecordDict(),
        RecordDict({"sums": ConfigRecord({"a": 1})}),
        RecordDict({FOLDED: ConfigRecord({FOLDED: 1})}),
        RecordDict({FOLDED: ConfigRecord({FOLDED: b"no content"})}),
    ],
)
def test_a_reply_that_was_not_folded_counts_as_failed(content):
    flower.become_coordinator(1)
    reply = Message(content, reply_to=Message(RecordDict(), 5, "train"))
    failed = unfolded_or_failed(reply)
    assert "install the same version" in failed.error.reason
    assert failed.metadata.reply_to_message_id == reply.metadata.reply_to_message_id


def test_an_error_arrives_unchanged_by_folding():
    flower.become_coordinator(1)
    reply = Message(Error(204, "disk is full"), reply_to=Message(RecordDict(), 5, "train"))
    assert unfolded(folded(reply)).error.reason == "disk is full"


def test_an_error_arrives():
    flower.become_coordinator(1)
    reply = Message(Error(204, "disk is full"), reply_to=Message(RecordDict(), 5, "train"))
    assert received(reply).error.reason == "disk is full" and not received(reply).has_content()


def test_a_received_message_shares_nothing_that_can_change():
    flower.become_coordinator(1)
    content = messages.pack({"sums": np.zeros(3)}, {"loss": 1.0}, names=["a"])
    twin: Any = received(Message(content, 5, "train")).content
    twin[messages.CONFIG]["names"].append("b")
    twin[messages.METRICS]["loss"] = 2.0
    twin[messages.ARRAYS]["sums"].data = b""
    del twin[messages.METRICS]
    assert messages.config(content)["names"] == ["a"] and messages.metrics(content) == {"loss": 1.0}
    assert len(messages.sums(content)) == 3


@settings(max_examples=50, deadline=None)
@given(npst.arrays(npst.scalar_dtypes(), npst.array_shapes(min_dims=0, min_side=0)))
def test_arrays_are_packed_as_flower_packs_them(values):
    assert vars(to_array(values))["data"] == Array(np.ascontiguousarray(values).reshape(values.shape)).data
    assert np.array_equal(from_array(Array(values)).tobytes("F"), values.tobytes("F"))


def test_what_arrives_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        messages.arrays(messages.pack({"sums": np.zeros(3)}))["sums"][0] = 1.0


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"no array", lambda b: b""])
def test_bytes_that_are_no_array_are_refused(damage):
    array = to_array(np.zeros(3))
    array.data = damage(array.data)
    with pytest.raises(ValueError):
        from_array(array)


def test_an_array_of_python_objects_is_refused():
    buffer = BytesIO()
    np.save(buffer, np.array([print]), allow_pickle=True)
    with pytest.raises(ValueError, match="objects"):
        from_array(Array("object", (1,), "numpy.ndarray", buffer.getvalue()))


@pytest.mark.parametrize("strategy", ["leaf_refit", "histogram"])
def test_the_wire_changes_nothing(strategy, tmp_path):
    sites, options = sites_of(100, 200), {"strategy": strategy, "rounds": 2}
    direct, wired = (
        train_federated("lightgbm", grid_of(*sites, kind=kind), make_spec(), **options)
        for kind in (InProcessGrid, WireGrid)
    )
    assert model_bytes(direct.model, tmp_path / "a") == model_bytes(wired.model, tmp_path / "b")
    assert direct.bytes_by_kind == wired.bytes_by_kind
