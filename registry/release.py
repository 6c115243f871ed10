"""The release folder: a model repository and a data-set repository exactly as they stand on the Hub."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from credit.files import whole_folder
from credit.manifest import write_manifest

DATASET_FILES = ("contract.json", "distributions.json", "applicants.json")
OF_RECORDS = ("shap_values*.parquet", "beeswarm*.png")
"""files of the explanation that have a row or a dot a record"""


def write_release(
    folder: Path,
    *,
    package: Path,
    metrics: Mapping[str, Any],
    explanation: Callable[[Path], object],
    card: str,
    data_card: str,
    over_link: bool = False,
) -> None:
    """Write `folder/model` and `folder/dataset`, each with its manifest; `folder` is whole or as it was.

    `package` is what the service serves; `explanation` puts the SHAP artifacts into the folder it is given.
    Of a model trained `over_link` nothing that tells of single records goes along.
    """
    with whole_folder(folder) as aside:
        model, dataset = aside / "model", aside / "dataset"
        shutil.copytree(package, model)
        explanation(model)
        if over_link:
            _drop_records(model)
        (model / "metrics.json").write_text(json.dumps(metrics, indent=1, default=float))
        (model / "README.md").write_text(card)
        dataset.mkdir()
        for name in DATASET_FILES:
            if (package / name).is_file():
                shutil.copy(package / name, dataset / name)
        (dataset / "README.md").write_text(data_card)
        for part in (model, dataset):
            write_manifest(part)


def _drop_records(model: Path) -> None:
    for path in (found for pattern in OF_RECORDS for found in model.rglob(pattern)):
        path.unlink()
