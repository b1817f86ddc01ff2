"""SHA-256 digests: one text form, nothing else."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.digests import Digest, Hasher, InvalidDigestError, digest_json
from modelkeep.kernel.errors import Kind

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_digest_of_no_bytes_is_the_known_one() -> None:
    assert str(Digest.of(b"")) == EMPTY
    assert Digest.parse(EMPTY) == Digest.of(b"")
    assert Digest.of(b"").hex == EMPTY.removeprefix("sha256:")


@settings(max_examples=50)
@given(st.binary(max_size=64))
def test_a_digest_reads_back_from_its_text(data: bytes) -> None:
    digest = Digest.of(data)

    assert Digest.parse(str(digest)) == digest
    assert hash(Digest.parse(str(digest))) == hash(digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        EMPTY[:-1],
        EMPTY + "0",
        EMPTY + "\n",
        EMPTY.upper(),
        "SHA256:" + EMPTY[7:],
        "sha512:" + "0" * 128,
        EMPTY[7:],
        "sha256:" + "g" * 64,
        "sha256:" + "\u0665" * 64,
        " " + EMPTY,
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidDigestError, match="64 lower-case") as caught:
        Digest.parse(text)

    assert caught.value.kind is Kind.INVALID


def test_a_digest_cannot_be_made_of_other_text() -> None:
    with pytest.raises(InvalidDigestError):
        Digest("../../etc/passwd")


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidDigestError) as caught:
        Digest.parse("x" * 10_000)

    assert len(caught.value.message) < 300


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=16), max_size=6))
def test_a_hasher_sees_chunks_as_one_stream(chunks: list[bytes]) -> None:
    hasher = Hasher()
    for chunk in chunks:
        hasher.update(chunk)

    assert hasher.digest() == Digest.of(b"".join(chunks))


def test_the_digest_of_a_value_is_that_of_its_canonical_form() -> None:
    expected = hashlib.sha256(b'{"a":[1,0.5],"b":null}').hexdigest()

    assert digest_json({"b": None, "a": [1.0, 0.5]}).hex == expected


def test_digests_sort_as_their_text() -> None:
    digests = [Digest.of(bytes([n])) for n in range(20)]

    assert [str(digest) for digest in sorted(digests)] == sorted(map(str, digests))
