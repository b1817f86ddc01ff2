import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.domains.artifacts.domain import (
    MAX_PARTS,
    BlobMismatchError,
    UploadLimits,
    blob_key,
    expected_blobs,
    staging_id,
)
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import Kind
from modelkeep.kernel.manifests import FileEntry, Manifest

WEIGHTS = Digest.of(b"weights")


def an_entry(path: str, size: int, digest: Digest = WEIGHTS) -> FileEntry:
    return FileEntry(path, size, digest, "application/octet-stream", 0o644)


def test_a_blob_lies_under_its_digest_and_nothing_else() -> None:
    assert blob_key(WEIGHTS) == f"blobs/sha256/{WEIGHTS.hex[:2]}/{WEIGHTS.hex}"


def test_what_an_upload_collects_lies_below_the_upload() -> None:
    assert staging_id("0199a1b2", WEIGHTS) == f"0199a1b2/{WEIGHTS.hex}"


def test_equal_files_are_one_blob() -> None:
    other = Digest.of(b"config")
    manifest = Manifest((an_entry("a", 7), an_entry("b", 7), an_entry("c", 6, other)))
    assert expected_blobs(manifest) == {WEIGHTS: 7, other: 6}


def test_an_artifact_may_hold_nothing() -> None:
    assert expected_blobs(Manifest(())) == {}


def test_one_digest_with_two_sizes_is_refused_by_name() -> None:
    with pytest.raises(BlobMismatchError, match=f"b: digest {WEIGHTS} is listed with two sizes, 7 and 8") as refusal:
        expected_blobs(Manifest((an_entry("a", 7), an_entry("b", 8))))
    assert refusal.value.kind is Kind.INVALID


@settings(max_examples=100)
@given(st.integers(0, 2**53), st.integers(1, 2**30))
def test_no_blob_has_more_parts_than_a_store_can_take(size: int, part_size: int) -> None:
    chosen = UploadLimits(part_size=part_size).part_size_for(size)
    assert chosen >= part_size
    assert -(-size // chosen) <= MAX_PARTS
    assert chosen == part_size or size > part_size * MAX_PARTS
