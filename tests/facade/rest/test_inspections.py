"""Inspections and differences over REST."""

from pathlib import Path

from tests.facade.rest.registry import API, Rest, problem

FILES = Path(__file__).parents[2] / "model_files"
VERSIONS = f"{API}/models/fraud/scorer/versions"


def pushed(rest: Rest, name: str) -> None:
    rest.create_model()
    rest.push({name: (FILES / name).read_bytes()})


def test_a_version_is_inspected_on_request_and_shown(rest: Rest) -> None:
    pushed(rest, "gemm.onnx")
    again = rest.http.post(f"{VERSIONS}/1.0.0/inspection")
    assert again.status_code == 200, again.text
    document = again.json()
    assert (document["format"], document["parameter_count"], document["tensor_count"]) == ("onnx", 15, 2)
    assert document["inputs"] == [{"name": "x", "dtype": "float32", "shape": ["batch", 4], "optional": False}]
    assert document["files"][0]["path"] == "gemm.onnx"
    assert document["audit"]["seq"] > 0
    shown = rest.http.get(f"{VERSIONS}/1.0.0/inspection").json()
    assert shown == document | {"audit": None}


def test_a_third_inspection_at_once_on_request_is_refused_with_when_to_come_again(rest: Rest) -> None:
    pushed(rest, "gemm.onnx")
    turns = rest.services.inspections.turns
    with turns, turns:
        refused = rest.http.post(f"{VERSIONS}/1.0.0/inspection")
    problem(refused, 429, "throttling.too_many_requests")
    assert refused.headers["Retry-After"] == "30"
    assert rest.http.post(f"{VERSIONS}/1.0.0/inspection").status_code == 200


def test_a_server_that_stops_ends_an_inspection_on_request(rest: Rest) -> None:
    pushed(rest, "gemm.onnx")
    rest.services.inspections.stopping.set()
    problem(rest.http.post(f"{VERSIONS}/1.0.0/inspection"), 503, "sandbox.stopped")


def test_tensors_are_listed_in_pages(rest: Rest) -> None:
    pushed(rest, "state_dict.pt")
    rest.http.post(f"{VERSIONS}/1/inspection")
    first = rest.http.get(f"{VERSIONS}/1/inspection/tensors?page_size=3").json()
    assert first["items"][0] == {"name": "0.weight", "dtype": "float32", "shape": [3, 4], "parameters": 12}
    rest_of_them = rest.http.get(
        f"{VERSIONS}/1/inspection/tensors", params={"page_size": 3, "page_token": first["next_page_token"]}
    ).json()
    assert [tensor["name"] for tensor in rest_of_them["items"]] == ["2.bias"]
    assert rest_of_them["next_page_token"] is None


def test_a_version_that_says_too_little_is_a_problem_with_reasons(rest: Rest) -> None:
    pushed(rest, "two.safetensors")
    upload = rest.open_upload({"gemm.onnx": (FILES / "gemm.onnx").read_bytes()})
    assert upload["missing"]
    content = (FILES / "gemm.onnx").read_bytes()
    rest.push({"gemm.onnx": content}, bump="major")
    assert [item["version"] for item in rest.http.get(VERSIONS).json()["items"]] == ["2.0.0", "1.0.0"]
    body = {"manifest_digest": rest.http.get(f"{VERSIONS}/1.0.0").json()["manifest_digest"], "version": "2.0.1"}
    refused = problem(rest.http.post(VERSIONS, json=body), 409, "catalog.step_too_small")
    assert "the format is safetensors, and was onnx" in refused["context"]["reasons"][0]
    forced = rest.http.post(VERSIONS, json=body | {"force_version": "the old one was right"})
    assert forced.status_code == 201, forced.text
    assert "was forced" in forced.json()["notes"][0]


def test_two_versions_are_compared(rest: Rest) -> None:
    pushed(rest, "two.safetensors")
    content = bytearray((FILES / "two.safetensors").read_bytes())
    content[-1] ^= 1
    rest.push({"two.safetensors": bytes(content)})
    answer = rest.http.get(f"{API}/diff", params={"before": "fraud/scorer:1.0.0", "after": "fraud/scorer:1.0.1"})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["step"]["level"] == "patch"
    assert (document["tensors"]["changed"], document["tensors"]["same"]) == (1, 1)
    assert document["tensors"]["listed"][0]["name"] == "b"
    problem(
        rest.http.get(f"{API}/diff", params={"before": "fraud/scorer:1.0.0", "after": "fraud/none"}),
        404,
        "catalog.version_not_found",
    )
