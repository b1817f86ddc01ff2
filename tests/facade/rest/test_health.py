"""What a monitor, a log and a person in a browser see of a server."""

import re
import shutil
from typing import Any

import pytest
from tests.facade.rest.registry import API, Rest

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def stranger(rest: Rest) -> Any:  # noqa: ANN401 - a TestClient
    """The same server for somebody without a credential."""
    rest.http.headers.pop("Authorization")
    return rest.http


def test_a_server_that_runs_says_so_to_anybody(stranger: Any) -> None:  # noqa: ANN401
    assert stranger.get("/healthz").json()["status"] == "ok"
    ready = stranger.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "object_store": "ok"})


def test_a_server_without_its_store_lives_and_is_not_ready(rest: Rest) -> None:
    shutil.rmtree(rest.settings.data_dir / "objects")
    ready = rest.http.get("/readyz")
    assert ready.status_code == 503
    assert (ready.json()["status"], ready.json()["checks"]["database"]) == ("unavailable", "ok")
    assert "folder" in ready.json()["checks"]["object_store"]
    assert rest.http.get("/healthz").status_code == 200


def test_metrics_count_requests_by_the_pattern_of_their_route(rest: Rest) -> None:
    rest.create_model("fraud/counted")
    rest.http.get(f"{API}/models/fraud/counted")
    rest.http.get(f"{API}/models/fraud/absent")
    rest.http.get("/wp-login.php")
    answer = rest.http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    series = 'modelkeep_http_requests_total{method="GET",route="/api/v1/models/{namespace}/{model}",status="%s"}'
    assert series % 200 in answer.text
    assert series % 404 in answer.text
    assert 'route="unrouted"' in answer.text
    assert "absent" not in answer.text
    assert "wp-login" not in answer.text


@pytest.mark.parametrize("given", ["abc", "trace:1.2_3-4", "x" * 128])
def test_a_request_keeps_the_id_it_came_with(rest: Rest, given: str) -> None:
    assert rest.http.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", 'quo"te', "<script>", "a\tb"])
def test_an_id_that_is_none_is_replaced(rest: Rest, given: str) -> None:
    assert UUID.fullmatch(rest.http.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"])


def test_each_request_without_an_id_gets_one_of_its_own(rest: Rest) -> None:
    ids = [rest.http.get("/healthz").headers["X-Request-Id"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(UUID.fullmatch(found) for found in ids)


def test_the_front_door_says_where_to_go(stranger: Any) -> None:  # noqa: ANN401
    found = stranger.get("/").json()
    assert found["name"] == "Modelkeep"
    assert stranger.get(found["reference"]).status_code == 200
    assert stranger.get(found["openapi"]).json()["openapi"].startswith("3.1")


def test_the_reference_loads_from_this_server_alone(stranger: Any) -> None:  # noqa: ANN401
    page = stranger.get("/docs").text
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", page) + re.findall(r"""url:\s*'([^']+)'""", page)
    assert len(loaded) >= 3
    for address in loaded:
        assert address.startswith("/"), address
        assert not address.startswith("//"), address
        answer = stranger.get(address)
        assert answer.status_code == 200, address
        if address.endswith(".css"):
            assert not re.findall(r"url\((?!['\"]?data:)", answer.text)


def test_answers_are_not_kept_by_caches_between(rest: Rest) -> None:
    assert rest.http.get(f"{API}/whoami").headers["Cache-Control"] == "no-cache"
    assert rest.http.get(f"{API}/whoami").headers["X-Content-Type-Options"] == "nosniff"
