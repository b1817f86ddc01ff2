from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkeep.kernel.blob_frames import BlobFrame, InvalidFrameError, frame_header, read_frames
from modelkeep.kernel.digests import Digest

FAST = settings(max_examples=40)
DIGEST = str(Digest.of(b"weights"))

blobs = st.lists(st.binary(max_size=300), max_size=6)


def a_body(*contents: bytes) -> bytes:
    return b"".join(frame_header(Digest.of(data), len(data)) + data for data in contents)


def chunks(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Cut a body in pieces of these sizes, and a last one of what is left; a size of 0 is an empty piece."""
    for size in sizes:
        yield body[:size]
        body = body[size:]
    yield body


def read(body: bytes, *, max_size: int = 1000) -> list[BlobFrame]:
    return list(read_frames([body], max_size=max_size))


@FAST
@given(blobs, st.lists(st.integers(0, 200), max_size=30))
def test_however_a_body_is_cut_the_same_blobs_come_out(contents: list[bytes], sizes: list[int]) -> None:
    frames = list(read_frames(chunks(a_body(*contents), sizes), max_size=300))
    assert [frame.data for frame in frames] == contents
    assert [frame.digest for frame in frames] == [Digest.of(data) for data in contents]


def test_a_body_that_arrives_byte_by_byte_is_read() -> None:
    body = a_body(b"", b"a\nb", b"\n\n")
    assert [frame.data for frame in read_frames((bytes([byte]) for byte in body), max_size=3)] == [
        b"",
        b"a\nb",
        b"\n\n",
    ]


def test_an_empty_body_holds_no_blobs() -> None:
    assert read(b"") == []


@FAST
@given(blobs.filter(bool), st.data())
def test_a_body_cut_short_is_refused_unless_it_ends_after_a_blob(contents: list[bytes], data: st.DataObject) -> None:
    body = a_body(*contents)
    ends = {len(a_body(*contents[:count])) for count in range(len(contents) + 1)}
    length = data.draw(st.integers(0, len(body) - 1).filter(lambda cut: cut not in ends), label="length")
    with pytest.raises(InvalidFrameError, match="the body ends inside"):
        read(body[:length])


@FAST
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(body: bytes) -> None:
    with suppress(InvalidFrameError):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\n",
        b" 7\nweights",
        f"{DIGEST}\nweights".encode(),
        f"{DIGEST} \nweights".encode(),
        f"{DIGEST} -7\nweights".encode(),
        f"{DIGEST} +7\nweights".encode(),
        f"{DIGEST} 7 \nweights".encode(),
        f"{DIGEST}  7\nweights".encode(),
        f"{DIGEST} 7\r\nweights".encode(),
        f"{DIGEST} 7.0\nweights".encode(),
        f"{DIGEST} \u0667\nweights".encode(),
        f"{DIGEST.upper()} 7\nweights".encode(),
        f"{DIGEST[7:]} 7\nweights".encode(),
        f"md5:{'0' * 32} 7\nweights".encode(),
        f"{DIGEST} 7".encode(),
        b"x" * 128,
        b"x" * 200 + b"\n",
    ],
)
def test_a_malformed_header_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidFrameError):
        read(body)


def test_an_oversized_blob_is_refused_before_its_bytes_are_awaited() -> None:
    def endless() -> Iterator[bytes]:
        yield f"{DIGEST} 1001\n".encode()
        pytest.fail("the reader asked for more")

    with pytest.raises(InvalidFrameError, match="above 1000 bytes do not go in a batch"):
        list(read_frames(endless(), max_size=1000))


def test_a_size_of_any_length_is_refused_without_being_believed() -> None:
    with pytest.raises(InvalidFrameError):
        read(f"{DIGEST} {'9' * 50}\n".encode())


def test_an_endless_header_is_refused_after_128_bytes() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 16
            yield b"x" * 16

    with pytest.raises(InvalidFrameError, match="at most 128 characters"):
        list(read_frames(endless(), max_size=1000))
    assert taken == 128
