"""A package that appears at a source is taken over once; one that is refused leaves the served one alone."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bento.metrics import SHADOWED
from bento.served import Served
from bento.shadow import Shadow
from bento.sources import SourceError, source_of
from bento.watcher import Watcher
from credit.errors import FedCreditError
from credit.manifest import write_manifest
from tests.bento import packages


@pytest.fixture
def served(tmp_path) -> Served:
    served = Served()
    served.start(packages.make_package(tmp_path / "packages" / "credit-scorer-3", "logistic"))
    return served


def watcher(source: str, served: Served) -> Watcher:
    return Watcher(source_of(source, served.folder.parent), served.follow, "champion")


def version(served: Served) -> str:
    return served.current().version.version


def test_the_champions_link_is_followed_there_and_back_and_no_other_model(served):
    folder = served.folder.parent
    link = folder / "credit-scorer@champion"
    link.symlink_to("credit-scorer-3")
    watching = watcher(str(link), served)
    assert watching.look() and version(served) == "3" and served.former is None
    packages.make_package(folder / "credit-scorer-4", "logistic", number="4")
    packages.make_package(folder / "credit-scorer-8-banks-1", "logistic", number="1")
    assert not watching.look()
    for number in ("4", "3"):
        link.unlink()
        link.symlink_to(f"credit-scorer-{number}")
        assert watching.look() and version(served) == number
        assert not watching.look()


def test_a_package_that_replaces_another_in_its_folder_is_served(served):
    watching = watcher(str(served.folder), served)
    assert watching.look()
    packages.make_package(served.folder, "logistic", number="4")
    assert watching.look() and version(served) == "4"


def test_a_damaged_package_is_refused_until_it_is_whole_and_told_of_once(served, caplog):
    made = packages.make_package(served.folder.parent / "credit-scorer-5", "logistic", number="5")
    watching, whole = watcher(str(made), served), (made / "version.json").read_bytes()
    (made / "version.json").write_text("{}")
    assert not watching.look() and not watching.look()
    assert version(served) == "3"
    assert len([r for r in caplog.records if "version.json was changed" in r.message]) == 1
    (made / "version.json").write_bytes(whole)
    assert watching.look() and version(served) == "5"


@pytest.mark.parametrize(
    ("damaged", "content"),
    [("model.logistic.json", "{}"), ("reference.json", '{"edges": [0.5]}'), ("golden.json", "[]")],
)
def test_a_package_that_was_written_wrong_is_refused_as_any_damaged_one(served, damaged, content):
    made = packages.make_package(served.folder.parent / "credit-scorer-5", "logistic", number="5")
    (made / damaged).write_text(content)
    write_manifest(made)
    with pytest.raises(FedCreditError):
        served.change(made)
    assert not watcher(str(made), served).look()
    assert version(served) == "3"


def test_a_folder_of_packages_names_the_links_in_it(served):
    folder = served.folder.parent
    (folder / "credit-scorer@champion").symlink_to("credit-scorer-3")
    with pytest.raises(SourceError, match="credit-scorer@champion"):
        source_of(str(folder), folder).find()


def test_an_empty_folder_changes_nothing(served, tmp_path):
    assert not watcher(str(tmp_path / "nowhere"), served).look()


@pytest.fixture
def server(served):
    """MLflow's registry and the Hub, as far as they are asked."""
    package = packages.make_package(served.folder.parent / "credit-scorer-4", "logistic", number="4")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(
                "/api/2.0/mlflow/registered-models/alias?name=credit-scorer&alias=champion"
            ):
                body = json.dumps({"model_version": {"version": "4"}}).encode()
            elif "name=cut" in self.path:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                return None
            elif self.path == "/api/models/bank/scorer/revision/v4":
                body = json.dumps({"sha": "abc"}).encode()
            elif self.path.startswith("/bank/scorer/resolve/abc/"):
                body = Path(package, self.path.removeprefix("/bank/scorer/resolve/abc/")).read_bytes()
            else:
                return self.send_error(404)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_the_version_that_an_alias_names_is_served(served, server):
    assert watcher(f"mlflow+{server}/credit-scorer@champion", served).look()
    assert version(served) == "4"


def test_a_version_whose_package_is_written_after_its_alias_is_served_once_it_stands(served, server):
    watching, package = watcher(f"mlflow+{server}/credit-scorer@champion", served), served.folder.parent
    (package / "credit-scorer-4").rename(package / "not yet")
    assert not watching.look()
    (package / "not yet").rename(package / "credit-scorer-4")
    assert watching.look() and version(served) == "4"


def test_an_answer_cut_short_does_not_end_the_watching(served, server):
    watching = watcher(f"mlflow+{server}/cut@champion", served)
    assert not watching.look() and not watching.look()


def test_a_revision_on_the_hub_is_downloaded_and_served(served, server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server)
    assert watcher("hf://bank/scorer@v4", served).look()
    assert version(served) == "4"
    assert not watcher("hf://bank/scorer@v9", served).look()


def test_a_challenger_scores_in_the_shadow(served, tmp_path):
    shadow, champion = Shadow(), served.current()
    shadow.challenger = served.load(packages.make_package(tmp_path / "other", "lightgbm", number="shadow"))
    for applicant in packages.applicants():
        shadow.offer(json.dumps(applicant).encode(), champion.score(applicant), "r1")
    shadow.close()
    counted = [SHADOWED.labels("shadow", told)._value.get() for told in ("the same", "otherwise")]
    assert sum(counted) == 20 and counted[1] > 0


def test_a_challenger_that_fails_goes_on_with_the_next_applicant_and_stops_when_told(
    served, tmp_path, caplog
):
    shadow, champion = Shadow(), served.current()
    challenger = served.load(packages.make_package(tmp_path / "other", "lightgbm", number="failing"))
    challenger.score = lambda *_, **__: 1 // 0  # type: ignore[method-assign]
    shadow.challenger = challenger
    for applicant in packages.applicants(3):
        shadow.offer(json.dumps(applicant).encode(), champion.score(applicant), "r1")
    shadow.close()
    assert SHADOWED.labels("failing", "failed")._value.get() == 3
    assert "ZeroDivisionError" in caplog.text
