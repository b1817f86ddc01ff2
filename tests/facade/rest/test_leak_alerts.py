"""Alerts of a scanner of secrets: signed over their bytes, believed by configured keys only."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.facade.rest.registry import API, Rest, a_registry, problem
from tests.facade.rest.test_tokens import bearer, create

from modelkeep.app.bootstrap import build
from modelkeep.app.settings import Settings
from modelkeep.domains.access.domain.leak_alerts import MAX_ALERT
from modelkeep.domains.access.domain.tokens import TokenKind, new_secret
from modelkeep.domains.audit import BEFORE_ALL
from modelkeep.kernel.errors import InvalidValueError

ALERTS = f"{API}/token-leak"
SCANNER = ec.generate_private_key(ec.SECP256R1())
NONE: Mapping[str, str] = {}
STRANGER = ec.generate_private_key(ec.SECP256R1())
DER = b64encode(SCANNER.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
PEM = SCANNER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
OTHER_PEM = STRANGER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def scanned(database_url: str, tmp_path: Path) -> Iterator[Rest]:
    """A registry that believes a scanner, on each database."""
    with a_registry(tmp_path / "data", database_url=database_url, leak_keys=f"key-1={DER}") as registry:
        yield registry


def found(*tokens: str) -> bytes:
    matches = [
        {"source": "commit", "token": token, "type": "modelkeep_token", "url": "https://x.example/"} for token in tokens
    ]
    return json.dumps(matches).encode()


def send(
    rest: Rest,
    body: bytes,
    by: ec.EllipticCurvePrivateKey = SCANNER,
    key: str = "key-1",
    headers: Mapping[str, str] = NONE,
) -> Any:  # noqa: ANN401 - an answer
    signature = b64encode(by.sign(body, ec.ECDSA(SHA256()))).decode()
    signed = {"Github-Public-Key-Identifier": key, "Github-Public-Key-Signature": signature}
    sent = {"Content-Type": "application/json", "Authorization": "", **signed, **headers}
    return rest.http.post(ALERTS, content=body, headers=sent)


def labels(answer: Any) -> list[str]:  # noqa: ANN401 - an answer
    assert answer.status_code == 200, answer.text
    return [finding["label"] for finding in answer.json()]


def leaks(rest: Rest) -> list[Any]:
    entries = rest.services.audit_reader.read(BEFORE_ALL, 500)
    return [entry.data["token_id"] for entry in entries if entry.data.get("why") == "leaked"]


def works(rest: Rest, token: str) -> bool:
    return bool(rest.http.get(f"{API}/whoami", headers=bearer(token)).status_code == 200)


def test_the_tokens_of_an_alert_are_ended_and_each_is_in_the_audit_log(scanned: Rest) -> None:
    parent = create(scanned)
    child, other, kept = create(scanned, headers=bearer(parent["token"])), create(scanned), create(scanned)
    unknown = new_secret(TokenKind.PERSONAL)
    body = found(parent["token"], "nonsense", other["token"], unknown, other["token"])
    answer = send(scanned, body)
    assert labels(answer) == ["true_positive", "false_positive", "true_positive", "false_positive", "true_positive"]
    assert answer.json()[0] == {
        "token_hash": hashlib.sha256(parent["token"].encode()).hexdigest(),
        "token_type": "modelkeep_token",
        "label": "true_positive",
    }
    assert not any(token in answer.text for token in (parent["token"], other["token"], unknown))
    assert not any(works(scanned, made["token"]) for made in (parent, child, other))
    assert works(scanned, kept["token"])
    assert sorted(leaks(scanned)) == sorted([parent["id"], other["id"]])
    assert labels(send(scanned, body)) == labels(answer), "an alert that is sent again is answered alike"
    assert len(leaks(scanned)) == 2


def test_a_parent_and_its_child_may_be_in_one_alert(scanned: Rest) -> None:
    parent = create(scanned)
    child = create(scanned, headers=bearer(parent["token"]))
    assert labels(send(scanned, found(child["token"], parent["token"]))) == ["true_positive", "true_positive"]
    assert not works(scanned, parent["token"])
    assert not works(scanned, child["token"])


def test_what_the_scanner_has_not_signed_ends_nothing(scanned: Rest) -> None:
    token = create(scanned)["token"]
    body = found(token)
    wrong_hash = b64encode(SCANNER.sign(body, ec.ECDSA(SHA384()))).decode()
    good = b64encode(SCANNER.sign(body, ec.ECDSA(SHA256()))).decode()
    refused = (
        send(scanned, body, STRANGER),
        send(scanned, body, key="key-2"),
        send(scanned, body, key=""),
        *(send(scanned, body, headers={"Github-Public-Key-Signature": bad}) for bad in ("", "!", "AAAA", wrong_hash)),
        send(scanned, body + b" ", headers={"Github-Public-Key-Signature": good}),
    )
    for answer in refused:
        problem(answer, 401, "access.alert_signature")
    assert works(scanned, token)


def test_a_signed_alert_of_another_form_is_refused(scanned: Rest) -> None:
    for body in (b"{}", b'["x"]', b'[{"token": "x"}]', b'[{"token": 1, "type": "x"}]', found(*["x"] * 1001)):
        problem(send(scanned, body), 422, "kernel.invalid_value")
    problem(send(scanned, b"["), 422, "kernel.invalid_json")
    problem(send(scanned, b" " * (MAX_ALERT + 1)), 413, "rest.body_too_large")
    problem(send(scanned, b"[]", headers={"Content-Type": "text/plain"}), 415, "rest.not_json")
    assert labels(send(scanned, b"[]")) == []
    assert labels(send(scanned, found(*["x"] * 1000))) == ["false_positive"] * 1000


def test_alerts_of_strangers_are_counted_as_unknown_tokens_are(tmp_path: Path) -> None:
    with a_registry(tmp_path, leak_keys=f"key-1={DER}", token_failures=3) as registry:
        for _ in range(3):
            problem(send(registry, b"[]", STRANGER), 401, "access.alert_signature")
        assert send(registry, b"[]", STRANGER).status_code == 429
        assert labels(send(registry, b"[]")) == [], "the scanner itself is not limited"


def test_without_a_key_no_alert_is_taken(rest: Rest) -> None:
    token = create(rest)["token"]
    problem(send(rest, found(token)), 404, "access.leak_alerts_off")
    assert works(rest, token)


def test_keys_may_come_from_a_file_and_then_have_no_names(tmp_path: Path) -> None:
    file = tmp_path / "keys.pem"
    file.write_bytes(b"the keys of the scanner\n" + OTHER_PEM + PEM)
    with a_registry(tmp_path / "data", leak_keys=str(file)) as registry:
        assert labels(send(registry, b"[]", key="any")) == []
        assert labels(send(registry, b"[]", STRANGER)) == []


def test_keys_that_are_none_are_refused_at_the_start(tmp_path: Path) -> None:
    other_curve = ec.generate_private_key(ec.SECP256K1()).public_key()
    of_another_curve = b64encode(other_curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    (tmp_path / "empty.pem").write_text("")
    for keys in (f"={DER}", "key-1=!", "key-1=AAAA", f"key-1={of_another_curve}", "/no/file", f"{tmp_path}/empty.pem"):
        with pytest.raises(InvalidValueError, match="MODELKEEP_LEAK_KEYS"):
            build(Settings.read({}, data_dir=tmp_path, leak_keys=keys))
