"""The format of the audit log is final: a leaf that was once written must hash to the same value for ever."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from modelkeep.domains.audit.domain.leaf import Leaf, SaltedText, leaf_of
from modelkeep.kernel.canonical_json import canonical_json
from modelkeep.kernel.digests import digest_json
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.events import Event
from modelkeep.kernel.identity import Actor, PrincipalId, PrincipalKind, RequestInfo, TokenId

AT = datetime(2026, 11, 2, 9, 30, 0, 250, tzinfo=UTC)
ACTOR = Actor(
    PrincipalId("0199a1b2-0000-7000-8000-000000000001"),
    "Ada Lovelace",
    PrincipalKind.USER,
    frozenset({"admin"}),
    TokenId("0199a1b2-0000-7000-8000-000000000002"),
    RequestInfo("0199a1b2-0000-7000-8000-000000000003"),
)
EVENT = Event(
    name="catalog.version_registered",
    subject="fraud/scorer:1.4.0",
    actor=ACTOR,
    at=AT,
    data={"number": 12, "version": "1.4.0", "metrics": [{"name": "auc", "value": "0.94"}]},
    texts={"message": "trained on October"},
    after={"revision": 1},
)
TEXTS = {"message": SaltedText("message", bytes(range(32)), "trained on October")}
# Made once by other means: json.dumps with sorted keys, hashlib and hmac.
GOLDEN_PAYLOAD = (
    b'{"action":"catalog.version_registered","actor":{"id":"0199a1b2-0000-7000-8000-000000000001","type":"user",'
    b'"via_token_id":"0199a1b2-0000-7000-8000-000000000002"},'
    b'"after_digest":"sha256:d8560b7658c792bdded69837b055e2ed54708be6123b7bb4cc9fadf261ea091f","before_digest":null,'
    b'"data":{"metrics":[{"name":"auc","value":"0.94"}],"number":12,"version":"1.4.0"},'
    b'"pii_commitments":{"message":"f4480892bf2d1baa128b7edeeaa21ad3b28e3bd6faf5f0fca030c454ae8bf063"},'
    b'"request_id":"0199a1b2-0000-7000-8000-000000000003","resource":"fraud/scorer:1.4.0","seq":41,'
    b'"ts":"2026-11-02T09:30:00.000250Z","v":1}'
)
GOLDEN_HASH = "8ec397df39133162787cd37aa2f332cb660e46cca45d0ef919fc81964bb86283"


def a_leaf(event: Event = EVENT, *, seq: int = 41, at: datetime = AT) -> Leaf:
    return leaf_of(event, seq=seq, at=at, texts=TEXTS)


def test_the_bytes_and_the_hash_of_a_leaf_never_change() -> None:
    assert a_leaf().payload == GOLDEN_PAYLOAD
    assert a_leaf().hash.hex() == GOLDEN_HASH


def test_a_leaf_is_hashed_as_a_merkle_tree_hashes_leaves() -> None:
    assert a_leaf().hash == hashlib.sha256(b"\x00" + GOLDEN_PAYLOAD).digest()


def test_a_leaf_holds_what_happened_and_who_did_it_but_no_text_that_a_person_typed() -> None:
    leaf = a_leaf().payload
    document = json.loads(leaf)
    assert canonical_json(document) == leaf
    assert document["actor"] == {"type": "user", "id": ACTOR.id, "via_token_id": ACTOR.token_id}
    assert (document["v"], document["seq"], document["ts"]) == (1, 41, "2026-11-02T09:30:00.000250Z")
    assert document["before_digest"] is None
    assert document["after_digest"] == str(digest_json({"revision": 1}))
    assert b"trained on October" not in leaf
    assert b"Lovelace" not in leaf


@pytest.mark.parametrize(
    "other",
    [
        a_leaf(seq=42),
        a_leaf(at=AT + timedelta(microseconds=1)),
        a_leaf(replace(EVENT, name="catalog.version_updated")),
        a_leaf(replace(EVENT, subject="fraud/scorer:1.4.1")),
        a_leaf(replace(EVENT, actor=replace(ACTOR, kind=PrincipalKind.CI))),
        a_leaf(replace(EVENT, actor=replace(ACTOR, token_id=None))),
        a_leaf(replace(EVENT, actor=replace(ACTOR, request=RequestInfo("another")))),
        a_leaf(replace(EVENT, data={})),
        a_leaf(replace(EVENT, before={"revision": 0})),
        a_leaf(replace(EVENT, after=None)),
        leaf_of(EVENT, seq=41, at=AT, texts={}),
    ],
)
def test_every_fact_of_an_event_moves_the_hash(other: Leaf) -> None:
    assert other.hash != a_leaf().hash


def test_the_time_of_a_leaf_is_written_in_utc() -> None:
    elsewhere = timezone(timedelta(hours=5, minutes=30))
    assert a_leaf(at=AT.astimezone(elsewhere)).payload == GOLDEN_PAYLOAD


def test_the_commitment_to_a_text_is_fixed() -> None:
    assert TEXTS["message"].commitment == "f4480892bf2d1baa128b7edeeaa21ad3b28e3bd6faf5f0fca030c454ae8bf063"


@pytest.mark.parametrize(
    "other",
    [
        SaltedText("message", bytes(32), "trained on October"),
        SaltedText("message", bytes(range(32)), "trained on Octobe"),
        SaltedText("description", bytes(range(32)), "trained on October"),
    ],
)
def test_the_commitment_depends_on_salt_value_and_field(other: SaltedText) -> None:
    assert other.commitment != TEXTS["message"].commitment


def test_field_and_value_cannot_be_shifted_into_each_other() -> None:
    assert SaltedText("a", b"", "bc").commitment != SaltedText("ab", b"", "c").commitment
    assert SaltedText('a","b', b"", "c").commitment != SaltedText("a", b"", 'b","c').commitment


def test_a_number_that_json_cannot_hold_exactly_is_no_fact() -> None:
    with pytest.raises(InvalidValueError):
        a_leaf(replace(EVENT, data={"step": 2**53}))
