"""Signatures, verified by the library that receivers use."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from modelkeep.domains.events.domain.signatures import new_secret, signed_headers

BODY = '{"type":"io.modelkeep.model_created.v1","data":{"größe":1}}'.encode()


def headers(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    return dict(signed_headers(secrets, message_id="msg_1_a", at=at or datetime.now(UTC), body=BODY))


def test_a_secret_is_32_random_bytes() -> None:
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32
    assert new_secret() != new_secret()


def test_a_delivery_verifies_and_one_that_was_changed_does_not() -> None:
    secret = new_secret()
    Webhook(secret).verify(BODY, headers(secret))
    good = headers(secret)
    stale = headers(secret, at=datetime(2020, 1, 1, tzinfo=UTC))
    for key, body, sent in (
        (secret, BODY + b" ", good),
        (new_secret(), BODY, good),
        (secret, BODY, good | {"webhook-id": "msg_2_a"}),
        (secret, BODY, stale),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, sent)


def test_while_a_secret_is_exchanged_both_verify() -> None:
    old, new = new_secret(), new_secret()
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers(new, old))
