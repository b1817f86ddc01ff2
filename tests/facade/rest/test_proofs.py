"""Checkpoints and proofs over REST: a receipt is redeemed for a proof that holds."""

import base64
from typing import Any

from tests.facade.rest.registry import API, Rest, problem

from modelkeep.domains.audit.domain.checkpoints import Checkpoint
from modelkeep.domains.audit.domain.signed_notes import SignedNote, VerifierKey
from modelkeep.kernel.merkle import continues, includes, leaf_hash
from modelkeep.platform.signing import verify


def publish(rest: Rest) -> None:
    rest.services.log.publisher.publish()


def get(rest: Rest, path: str) -> Any:  # noqa: ANN401 - JSON
    answer = rest.http.get(f"{API}/audit/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_receipt_is_redeemed_for_a_proof(rest: Rest) -> None:
    receipt = rest.create_model("fraud/proved")["audit"]
    publish(rest)
    proof = get(rest, f"proofs/inclusion?seq={receipt['seq']}")
    assert proof["leaf_hash"] == receipt["leaf_hash"]
    note = SignedNote.parse(proof["checkpoint"])
    checkpoint = Checkpoint.parse(note.text)
    (key,) = get(rest, "keys")["items"]
    verifier = VerifierKey.parse(key["vkey"])
    assert any(
        line.by(verifier) and verify(verifier.public, note.text.encode(), line.payload) for line in note.signatures
    )
    hashes = [bytes.fromhex(found) for found in proof["hashes"]]
    leaf = bytes.fromhex(receipt["leaf_hash"])
    assert includes(checkpoint.root, checkpoint.size, receipt["seq"], leaf, hashes)


def test_the_log_is_proved_to_continue_an_older_checkpoint(rest: Rest) -> None:
    publish(rest)
    old = get(rest, "checkpoint")
    rest.create_model("fraud/later")
    publish(rest)
    new = get(rest, "checkpoint")
    assert new["size"] > old["size"]
    proof = get(rest, f"proofs/consistency?from={old['size']}&to={new['size']}")
    roots = [(found["size"], bytes.fromhex(found["root"])) for found in (old, new)]
    assert continues(roots[0], roots[1], [bytes.fromhex(found) for found in proof["hashes"]])
    assert get(rest, f"checkpoint?size={old['size']}") == old
    assert get(rest, f"checkpoint?size={old['size'] + 1}")["size"] > old["size"]


def test_a_proof_is_a_file_that_holds_the_entry(rest: Rest) -> None:
    receipt = rest.create_model("fraud/filed")["audit"]
    publish(rest)
    answer = rest.http.get(f"{API}/audit/entries/{receipt['seq']}/proof")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{receipt["seq"]}.tlog-proof"'
    header, extra, index, *_ = answer.text.split("\n")
    assert (header, index) == ("c2sp.org/tlog-proof@v1", f"index {receipt['seq']}")
    assert leaf_hash(base64.b64decode(extra.removeprefix("extra "))).hex() == receipt["leaf_hash"]
    assert answer.text.endswith(f"\n\n{get(rest, 'checkpoint')['note']}")


def test_what_is_not_there_has_no_proof(rest: Rest) -> None:
    publish(rest)
    size = get(rest, "checkpoint")["size"]
    problem(rest.http.get(f"{API}/audit/proofs/inclusion?seq=999999"), 404, "audit.entry_not_found")
    problem(rest.http.get(f"{API}/audit/entries/-1/proof"), 404, "audit.entry_not_found")
    problem(rest.http.get(f"{API}/audit/checkpoint?size=999999"), 404, "audit.entry_not_found")
    problem(rest.http.get(f"{API}/audit/proofs/consistency?from={size + 1}&to={size}"), 422, "kernel.invalid_value")
    problem(rest.http.get(f"{API}/audit/proofs/consistency?from=1&to=999999"), 404, "audit.entry_not_found")
    problem(rest.http.get(f"{API}/audit/proofs/inclusion?seq=nine"), 422, "rest.invalid_request")


def test_a_server_publishes_by_itself(rest: Rest) -> None:
    receipt = rest.create_model("fraud/published")["audit"]
    for _ in range(100):
        answer = rest.http.get(f"{API}/audit/checkpoint?size={receipt['seq'] + 1}")
        if answer.status_code == 200:
            break
        rest.services.background.wake()
    assert answer.status_code == 200, answer.text


def test_there_is_no_anchor_but_those_that_were_set(rest: Rest) -> None:
    assert get(rest, "anchors") == {"items": []}
