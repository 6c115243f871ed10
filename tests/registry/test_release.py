"""A release of banks at sites of their own tells of no single record."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.release import write_release


@pytest.mark.parametrize(("over_link", "kept"), [(False, True), (True, False)])
def test_what_has_a_row_a_record_is_released_of_a_simulation_only(tmp_path, over_link, kept):
    package = tmp_path / "package"
    package.mkdir()
    (package / "contract.json").write_text("{}")

    def explained(into: Path) -> None:
        (into / "explanation").mkdir()
        for name in ("shap_values.parquet", "beeswarm-poor.png", "mean_abs_shap.png"):
            (into / "explanation" / name).write_bytes(b"x")

    write_release(
        tmp_path / "release",
        package=package,
        metrics={},
        explanation=explained,
        card="",
        data_card="",
        over_link=over_link,
    )
    found = {path.name for path in (tmp_path / "release" / "model").rglob("*")}
    assert "mean_abs_shap.png" in found
    assert {"shap_values.parquet" in found, "beeswarm-poor.png" in found} == {kept}
