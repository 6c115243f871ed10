import polars as pl

from pipelines.io_manager import fetch, store


def test_frames_data_and_dicts_of_them_come_back_as_they_were(tmp_path):
    value = {
        "bank-1": {"train": pl.DataFrame({"a": [1, None]}), "empty": pl.DataFrame(schema={"b": pl.String})}
    }
    store(value, tmp_path / "value")
    back = fetch(tmp_path / "value")
    assert back["bank-1"]["train"].equals(value["bank-1"]["train"])
    assert back["bank-1"]["empty"].schema == value["bank-1"]["empty"].schema


def test_plain_data_come_back_as_they_were(tmp_path):
    store({"rows": 3, "names": ["a"]}, tmp_path / "value")
    assert fetch(tmp_path / "value") == {"rows": 3, "names": ["a"]}
