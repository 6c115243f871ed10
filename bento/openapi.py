"""The OpenAPI description of the service, complete for the contract that is served."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from bento.operation import Operation
from bento.problems import MEDIA_TYPE, ProblemDetails
from bento.scorer import Scorer

REFERENCE = "#/components/schemas/{model}"
CAUSES = {
    400: "The body did not arrive",
    401: "No valid key",
    403: "The key does not open this; without keys: a page of another site asks",
    404: "Not found",
    408: "The body did not arrive in time",
    409: "The applicant was written under another contract",
    413: "The body is too large",
    415: "The body is compressed or of a Content-Type that is not taken",
    422: "A field or parameter is wrong; `errors` names it and its rule",
    429: "Too many requests",
    500: "The service failed",
    503: "No model is loaded",
}


def openapi(operations: Iterable[Operation], scorer: Scorer | None) -> dict[str, Any]:
    """OpenAPI 3.1 of `operations`; without a model, applicants are any object."""
    schemas: dict[str, Any] = {}
    _schema(ProblemDetails, schemas)
    applicant = _applicant(scorer, schemas)
    paths: dict[str, Any] = {}
    for operation in operations:
        described = _described(operation, schemas, applicant)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    return {
        "openapi": "3.1.0",
        "info": _info(scorer),
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": key}},
    }


def _info(scorer: Scorer | None) -> dict[str, str]:
    text = "Credit scores of a model that banks trained together. Every error is a problem detail (RFC 9457)."
    version = scorer.version.version if scorer else "0"
    return {"title": "Credit scoring", "version": version, "description": text}


def _applicant(scorer: Scorer | None, schemas: dict[str, Any]) -> dict[str, Any]:
    """Put the applicant's schema among `schemas`; return an example."""
    if scorer is None:
        schemas["Applicant"] = {"type": "object"}
        return {}
    schema = scorer.reader.model.model_json_schema(ref_template=REFERENCE)
    # Generated clients name their class by it.
    schemas["Applicant"] = {**schema, "title": "Applicant"}
    return scorer.reader.model.model_config["json_schema_extra"]["example"]  # type: ignore[index]


def _described(operation: Operation, schemas: dict[str, Any], applicant: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": operation.description or operation.handler.__doc__ or "",
        "operationId": _identifier(operation),
        "tags": [operation.tag],
        "responses": _responses(operation, schemas),
    }
    if operation.opens:
        described["security"] = [{"key": []}]
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body:
        described["requestBody"] = _body(operation, schemas, applicant)
    return described


def _body(operation: Operation, schemas: dict[str, Any], applicant: dict[str, Any]) -> dict[str, Any]:
    example = operation.example(applicant) if operation.example else applicant
    content = {"application/json": {"schema": _schema(operation.body, schemas), "example": example}}
    return {"required": True, "content": content}


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = {} if operation.answer is bytes else _schema(operation.answer, schemas)
    content = {operation.answer_type: {"schema": schema}}
    answers: dict[str, Any] = {"200": {"description": "The answer", "content": content}}
    codes = {*operation.problems, 422, 500, *((401, 403, 429) if operation.opens else ())}
    if operation.body:
        codes.add(415)
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="ProblemDetails")}}}
    if 304 in codes:
        answers["304"] = {"description": "Not changed since the ETag sent as If-None-Match"}
        codes.remove(304)
    for code in sorted(codes):
        answers[str(code)] = {"description": CAUSES.get(code, HTTPStatus(code).phrase), "content": problem}
    return answers


def _schema(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """A schema or a reference to one of `schemas`, to which what it needs is added."""
    if isinstance(kind, list):
        return {"type": "array", "items": _schema(kind[0], schemas)}
    if isinstance(kind, str):
        return {"$ref": REFERENCE.format(model=kind)}
    schema = TypeAdapter(kind).json_schema(ref_template=REFERENCE, mode="serialization")
    schemas.update(schema.pop("$defs", {}))
    if "title" not in schema or schema.get("type") != "object" or "properties" not in schema:
        return schema
    schemas[schema["title"]] = schema
    return {"$ref": REFERENCE.format(model=schema["title"])}


def _identifier(operation: Operation) -> str:
    words = re.findall(r"[a-z]+", operation.path.lower()) or ["page"]
    return "_".join([operation.method.lower(), *words])
