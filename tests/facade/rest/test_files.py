"""Files of versions over HTTP: ranges, conditions, names in any script, and nothing that a browser would run."""

import gzip
import hashlib
from typing import Any
from urllib.parse import quote, unquote

import pytest
from tests.facade.rest.registry import API, Rest, an_entry, problem

FILES = f"{API}/models/fraud/scorer/versions/1/files"
DATA = bytes(range(256)) * 4
SIZE = len(DATA)


@pytest.fixture(scope="module")
def filled(shared: Rest) -> Rest:
    shared.create_model()
    shared.push({"model.bin": DATA, "empty": b"", "sub/page.html": b"<script>alert(1)</script>" * 100})
    return shared


def get(rest: Rest, path: str = "model.bin", **headers: str) -> Any:  # noqa: ANN401 - TestClient's response
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return rest.http.get(f"{FILES}/{path}", headers=named)


def test_a_whole_file_comes_with_its_length_and_its_digest(filled: Rest) -> None:
    answer = get(filled)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{an_entry("model.bin", DATA)["digest"]}"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-499", 0, 500),
        ("bytes=500-", 500, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes=0-{SIZE - 1}", 0, SIZE),
        (f"bytes=1000-{10**9}", 1000, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-99999", 0, SIZE),
        (f"bytes=0-{'9' * 5000}", 0, SIZE),
        (f"bytes=-{'9' * 5000}", 0, SIZE),
        ("Bytes=1-2", 1, 3),
        (" bytes=1-2 ", 1, 3),
    ],
)
def test_a_range_is_served(filled: Rest, asked: str, start: int, end: int) -> None:
    answer = get(filled, Range=asked)
    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=500-0", "bytes=-0", f"bytes={'9' * 5000}-"]
)
def test_a_range_without_a_byte_is_refused_with_the_size(filled: Rest, asked: str) -> None:
    refused = get(filled, Range=asked)
    problem(refused, 416, "rest.range_not_satisfiable")
    assert refused.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "items=0-1",
        "bytes=0-1,5-9",
        "bytes=a-b",
        "bytes=0x0-0x9",
        "bytes=\u0663-\u0664",
    ],
)
def test_a_range_of_another_form_means_the_whole(filled: Rest, asked: str) -> None:
    answer = filled.http.get(f"{FILES}/model.bin", headers={b"Range": asked.encode()})
    assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=0-0", "bytes=-5", "bytes=7-"])
def test_an_empty_file_has_no_ranges(filled: Rest, asked: str) -> None:
    answer = get(filled, "empty", Range=asked)
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_the_caller_has_is_not_sent_again(filled: Rest) -> None:
    etag = get(filled).headers["ETag"]
    for tags in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = get(filled, If_None_Match=tags)
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    for tags in ('"other"', etag.strip('"'), "", '"*"'):
        assert get(filled, If_None_Match=tags).status_code == 200


def test_a_range_continues_only_the_same_file(filled: Rest) -> None:
    etag = get(filled).headers["ETag"]
    assert get(filled, Range="bytes=5-", If_Range=etag).status_code == 206
    for other in ('"other"', f"W/{etag}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        answer = get(filled, Range="bytes=5-", If_Range=other)
        assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize("path", ["model.bin", "sub/page.html"])
def test_nothing_that_a_browser_would_run_comes_of_a_file(filled: Rest, path: str) -> None:
    headers = get(filled, path).headers
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("accepted", ["gzip", "zstd", "br", "gzip, deflate, br, zstd", "*"])
def test_files_are_never_compressed(filled: Rest, accepted: str) -> None:
    answer = get(filled, "sub/page.html", Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Length"] == str(len(answer.content)) == "2500"


def test_json_is_compressed_where_it_is_long_enough(rest: Rest) -> None:
    for number in range(30):
        rest.create_model(f"fraud/model-{number}", description="x" * 100)
    for accepted, used in (("gzip", "gzip"), ("zstd", "zstd"), ("br", "br"), ("gzip, zstd", "zstd")):
        headers = {"Accept-Encoding": accepted}
        with rest.http.stream("GET", f"{API}/models", headers=headers) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers["Content-Encoding"] == used
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert len(raw) < 3000
        assert used != "gzip" or b"model-29" in gzip.decompress(raw)
        assert "Content-Encoding" not in rest.http.get(f"{API}/whoami", headers=headers).headers


NAMES = [
    "model ü €.bin",
    "日本語/モデル.onnx",
    "\U0001f600.bin",
    "semi;colon=1.bin",
    "it's (1) [x] {y} #1 &!.bin",
    "\u0639\u0631\u0628\u064a.bin",
]


def test_a_file_of_any_name_comes_back_under_it(rest: Rest) -> None:
    rest.create_model()
    rest.push(dict.fromkeys(NAMES, b"x"))
    for name in NAMES:
        answer = rest.http.get(f"{FILES}/{quote(name)}")
        assert (answer.status_code, answer.content) == (200, b"x"), name
        disposition = answer.headers["Content-Disposition"]
        assert disposition.isascii()
        assert unquote(disposition.rpartition("''")[2]) == name.rpartition("/")[2]


def test_a_file_type_that_is_no_media_type_is_refused(filled: Rest) -> None:
    for media_type in ("text/html\r\nX-Evil: 1", "text/html; charset=x", "html", "text/", "ü/x"):
        entry = an_entry("a", b"x", media_type)
        refused = filled.http.post(f"{API}/models/fraud/scorer/uploads", json={"files": [entry]})
        problem(refused, 422, "kernel.invalid_manifest")


@pytest.mark.parametrize(
    "path",
    ["../a", "a/../../b", "/etc/passwd", "a\\b", "a\0b", "a\r\nX: 1", "C:/x", "CON", "nul.txt", "a//b", "a/./b", ""],
)
def test_a_manifest_with_a_path_that_leads_elsewhere_is_refused(filled: Rest, path: str) -> None:
    refused = filled.http.post(f"{API}/models/fraud/scorer/uploads", json={"files": [an_entry(path, b"x")]})
    problem(refused, 422, "kernel.invalid_manifest")


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fsecret-key",
        "..%2F..%2F..%2F..%2Fetc%2Fpasswd",
        "%2e%2e%2f%2e%2e%2fsecret-key",
        "%2e%2e/%2e%2e/secret-key",
        "..%5c..%5csecret-key",
        "%2fetc%2fpasswd",
        "model.bin%00.txt",
        "model.bin/",
        "./model.bin/..",
        "%c0%ae%c0%ae/secret-key",
        "%ff%fe",
        "sub",
        "",
    ],
)
def test_no_path_leads_out_of_a_version(filled: Rest, path: str) -> None:
    answer = filled.http.get(f"{FILES}/{path}")
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_manifest_is_what_was_announced_byte_for_byte(filled: Rest) -> None:
    version = filled.http.get(f"{API}/models/fraud/scorer/versions/1").json()
    answer = filled.http.get(f"{API}/models/fraud/scorer/versions/1/manifest")
    assert f"sha256:{hashlib.sha256(answer.content).hexdigest()}" == version["manifest_digest"]
    assert answer.headers["ETag"] == f'"{version["manifest_digest"]}"'
