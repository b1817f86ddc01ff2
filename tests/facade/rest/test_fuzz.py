"""Whatever the description of the API allows, and much that it does not: an answer or a refusal, never a defect."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.facade.rest.registry import ANY, API, Rest
from tests.soak import rounds

DESCRIPTION = Path(__file__).parents[3] / "openapi" / "modelkeep-v1.json"
RAW = {"send_batch", "send_part", "stream_events"}
"""Operations with a body of bytes, which the description says nothing more of, and one that never ends."""
UNBREAKABLE = {"log_out_by_provider", "prove_consistency"}
"""Operations for which schemathesis finds nothing that their description forbids."""
EXISTING = {"namespace": "fraud", "model": "scorer", "selector": "1", "alias": "champion", "path": "model.bin"}
LATER = {"audit.not_published"}
"""What is answered in a moment: nothing signs the log of this registry but its start."""
EXAMPLES = rounds(8, 40)

OPERATIONS: dict[str, Any] = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in schemathesis.openapi.from_path(DESCRIPTION).get_all_operations()
    if isinstance(found, Ok)
}
CASES = [
    (name, mode)
    for name, operation in OPERATIONS.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if name not in RAW
    and (mode is GenerationMode.POSITIVE or ("parameters" in operation.definition.raw and name not in UNBREAKABLE))
]


@pytest.fixture(scope="module")
def filled(shared: Rest) -> Rest:
    """A registry in which a model, a version and an alias can be hit."""
    shared.create_model()
    shared.push({"model.bin": b"x"}, metrics=[{"name": "auc", "value": 0.9}], tags={"team": "risk"})
    shared.http.put(f"{API}/models/fraud/scorer/aliases/champion", json={"version": "1"}, headers=ANY)
    return shared


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_no_request_finds_a_defect(filled: Rest, name: str, mode: GenerationMode) -> None:
    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode), existing=st.booleans())
    def ask(case: Any, *, existing: bool) -> None:  # noqa: ANN401 - schemathesis's case
        if existing:
            case.path_parameters.update({key: EXISTING[key] for key in case.path_parameters if key in EXISTING})
        try:
            answer = send(filled, case)
        except httpx2.InvalidURL:
            reject()  # what was made is longer than the client sends
        assert answer.status_code < 500 or answer.json()["code"] in LATER, answer.text
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["detail"]

    ask()


def send(rest: Rest, case: Any) -> Any:  # noqa: ANN401 - schemathesis's case, TestClient's response
    request: Mapping[str, Any] = case.as_transport_kwargs(base_url=str(rest.http.base_url))
    headers = {key: str(value).encode("latin-1", "replace") for key, value in (case.headers or {}).items()}
    content = json.dumps(request["json"]).encode() if "json" in request else request.get("data")
    if content is not None:
        headers.setdefault("Content-Type", b"application/json")
    named = {key.encode(): value for key, value in headers.items()}
    return rest.http.request(
        request["method"], request["url"], params=request["params"], headers=named, content=content
    )
