"""Completes the OpenAPI document with what no signature tells: credentials, problem documents, idempotency keys."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from modelkeep.kernel.errors import Kind

Document = dict[str, Any]

_TOKEN: Final[Document] = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of this registry, such as the one that `modelkeep serve` prints at its first start.",
}
_PROBLEM: Final[Document] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong, as problem details (RFC 9457): `code` is stable, `detail` is for people.",
    "properties": {
        "type": {"type": "string", "examples": ["urn:modelkeep:error:catalog.model_not_found"]},
        "title": {"type": "string", "examples": ["Not Found"]},
        "status": {"type": "integer", "examples": [404]},
        "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
        "code": {"type": "string", "examples": ["catalog.model_not_found"]},
        "detail": {"type": "string"},
        "context": {"type": "object", "additionalProperties": True},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "kind", "code", "detail", "context", "request_id"],
}
_PROBLEM_ANSWER: Final[Document] = {
    "description": "A problem document",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_IDEMPOTENCY_KEY: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The caller's own key for this request: repeated within 24 hours, it is answered as the first was",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_REVISION: Final[Document] = {"type": "string", "examples": ['"3"', "*"]}


def describe(app: FastAPI, prefix: str) -> None:
    """Let an application describe the routes below `prefix` in full."""
    generate = app.openapi

    def complete() -> Document:
        if app.openapi_schema is None:
            _complete(generate(), prefix)
        assert app.openapi_schema is not None  # noqa: S101 - generate() has set it
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _complete(document: Document, prefix: str) -> None:
    components = document["components"]
    components["securitySchemes"] = {"token": _TOKEN}
    components["responses"] = {"Problem": _PROBLEM_ANSWER}
    components["schemas"]["Problem"] = _PROBLEM
    for generated in ("HTTPValidationError", "ValidationError"):  # this API answers with problem documents
        components["schemas"].pop(generated, None)
    for method, operation in _operations(document, prefix):
        needs_credential = operation.setdefault("security", [{"token": []}])
        operation["responses"].pop("422", None)
        operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        if method == "post" and needs_credential:
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "if-match":
                parameter |= {
                    "name": "If-Match",
                    "required": True,
                    "schema": {"type": "string", "examples": ['"3"', "*"]},
                }


def _operations(document: Document, prefix: str) -> Iterator[tuple[str, Document]]:
    for path, operations in document["paths"].items():
        if path.startswith(prefix):
            yield from operations.items()
