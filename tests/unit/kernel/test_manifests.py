"""Manifests: one digest for one content, and no path that could land anywhere but in its folder."""

import json
import string
import tracemalloc
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.canonical_json import InvalidJsonError, Json
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.manifest_paths import check_together
from modelkeep.kernel.manifests import (
    MANIFEST_MEDIA_TYPE,
    FileEntry,
    InvalidManifestError,
    Manifest,
    ManifestLimits,
    check_path,
)

EMPTY = Digest.of(b"")


def a_file(path: str = "model.onnx", *, size: int = 3, mode: int = 0o644) -> FileEntry:
    return FileEntry(path, size, EMPTY, "application/octet-stream", mode)


def a_manifest(*paths: str) -> Manifest:
    return Manifest(tuple(a_file(path) for path in paths))


def a_file_object(**changes: Json) -> dict[str, Json]:
    return {**a_file().to_json(), **changes}


def a_document(*files: Json, **changes: Json) -> dict[str, Json]:
    return {"schema_version": 1, "media_type": MANIFEST_MEDIA_TYPE, "files": list(files), **changes}


def rule_of(error: InvalidManifestError) -> object:
    return error.details["rule"]


GOOD_PATHS = [
    "model.onnx",
    "a/b/c.txt",
    ".gitattributes",
    "..a",
    "a..b/...c",
    "a b/ c",
    "weights (1).bin",
    "größe/模型.safetensors",
    "\U0001f600.txt",
    "👩\u200d🔬.txt",
    "console.txt",
    "com.txt",
    "com10",
    "nullable/auxiliary.py",
    "prn_a",
    "a" * 255,
    "/".join(["a" * 254] * 4 + ["abc"]),
    "~/x",
    "-rf",
    "$HOME",
    "é",
]

BAD_PATHS = [
    ("", "empty"),
    ("/etc/passwd", "absolute"),
    ("//server/share", "absolute"),
    ("C:/windows", "absolute"),
    ("c:x", "absolute"),
    ("\\windows", "backslash"),
    ("a\\..\\b", "backslash"),
    ("..", "dot_segment"),
    ("../x", "dot_segment"),
    ("a/../../x", "dot_segment"),
    ("a/..", "dot_segment"),
    (".", "dot_segment"),
    ("./a", "dot_segment"),
    ("a/./b", "dot_segment"),
    ("a//b", "empty_segment"),
    ("a/", "empty_segment"),
    ("a\x00b", "control_character"),
    ("a\nb", "control_character"),
    ("a\x7f", "control_character"),
    ("a\x85b", "control_character"),
    ("a\u2028b", "control_character"),
    ("invoice\u202efdp.exe", "control_character"),
    ("ab:c", "colon"),
    ("dir/file.txt:stream", "colon"),
    ("a/C:/b", "colon"),
    ("a.", "trailing_dot_or_space"),
    ("a./b", "trailing_dot_or_space"),
    ("a ", "trailing_dot_or_space"),
    ("...", "trailing_dot_or_space"),
    (" ", "trailing_dot_or_space"),
    ("CON", "device_name"),
    ("nul", "device_name"),
    ("NUL.txt", "device_name"),
    ("a/aux.tar.gz", "device_name"),
    ("prn .txt", "device_name"),
    ("COM1", "device_name"),
    ("lpt9.onnx", "device_name"),
    ("COM\xb9.txt", "device_name"),
    ("CONIN$", "device_name"),
    ("nul/x", "device_name"),
    ("e\u0301", "not_nfc"),
    ("\u212b", "not_nfc"),
    ("\udcff.bin", "not_unicode"),
    ("a" * 256, "segment_too_long"),
    ("é" * 128, "segment_too_long"),
    ("/".join(["a" * 254] * 4 + ["abcde"]), "path_too_long"),
    ("é/" * 341 + "abcd", "path_too_long"),
]


@pytest.mark.parametrize("path", GOOD_PATHS)
def test_a_path_that_is_the_same_everywhere_is_accepted(path: str) -> None:
    check_path(path)

    assert a_file(path).path == path


@pytest.mark.parametrize(("path", "rule"), BAD_PATHS)
def test_a_bad_path_is_refused_with_the_name_of_the_rule(path: str, rule: str) -> None:
    with pytest.raises(InvalidManifestError, match=rule) as caught:
        check_path(path)
    with pytest.raises(InvalidManifestError):
        a_file(path)

    assert rule_of(caught.value) == rule
    assert caught.value.kind is Kind.INVALID
    assert caught.value.code == "kernel.invalid_manifest"
    assert caught.value.message.encode()
    assert len(caught.value.message) < 400
    json.dumps(caught.value.details, ensure_ascii=False).encode()


@settings(max_examples=80)
@given(st.text(alphabet=string.printable + "ée\u0301\u202e\udc80\x00", max_size=20))
def test_an_accepted_path_stays_in_its_folder(path: str) -> None:
    try:
        check_path(path)
    except InvalidManifestError:
        return
    assert not set(path.split("/")) & {"", ".", ".."}
    assert not set(path) & set("\\:\x00")
    assert unicodedata.normalize("NFC", path) == path


@pytest.mark.parametrize(
    ("paths", "rule"),
    [
        (["a", "a"], "duplicate"),
        (["README.md", "readme.md"], "collision"),
        (["a/B/c", "a/b/c"], "collision"),
        (["a/B/c", "a/b/d"], "collision"),
        (["Maße", "MASSE"], "collision"),
        (["É", "é"], "collision"),
        (["\u01c4", "\u01c6"], "collision"),
        (["\u03c3", "\u03c2"], "collision"),
        (["a/B/c/d", "a/b.txt", "a/b/e/f"], "collision"),
        (["a", "a/b"], "file_and_folder"),
        (["a", "a!", "a.b", "a/b"], "file_and_folder"),
        (["a/b/c", "a/b"], "file_and_folder"),
        (["A", "a/b"], "file_and_folder"),
    ],
)
def test_paths_that_cannot_lie_side_by_side_are_refused(paths: list[str], rule: str) -> None:
    with pytest.raises(InvalidManifestError) as caught:
        a_manifest(*paths)

    assert rule_of(caught.value) == rule
    assert caught.value.details["path"] in paths


def test_paths_that_only_look_alike_lie_side_by_side() -> None:
    assert len(a_manifest("a", "a.b/c", "ab", "b/a", "b/a.txt", "c/A/a", "c/d/A", "c/d/b", "c/b/A").files) == 9


@settings(max_examples=100)
@given(st.lists(st.lists(st.sampled_from("aAbé"), min_size=1, max_size=3).map("/".join), max_size=5))
def test_paths_are_refused_together_just_when_a_file_system_without_case_would_mix_them(paths: list[str]) -> None:
    spelled: dict[str, str] = {}
    mixed = len(set(paths)) < len(paths)
    for path in paths:
        for end, character in enumerate(path + "/"):
            if character == "/":
                name = path[:end] + ("" if end == len(path) else "/")
                mixed |= spelled.setdefault(path[:end].lower(), name) != name

    if mixed:
        with pytest.raises(InvalidManifestError):
            a_manifest(*paths)
    else:
        assert len(a_manifest(*paths).files) == len(paths)


def test_many_deep_paths_take_little_memory() -> None:
    tail = "/".join("a" * 400)
    paths = [f"{number}/{tail}" for number in range(500)]

    tracemalloc.start()
    try:
        check_together(paths)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 5_000_000


def test_files_are_kept_in_the_order_of_their_utf_8_bytes() -> None:
    paths = ["a/b", "a.b", "a", "\uff5e", "\U0001f600", "é", "Z"]
    manifest = a_manifest("Z", "a.b", "b/c", "\U0001f600", "\uff5e", "é")

    assert [entry.path for entry in manifest.files] == ["Z", "a.b", "b/c", "é", "\uff5e", "\U0001f600"]
    assert sorted(paths) == sorted(paths, key=str.encode)


def test_the_document_is_canonical_json_of_the_schema() -> None:
    manifest = Manifest((a_file("b", mode=0o755), a_file("a", size=0)))

    assert manifest.document() == (
        b'{"files":['
        b'{"digest":"%b","media_type":"application/octet-stream","mode":420,"path":"a","size":0},'
        b'{"digest":"%b","media_type":"application/octet-stream","mode":493,"path":"b","size":3}'
        b'],"media_type":"application/vnd.modelkeep.manifest.v1+json","schema_version":1}'
    ) % (str(EMPTY).encode(), str(EMPTY).encode())
    assert manifest.digest == Digest.of(manifest.document())


def test_the_digest_of_a_manifest_never_changes() -> None:
    assert (
        str(a_manifest("config.json", "weights/model.safetensors").digest)
        == "sha256:0db52548a1309be8e033a1754f2b523388eca1a3e8672cda575ba108f3de73bb"
    )
    assert str(Manifest(()).digest) == "sha256:3ca43e4314987b282abefcf0a05a51f0f3b886e87915cb1bdfb25bf3c4d21537"


def test_the_order_given_makes_no_difference_but_any_field_does() -> None:
    manifest = a_manifest("a", "b")
    file = a_file("a")
    others = [
        replace(file, path="c"),
        replace(file, size=4),
        replace(file, digest=Digest.of(b"x")),
        replace(file, media_type="text/plain"),
        replace(file, mode=0o755),
    ]

    assert a_manifest("b", "a") == manifest
    assert a_manifest("b", "a").digest == manifest.digest
    assert len({Manifest((other, a_file("b"))).digest for other in [file, *others]}) == 6


def test_the_total_size_adds_up_every_file() -> None:
    assert Manifest((a_file("a", size=5), a_file("b", size=7))).total_size == 12
    assert Manifest(()).total_size == 0


@settings(max_examples=50)
@given(
    st.lists(st.text(string.ascii_lowercase, min_size=3, max_size=8), unique=True, max_size=6), st.integers(0, 2**40)
)
def test_a_manifest_reads_back_from_its_document(names: list[str], size: int) -> None:
    manifest = Manifest(tuple(a_file(f"folder/x-{name}", size=size) for name in names))

    assert Manifest.parse(manifest.document()) == manifest
    assert Manifest.parse(json.loads(manifest.document())) == manifest
    assert Manifest.parse(manifest.document()).document() == manifest.document()


def test_the_order_and_spaces_of_a_document_make_no_difference() -> None:
    loose = json.dumps(a_document(a_file_object(path="b"), a_file_object(path="a")), indent=2).encode()

    assert Manifest.parse(loose) == a_manifest("a", "b")


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        (None, "schema"),
        ([], "schema"),
        ("files", "schema"),
        ({}, "schema"),
        ({"files": []}, "schema"),
        (a_document(schema_version=2), "schema"),
        (a_document(schema_version=True), "schema"),
        (a_document(media_type="application/json"), "schema"),
        (a_document(extra=1), "schema"),
        (a_document(files={}), "schema"),
        (a_document(files="x"), "schema"),
        (a_document(files=None), "schema"),
        (a_document("a"), "schema"),
        (a_document({"path": "a"}), "schema"),
        (a_document(a_file_object(extra=1)), "schema"),
        (a_document(a_file_object(size="3")), "schema"),
        (a_document(a_file_object(size=3.0)), "schema"),
        (a_document(a_file_object(path=None)), "schema"),
        (a_document(a_file_object(path="../x")), "dot_segment"),
        (a_document(a_file_object(size=-1)), "size"),
        (a_document(a_file_object(size=True)), "size"),
        (a_document(a_file_object(size=2**53)), "size"),
        (a_document(a_file_object(size=11 * 2**40)), "size"),
        (a_document(a_file_object(mode=0o777)), "mode"),
        (a_document(a_file_object(mode=0o4755)), "mode"),
        (a_document(a_file_object(mode=0)), "mode"),
        (a_document(a_file_object(digest="sha256:0")), "digest"),
        (a_document(a_file_object(digest=str(EMPTY).upper())), "digest"),
        (a_document(a_file_object(media_type="")), "media_type"),
        (a_document(a_file_object(media_type="text")), "media_type"),
        (a_document(a_file_object(media_type="text/html\r\nX: y")), "media_type"),
        (a_document(a_file_object(), a_file_object()), "duplicate"),
    ],
)
def test_a_bad_document_is_refused_with_the_name_of_the_rule(document: Json, rule: str) -> None:
    with pytest.raises(InvalidManifestError) as caught:
        Manifest.parse(document)

    assert rule_of(caught.value) == rule


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b'{"files":[],"files":[]}', b'{"files":[[[[]]]]}', b'{"files":["\\ud800"]}']
)
def test_bytes_that_are_no_strict_json_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        Manifest.parse(data)


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        (ManifestLimits(max_files=1), "too_many_files"),
        (ManifestLimits(max_file_size=2), "size"),
        (ManifestLimits(max_total_size=5), "total_size"),
        (ManifestLimits(max_path_bytes=7), "path_too_long"),
        (ManifestLimits(max_segment_bytes=5), "segment_too_long"),
    ],
)
def test_a_limit_is_held_with_the_name_of_the_rule(limits: ManifestLimits, rule: str) -> None:
    manifest = a_manifest("folder/a", "b")

    with pytest.raises(InvalidManifestError) as parsed:
        Manifest.parse(manifest.document(), limits)
    with pytest.raises(InvalidManifestError) as checked:
        manifest.check_limits(limits)

    assert rule_of(parsed.value) == rule_of(checked.value) == rule


def test_a_manifest_at_its_limits_is_accepted() -> None:
    manifest = a_manifest("folder/a", "b")
    size = len(manifest.document())
    limits = ManifestLimits(2, 3, 6, max_document_bytes=size, max_path_bytes=8, max_segment_bytes=6)

    assert Manifest.parse(manifest.document(), limits) == manifest
    with pytest.raises(InvalidJsonError, match=f"at most {size - 1}"):
        Manifest.parse(manifest.document(), ManifestLimits(max_document_bytes=size - 1))
