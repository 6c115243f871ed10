import pytest

from credit.errors import FederationError
from federated.training import inprocess_grid, train_federated
from tests.federated.banks import make_banks, make_spec

SPEC = make_spec()


class Killed(Exception):
    """Stands for the end of the coordinator's process."""


def kill_after(round_number):
    def on_round(report):
        if report.round == round_number:
            raise Killed

    return on_round


def train(family, folder, seed=0, **options):
    grid = inprocess_grid(make_banks(200, 100, 300), SPEC)
    trained = train_federated(family, grid, SPEC, rounds=5, seed=seed, **options)
    trained.model.save(folder)
    return trained, {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("family", ["logistic", "lightgbm", "catboost"])
def test_a_resumed_training_gives_the_same_bytes(family, tmp_path):
    whole, expected = train(family, tmp_path / "whole")
    checkpoint = tmp_path / "training.checkpoint"
    with pytest.raises(Killed):
        train(family, tmp_path / "killed", checkpoint=checkpoint, on_round=kill_after(2))
    resumed, found = train(family, tmp_path / "resumed", checkpoint=checkpoint)
    assert found == expected
    assert [r.round for r in resumed.rounds] == [r.round for r in whole.rounds]
    assert not checkpoint.exists()


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    checkpoint = tmp_path / "training.checkpoint"
    with pytest.raises(Killed):
        train("lightgbm", tmp_path / "a", checkpoint=checkpoint, on_round=kill_after(1))
    with pytest.raises(FederationError, match="another training"):
        train("lightgbm", tmp_path / "b", seed=1, checkpoint=checkpoint)


def test_a_damaged_checkpoint_is_named(tmp_path):
    checkpoint = tmp_path / "training.checkpoint"
    checkpoint.write_bytes(b"half a fi")
    with pytest.raises(FederationError, match=r"training\.checkpoint: damaged"):
        train("lightgbm", tmp_path / "a", checkpoint=checkpoint)


def test_nothing_half_written_is_left_beside_the_checkpoint(tmp_path):
    with pytest.raises(Killed):
        train("lightgbm", tmp_path / "a", checkpoint=tmp_path / "c", on_round=kill_after(3))
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
