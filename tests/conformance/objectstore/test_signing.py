import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.conformance.objectstore.conftest import REMOTE, Place

from modelkeep.platform.objectstore import ObjectStore, PartSizeError, SignedRequest, Staging, StagingIncompleteError

MINUTE = timedelta(minutes=1)
REMOTELY = pytest.mark.parametrize("place", REMOTE, indirect=True)
# moto checks no signatures
VERIFIED = pytest.mark.parametrize("place", ["ceph", "azurite"], indirect=True)


def send(request: SignedRequest, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    prepared = urllib.request.Request(  # noqa: S310 - http://127.0.0.1
        request.url, data, {**request.headers, **headers}, method=request.method
    )
    try:
        with urllib.request.urlopen(prepared, timeout=30) as answer:  # noqa: S310 - http://127.0.0.1
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, b""


def signed_get(place: Place, *, expires_in: timedelta = MINUTE) -> SignedRequest:
    place.store.put({"a/plain": b"0123456789"})
    request = place.store.sign_get("a/plain", expires_in=expires_in)
    assert request is not None
    return request


@pytest.mark.parametrize("place", ["local", "memory"], indirect=True)
def test_a_store_that_cannot_sign_says_so(place: Place) -> None:
    place.store.put({"key": b"0123456789"})
    assert place.store.sign_get("key", expires_in=MINUTE) is None
    assert place.store.sign_part(Staging("upload", 1, 1), 1, expires_in=MINUTE) is None


@REMOTELY
def test_anybody_can_read_with_a_signed_address(place: Place) -> None:
    before = datetime.now(UTC)
    request = signed_get(place)
    assert send(request) == (200, b"0123456789")
    assert send(request, Range="bytes=2-4") == (206, b"234")
    assert before + MINUTE <= request.expires_at <= datetime.now(UTC) + MINUTE


def test_a_key_that_an_address_would_encode_is_not_signed(store: ObjectStore) -> None:
    for key in ("sp ace", "ünïcödé", "per%20cent"):
        store.put({key: b"0123456789"})
        assert store.sign_get(key, expires_in=MINUTE) is None


@REMOTELY
def test_a_signed_address_is_not_shown_by_accident(place: Place) -> None:
    request = signed_get(place)
    assert request.url not in repr(request)
    assert "ignature" not in repr(request)


@REMOTELY
def test_no_address_lives_longer_than_a_week(place: Place) -> None:
    request = signed_get(place, expires_in=timedelta(days=30))
    assert request.expires_at <= datetime.now(UTC) + timedelta(days=7)
    assert send(request) == (200, b"0123456789")


@REMOTELY
def test_an_address_for_a_missing_object_answers_404(place: Place) -> None:
    request = place.store.sign_get("missing", expires_in=MINUTE)
    assert request is not None
    assert send(request)[0] == 404


@VERIFIED
def test_an_expired_address_is_refused(place: Place) -> None:
    request = signed_get(place, expires_in=timedelta(seconds=1))
    time.sleep(2.5)
    assert send(request)[0] == 403


@VERIFIED
def test_a_forged_address_is_refused(place: Place) -> None:
    request = signed_get(place)
    place.store.put({"a/other": b"secret"})
    changed = request.url[:-1] + ("A" if request.url[-1] != "A" else "B")
    forgeries = [
        replace(request, url=request.url.replace("a/plain", "a/other")),
        replace(request, url=request.url.split("?")[0]),
        replace(request, method="DELETE"),
        replace(request, url=changed if "X-Amz" in request.url else request.url.replace("sig=", "sig=A")),
    ]
    assert [send(forgery)[0] in (401, 403, 404) for forgery in forgeries] == [True] * 4
    assert send(replace(request, method="PUT"), b"overwritten", **{"x-ms-blob-type": "BlockBlob"})[0] == 403
    assert send(request) == (200, b"0123456789")


@REMOTELY
def test_anybody_can_send_a_part_with_a_signed_address(place: Place) -> None:
    staging = Staging("upload/digest", 10, 6)
    for number, data in ((2, b"6789"), (1, b"012345")):
        request = signed_part(place, staging, number)
        assert send(request, data)[0] in (200, 201)
    assert place.store.parts(staging) == {1, 2}
    observed: list[bytes] = []
    place.store.publish(staging, "key", observed.append, lambda: None)
    assert b"".join(place.store.read("key")) == b"".join(observed) == b"0123456789"


@REMOTELY
def test_a_part_of_another_length_sent_with_a_signed_address_does_not_count(place: Place) -> None:
    staging = Staging("upload", 10, 6)
    send(signed_part(place, staging, 1), b"much longer than planned")
    send(signed_part(place, staging, 2), b"6789")
    assert place.store.parts(staging) == {2}
    with pytest.raises(StagingIncompleteError):
        place.store.publish(staging, "key", lambda _: None, lambda: None)
    assert place.store.find("key") is None


@REMOTELY
def test_a_part_outside_the_plan_is_not_signed(place: Place) -> None:
    with pytest.raises(PartSizeError):
        place.store.sign_part(Staging("upload", 10, 6), 3, expires_in=MINUTE)


def signed_part(place: Place, staging: Staging, number: int) -> SignedRequest:
    request = place.store.sign_part(staging, number, expires_in=MINUTE)
    assert request is not None
    return request
