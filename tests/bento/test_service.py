"""The service over HTTP, as `bentoml serve` runs it."""

from __future__ import annotations

import gzip
import json
import math
import re
import time
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

import httpx
import polars as pl
import pytest

from credit.applicant import example_applicant
from tests.bento import packages
from tests.bento.server import serving

pytestmark = pytest.mark.slow
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[httpx.Client]:
    package = packages.make_package(tmp_path_factory.mktemp("served") / "package", "lightgbm")
    with serving(package) as client:
        yield client


APPLICANT = packages.applicants(1)[0]


def test_answers_equal_the_model(client):
    expected = packages.probabilities(packages.model("lightgbm"))[:, -1]
    served = [client.post("/predict", json=a).json()["pd"] for a in packages.applicants()]
    assert served == pytest.approx(expected, abs=1e-9)


def test_a_decision_is_complete(client):
    answer = client.post("/predict", json=APPLICANT).json()
    assert (answer["threshold"], answer["model"], answer["model_version"]) == (0.3, "credit-scorer", "3")
    assert (answer["contract"], answer["contract_version"]) == ("sba", 1)
    assert answer["contract_fingerprint"] == client.get("/model").json()["contract"]["fingerprint"]
    assert answer["decision"] == ("refused" if answer["pd"] >= 0.3 else "accepted")
    assert all(r["label"] in r["sentence"] for r in answer["reasons"])


@pytest.mark.parametrize("text", ["ZZ", "", None])
def test_a_decision_names_the_fields_that_counted_as_not_known(client, text):
    whole = {**dict.fromkeys(packages.contract_fields()), **example_applicant(packages.contract())}
    assert client.post("/predict", json=whole).json()["not_known"] == []
    sent = {**whole, "state": text}
    answers = [client.post("/predict", json=sent), client.post("/predict?reasons=false", json=sent)]
    assert [a.json()["not_known"] for a in answers] == [["state"]] * 2
    for query in ("", "?reasons=true"):
        rows = client.post(f"/predict/batch{query}", json=[{**sent, "hair": 1}, sent, whole]).json()
        assert [row["decision"]["not_known"] for row in rows[1:]] == [["state"], []]


def test_reasons_can_be_left_out(client):
    assert client.post("/predict?reasons=false", json=APPLICANT).json()["reasons"] == []


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"loan_amount": None}, "loan_amount", "missing"),
        ({"loan_amount": "much"}, "loan_amount", "type"),
        ({"loan_amount": -1}, "loan_amount", "range"),
        ({"loan_amount": 1e300}, "loan_amount", "range"),
        ({"business_age": "ancient"}, "business_age", "book"),
        ({"hair": "red"}, "hair", "unknown"),
        ({"guaranteed_amount": 9e6}, "guaranteed_share", "range"),
    ],
)
def test_a_wrong_field_is_named_with_its_rule(client, change, field, rule):
    answer = client.post("/predict", json={**APPLICANT, **change})
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert (field, rule) in [(e["field"], e["rule"]) for e in answer.json()["errors"]]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"not json", b"\xff\xfe", b'{"loan_amount": NaN}'])
def test_a_body_that_is_no_applicant_is_refused(client, body):
    answer = client.post("/predict", content=body)
    assert (answer.status_code, answer.json()["title"]) == (422, "Unprocessable Content")


def test_not_a_number_is_named(client):
    answer = client.post("/predict", content=b'{"loan_amount": NaN, "guaranteed_amount": 1}')
    assert answer.json()["errors"][0] == {
        "field": "loan_amount", "rule": "finite", "message": "Loan amount approved must be a finite number"
    }  # fmt: skip


def test_a_body_too_large_is_refused(client):
    answer = client.post("/predict", content=b" " * 70_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


def test_a_body_too_large_that_does_not_say_so_is_refused(client):
    answer = client.post("/predict", content=iter([b" " * 40_000] * 2))
    assert answer.status_code == 413


def test_a_wrong_parameter_is_refused(client):
    assert client.post("/predict?reasons=maybe", json=APPLICANT).json()["errors"][0]["field"] == "reasons"


@pytest.mark.parametrize(
    ("method", "path", "field", "rule"),
    [
        ("POST", "/predict?bnak=pnc", "bnak", "unknown"),
        ("POST", "/predict?bank=", "bank", "missing"),
        ("POST", "/predict?bank=pnc&bank=hsbc", "bank", "repeated"),
        ("POST", "/predict/batch?resons=true", "resons", "unknown"),
        ("POST", "/explain?changes=loan_amount", "changes", "unknown"),
        ("POST", "/explain?change=", "change", "missing"),
        ("GET", "/customers?page=2", "page", "unknown"),
        ("GET", "/model?bank=pnc", "bank", "unknown"),
        ("GET", "/health?verbose", "verbose", "unknown"),
        ("GET", "/features/bivariate_data?feat_x=loan_amount", "feat_y", "missing"),
    ],
)
def test_a_wrong_query_is_refused_by_the_parameter(client, method, path, field, rule):
    answer = client.request(method, path, json=APPLICANT if method == "POST" else None)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert [(e["field"], e["rule"]) for e in answer.json()["errors"]] == [(field, rule)]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/predict", 405), ("GET", "/nowhere", 404)])
def test_what_is_not_there_has_the_same_shape(client, method, path, status):
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_health_names_the_model(client):
    answer = client.get("/health").json()
    assert (answer["status"], answer["model"], answer["model_version"]) == ("ok", "credit-scorer", "3")


def test_the_model_tells_where_it_comes_from(client):
    answer = client.get("/model").json()
    assert answer["data"] == {"A BANK": "0" * 64}
    assert answer["contract"]["fingerprint"] == packages.contract().fingerprint
    assert answer["features"] == list(packages.contract().spec.features)


def test_the_contract_is_published(client):
    assert client.get("/contract").json() == packages.contract().model_dump(mode="json")


def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/").text
    assert "http" not in page.replace("http-equiv", "")
    assert client.get("/static_content/swagger-ui-bundle.js").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics"])
def test_what_bentoml_adds_is_kept(client, path):
    assert client.get(path).status_code == 200


MIXED = [APPLICANT, {"hair": "red"}, 3, packages.applicants(2)[1]]


def test_a_batch_scores_the_good_and_tells_of_the_wrong(client):
    rows = client.post("/predict/batch", json=MIXED).json()
    assert [r["index"] for r in rows] == [0, 1, 2, 3]
    assert ["decision" in r for r in rows] == [True, False, False, True]
    assert ("hair", "unknown") in [(e["field"], e["rule"]) for e in rows[1]["errors"]]
    assert rows[3]["decision"]["pd"] == client.post("/predict", json=MIXED[3]).json()["pd"]


def test_a_batch_of_lines_is_answered_in_lines(client):
    lines = "\n".join(map(json.dumps, MIXED)).encode()
    kind = {"Content-Type": "application/x-ndjson"}
    answer = client.post("/predict/batch?reasons=true", content=lines, headers=kind)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert rows[0]["decision"] == client.post("/predict", json=APPLICANT).json()
    assert len(rows) == 4


def test_a_batch_as_parquet_is_answered_as_a_list_is(client):
    rows = [{**dict.fromkeys(packages.contract_fields()), **a} for a in packages.applicants(5)]
    rows[3] = {**rows[3], "loan_amount": -1.0}
    body = BytesIO()
    pl.DataFrame(rows).write_parquet(body)
    kind = {"Content-Type": "application/vnd.apache.parquet"}
    same = {"X-Request-ID": "both"}
    answer = client.post("/predict/batch", content=body.getvalue(), headers={**kind, **same}).json()
    assert answer == client.post("/predict/batch", json=rows, headers=same).json()
    assert ["errors" in row for row in answer] == [False, False, False, True, False]


def test_a_body_of_no_stated_kind_is_json(client):
    body = json.dumps(MIXED).encode()
    assert client.post("/predict/batch", content=body).status_code == 200
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/predict/batch", content=body, headers=form).status_code == 200


@pytest.mark.parametrize("kind", ["text/csv", "application/gzip"])
def test_a_batch_of_another_kind_hears_which_are_taken(client, kind):
    answer = client.post("/predict/batch", content=b"loan_amount\n5", headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM)
    assert answer.json()["detail"].startswith(f"{kind} is not taken")
    assert {"application/json", "application/x-ndjson", "application/vnd.apache.parquet"} <= set(
        re.findall(r"[a-z]+/[a-z.-]+", answer.json()["detail"])
    )


def test_lines_sent_as_no_stated_kind_hear_which_are_taken(client):
    answer = client.post("/predict/batch", content=b"loan_amount\n5")
    assert "one JSON object a line (application/x-ndjson)" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/explain"])
@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_a_compressed_body_is_refused(client, path, headers):
    answer = client.post(path, content=gzip.compress(json.dumps(APPLICANT).encode()), headers=headers)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    assert "not compressed" in answer.json()["detail"]


@pytest.mark.parametrize("between", [b",", b" , "])
def test_a_field_given_twice_is_refused(client, between):
    text = json.dumps(APPLICANT)[:-1].encode() + b', "loan_amount": 5}'
    answer = client.post("/predict", content=text)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "loan_amount")
    rows = client.post("/predict/batch", content=b"[" + text + between + text + b"]").json()
    assert [row["errors"][0]["rule"] for row in rows] == ["repeated", "repeated"]


def test_a_text_with_a_colon_is_no_field_given_twice(client):
    assert client.post("/predict", json={**APPLICANT, "naics": "72:2110"}).status_code == 200


def test_an_empty_batch_has_an_empty_answer(client):
    assert client.post("/predict/batch", json=[]).json() == []


@pytest.mark.parametrize(("body", "kind", "status"), [
    (b"{}", "application/json", 422), (b"[", "application/json", 422),
    (b"PAR1", "application/vnd.apache.parquet", 422), (b"PAR1" * 99, "application/vnd.apache.parquet", 422),
])  # fmt: skip
def test_what_is_no_batch_is_refused(client, body, kind, status):
    answer = client.post("/predict/batch", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_an_explanation_adds_up(client):
    answer = client.post("/explain?change=loan_amount", json=APPLICANT).json()
    log_odds = math.log(answer["pd"] / (1 - answer["pd"]))
    assert answer["shap"]["base_value"] + sum(answer["shap"]["values"]) == pytest.approx(log_odds, abs=1e-6)


def test_a_field_that_may_not_change_is_refused(client):
    answer = client.post("/explain?change=hair", json=APPLICANT)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "change")


def test_the_sample_keeps_the_shapes_of_the_dashboard(client):
    assert client.get("/customers").json() == {"customer_ids": [f"a{i}" for i in range(8)]}
    score, shap = client.get("/customer/a1/score").json(), client.get("/customer/a1/shap").json()
    assert set(score) == {"probability_pos", "threshold", "decision"}
    assert set(shap) == {"base_value", "values", "feature_names"}
    dashboard = client.get("/customer/a1/dashboard").json()
    assert (dashboard["score"], dashboard["shap"]) == (score, shap)
    assert dashboard["features"] == client.get("/customer/a1/features").json()
    assert datetime.fromisoformat(dashboard["metadata"]["timestamp"]).tzinfo


def test_features_are_told_of_the_sample(client):
    query = {"feat_x": "loan_amount", "feat_y": "sector"}
    answer = client.get("/features/bivariate_data", params=query).json()
    assert len(answer["x_data"]) == len(answer["y_data"]) == 8
    assert set(client.get("/features/employees/distribution").json()) == {"counts", "bin_edges", "median"}


def test_the_card_is_served(client):
    answer = client.get("/model/card")
    assert (answer.text, answer.headers["content-type"]) == ("# Card", "text/markdown; charset=utf-8")


def test_a_picture_is_sent_once(client):
    first = client.get("/shap/global")
    assert (first.content, first.headers["content-type"]) == (b"picture", "image/png")
    again = client.get("/shap/global", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/customer/nobody/score", "/features/hair/distribution", "/features/bivariate_data?feat_x=a&feat_y=b"],
)
def test_what_is_unknown_is_not_found(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


def test_a_request_id_is_sent_back(client):
    assert client.get("/health", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert client.get("/health", headers={"X-Request-ID": "a b"}).headers["x-request-id"] != "a b"


def test_no_origin_is_let_in(client):
    answer = client.options(
        "/predict", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 405
    assert not [h for h in answer.headers if h.startswith("access-control")]


def test_each_operation_is_described(client):
    paths = client.get("/docs.json").json()["paths"]
    assert set(paths) >= {"/predict", "/health", "/model", "/contract"}
    properties = client.get("/docs.json").json()["components"]["schemas"]["Applicant"]["properties"]
    assert properties["employees"]["unit"] == "people"


def test_a_damaged_package_is_answered_with_503(tmp_path):
    package = packages.make_package(tmp_path / "package", "logistic")
    with serving(package, FEDCREDIT_PACKAGE=str(tmp_path)) as client:
        statuses = [client.get("/health"), client.get("/readyz"), client.post("/predict", json=APPLICANT)]
        assert [s.status_code for s in statuses] == [503, 503, 503]
        assert client.get("/docs.json").status_code == 200


def slowly(body: bytes, seconds: float) -> Iterator[bytes]:
    for i in range(len(body)):
        time.sleep(seconds / len(body))
        yield body[i : i + 1]


def test_a_body_may_take_as_long_as_is_set_and_no_longer(tmp_path):
    package = packages.make_package(tmp_path / "package", "logistic")
    kind = {"Content-Type": "application/json"}
    with serving(package, FEDCREDIT_BODY_SECONDS="7") as client:
        answers = [
            client.post("/predict/batch", content=slowly(b"[{},{}]", seconds), headers=kind)
            for seconds in (5.6, 8.4)
        ]
    assert [a.status_code for a in answers] == [200, 408]
    assert answers[1].headers["content-type"] == PROBLEM
