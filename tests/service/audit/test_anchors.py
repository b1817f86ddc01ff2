"""Anchors remember checkpoints, tell of a log that was rewritten or restored, and hold up nobody."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.registries import ManualClock, registry
from tests.servers.s3 import S3Server
from tests.servers.witness import Answer, Witness, serving

from modelkeep.app.anchors import open_anchors
from modelkeep.app.bootstrap import Services
from modelkeep.app.log_keys import ServerLogKeys
from modelkeep.app.settings import Settings
from modelkeep.client.verify_audit import Key, Verifier, read_checkpoints
from modelkeep.domains.audit import Anchor, AnchorState, FileAnchor, StoreAnchor, StoredCheckpoint
from modelkeep.domains.audit.domain.signed_notes import COSIGNATURE, MalformedNoteError, NoteSignature, VerifierKey
from modelkeep.domains.audit.repository import TreeRepository
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor
from modelkeep.platform.objectstore import open_store

LOCAL = "127.0.0.1"


def newest(services: Services) -> StoredCheckpoint:
    with services.access.database.snapshot() as tx:
        found = TreeRepository(tx.session).newest()
    assert found is not None
    return found


def publish(services: Services, admin: Actor, *names: str) -> int:
    for name in names:
        services.namespaces.create(admin, name, description="")
    return services.log.publisher.publish()


def pushed(services: Services, anchor: Anchor) -> AnchorState:
    state = services.log.anchors.push(anchor)
    assert state is not None
    return state


def anchor_of(settings: Settings, address: str) -> Anchor:
    (anchor,) = open_anchors(replace(settings, anchors=address, outbound_allow=LOCAL))
    return anchor


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "anchored" / "checkpoints"


@pytest.fixture
def anchored(settings: Settings, file: Path) -> Anchor:
    file.parent.mkdir()
    return anchor_of(settings, f"file://{file}")


@pytest.fixture
def witness(settings: Settings, started: tuple[Services, str]) -> Iterator[Witness]:
    assert started[1]
    (signer,) = ServerLogKeys(settings).given()
    with serving(Witness(signer.verifier)) as running:
        yield running


def test_a_file_gets_every_checkpoint_that_is_newest_when_it_is_asked(
    services: Services, admin: Actor, anchored: Anchor, file: Path, settings: Settings
) -> None:
    assert services.log.anchors.push(anchored) is None
    assert not services.log.anchors.wanted(anchored)
    sizes = []
    for name in ("one", "two", "three"):
        sizes.append(publish(services, admin, name))
        assert services.log.anchors.wanted(anchored)
        assert pushed(services, anchored).size == sizes[-1]
        assert not services.log.anchors.wanted(anchored)
        pushed(services, anchored)
    (signer,) = ServerLogKeys(settings).given()
    found = list(read_checkpoints(file.read_text().splitlines()))
    assert [checkpoint.size for checkpoint in found] == sizes
    assert all(checkpoint.by(Key.parse(str(signer.verifier))) for checkpoint in found)
    assert Verifier([Key.parse(str(signer.verifier))], found).report.holds


def test_a_checkpoint_that_power_tore_off_costs_only_itself(
    services: Services, admin: Actor, anchored: Anchor, file: Path
) -> None:
    publish(services, admin, "one")
    pushed(services, anchored)
    with file.open("a") as half:
        half.write("modelkeep/x\n12\nAAAA")
    size = publish(services, admin, "two")
    pushed(services, anchored)
    first, second = read_checkpoints(file.read_text().splitlines())
    assert (first.size < second.size, second.size) == (True, size)


def test_a_file_that_cannot_be_written_is_asked_again_later(
    services: Services, admin: Actor, settings: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    dead, alive = anchor_of(settings, f"file://{tmp_path}/absent/file"), anchor_of(settings, f"file://{tmp_path}/there")
    publish(services, admin, "one")
    for failures in (1, 2, 3):
        state = pushed(services, dead)
        assert (state.size, state.failures) == (0, failures)
        assert state.last_error is not None
        assert "No such file" in state.last_error
        assert not services.log.anchors.wanted(dead)
        clock.advance(timedelta(seconds=2**failures))
        assert services.log.anchors.wanted(dead)
        assert pushed(services, alive).failures == 0
    (tmp_path / "absent").mkdir()
    assert pushed(services, dead).last_error is None
    assert pushed(services, dead).size == newest(services).size


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["file", "store"])
def test_an_anchor_tells_of_an_old_backup_and_of_a_log_that_was_rewritten(
    services: Services, admin: Actor, settings: Settings, tmp_path: Path, kind: str
) -> None:
    def anchor() -> Anchor:
        """Return the anchor as a process that was started again has it."""
        if kind == "file":
            return FileAnchor("kept", tmp_path / "kept")
        return StoreAnchor("kept", open_store(str(tmp_path / "kept-store")))

    publish(services, admin, "one", "two", "three")
    pushed(services, anchor())
    for number, size in enumerate((2, 6)):
        other = replace(settings, data_dir=tmp_path / f"other-{number}")
        url = f"sqlite:///{tmp_path / f'other-{number}.db'}"
        with registry(replace(other, database_url=url, log_key=ServerLogKeys(settings).file.read_text())) as (fork, _):
            fork_admin = fork.authentication.authenticate(fork.authentication.issue_admin_token(), admin.request)
            publish(fork, fork_admin, *(f"n-{name}" for name in range(size - 2)))
            state = pushed(fork, anchor())
            assert state.size == 0
            assert state.last_error is not None
            assert ("old backup" if size == 2 else "other entries") in state.last_error


def test_a_bucket_keeps_one_object_for_each_checkpoint(
    services: Services, admin: Actor, settings: Settings, moto_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"locked-{admin.id}"
    moto_server.client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    anchor = anchor_of(settings, f"s3://{bucket}/log?endpoint={moto_server.endpoint}&region={moto_server.region}")
    sizes = []
    for name in ("one", "two"):
        sizes.append(publish(services, admin, name))
        assert pushed(services, anchor).last_error is None
        pushed(services, anchor)
    listed = moto_server.client.list_object_versions(Bucket=bucket)["Versions"]
    assert [item["Key"] for item in listed] == [f"log/checkpoints/{size:020}" for size in sizes]
    body = moto_server.client.get_object(Bucket=bucket, Key=listed[-1]["Key"])["Body"].read().decode()
    assert body == str(newest(services).note)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_put_into_a_bucket_has_the_checksum_that_object_lock_asks_for(
    services: Services, admin: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 refuses an object that is to be retained without one, and headers of its own that are not signed."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    publish(services, admin, "one")
    with recording() as (port, requests):
        anchor = anchor_of(settings, f"s3://locked/log?endpoint=http://{LOCAL}:{port}&region=us-east-1")
        assert pushed(services, anchor).last_error is None
    (put,) = [headers for method, headers in requests if method == "PUT"]
    digest = hashlib.sha256(str(newest(services).note).encode()).digest()
    assert put["x-amz-checksum-sha256"] == base64.b64encode(digest).decode()
    signed = put["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {name for name in put if name.startswith("x-amz-")} <= set(signed)


@contextmanager
def recording() -> Iterator[tuple[int, list[tuple[str, dict[str, str]]]]]:
    """Serve an empty bucket that takes everything, and keep the headers of what it is sent."""
    requests: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            requests.append((self.command, {name.lower(): value for name, value in self.headers.items()}))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>" * (self.command == "GET")
            self.send_response(404 if self.command == "HEAD" else 200)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_words: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer((LOCAL, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, requests
        finally:
            server.shutdown()
            thread.join()


def test_a_webhook_is_sent_the_checkpoint(
    services: Services, admin: Actor, settings: Settings, witness: Witness
) -> None:
    hook = anchor_of(settings, f"webhook+{witness.url}/add-checkpoint")
    publish(services, admin, "one")
    witness.forced = Answer(500)
    assert pushed(services, hook).last_error is not None
    witness.forced = Answer(204)
    assert pushed(services, hook).size == newest(services).size
    assert witness.bodies[-1] == str(newest(services).note)
    assert "Authorization" not in repr(hook)


def test_a_witness_signs_what_continues_the_log_and_its_signature_is_kept(
    services: Services, admin: Actor, settings: Settings, witness: Witness
) -> None:
    anchor = anchor_of(settings, f"witness+{witness.url}#{witness.key}")
    for names in (("one",), ("two", "three"), ("four",)):
        size = publish(services, admin, *names)
        assert pushed(services, anchor).last_error is None
        assert witness.size == size
        (checkpoint,) = read_checkpoints(str(newest(services).note).splitlines())
        assert checkpoint.by(Key.parse(str(witness.key)))
        assert checkpoint.by(Key.parse(str(witness.log)))
    assert len(witness.bodies) == 3, "each time it was asked from the size that it had signed"


def test_two_witnesses_that_sign_at_once_both_keep_their_signature(
    services: Services, admin: Actor, settings: Settings, witness: Witness
) -> None:
    size = publish(services, admin, "one")
    other = VerifierKey("witness.example.org/w2", COSIGNATURE, b"k" * 32)
    pushing = Thread(target=pushed, args=(services, anchor_of(settings, f"witness+{witness.url}#{witness.key}")))
    with services.access.database.transaction() as tx:
        tree = TreeRepository(tx.session)
        current = tree.locked(size)
        assert current is not None
        pushing.start()
        pushing.join(0.5)
        tree.set_note(size, current.note.signed(NoteSignature(other.name, other.id, b"s" * 72)))
    pushing.join()
    assert {line.name for line in newest(services).note.signatures} >= {other.name, witness.key.name}


def test_a_witness_that_is_asked_by_a_new_process_says_where_it_is(
    services: Services, admin: Actor, settings: Settings, witness: Witness
) -> None:
    publish(services, admin, "one")
    pushed(services, anchor_of(settings, f"witness+{witness.url}#{witness.key}"))
    publish(services, admin, "two")
    assert pushed(services, anchor_of(settings, f"witness+{witness.url}/#{witness.key}")).last_error is None
    assert [body.partition("\n")[0] for body in witness.bodies[1:]] == ["old 0", f"old {witness.size - 1}"]


@pytest.mark.parametrize(
    ("size", "what"),
    [(999, "remembers a log of 999"), (3, "another log"), (0, "another log")],
    ids=["longer", "fork", "same size"],
)
def test_a_witness_refuses_a_log_that_it_does_not_know(
    services: Services, admin: Actor, settings: Settings, witness: Witness, size: int, what: str
) -> None:
    published = publish(services, admin, "one")
    witness.size, witness.root = size or published, b"r" * 32
    state = pushed(services, anchor_of(settings, f"witness+{witness.url}#{witness.key}"))
    assert state.last_error is not None
    assert what in state.last_error
    assert newest(services).note.signatures[0].by(witness.log)
    assert len(newest(services).note.signatures) == 1


def test_a_witness_that_signs_with_another_key_or_nothing_is_not_believed(
    services: Services, admin: Actor, settings: Settings, witness: Witness
) -> None:
    publish(services, admin, "one")
    other = VerifierKey(witness.key.name, COSIGNATURE, b"k" * 32)
    for anchor, answer in (
        (anchor_of(settings, f"witness+{witness.url}#{other}"), None),
        (anchor_of(settings, f"witness+{witness.url}#{witness.key}"), Answer(200, "— x AAAAAAAA\n")),
        (anchor_of(settings, f"witness+{witness.url}#{witness.key}"), Answer(200, "nonsense")),
        (anchor_of(settings, f"witness+{witness.url}#{witness.key}"), Answer(404)),
        (anchor_of(settings, f"witness+{witness.url}/elsewhere#{witness.key}"), None),
    ):
        witness.forced = answer
        state = pushed(services, anchor)
        assert (state.size, state.last_error is None) == (0, False)
    assert len(newest(services).note.signatures) == 1


def test_a_witness_that_is_down_is_an_anchor_that_failed(services: Services, admin: Actor, settings: Settings) -> None:
    publish(services, admin, "one")
    key = VerifierKey("w", COSIGNATURE, b"k" * 32)
    state = pushed(services, anchor_of(settings, f"witness+http://{LOCAL}:9#{key}"))
    assert state.last_error is not None
    assert "cannot be reached" in state.last_error


@pytest.mark.parametrize(
    "address",
    ["nonsense", "file://relative", "https://example.org", "ftp://x", "file:///a file:///a", "witness+https://x"],
)
def test_an_anchor_of_no_known_form_is_refused_at_the_start(settings: Settings, address: str) -> None:
    with pytest.raises((InvalidValueError, MalformedNoteError)):
        open_anchors(replace(settings, anchors=address))


def test_the_names_of_anchors_hold_no_secret(settings: Settings) -> None:
    (anchor,) = open_anchors(replace(settings, anchors="webhook+https://example.org/hook?token=secret"))
    assert anchor.name.startswith("webhook-")
    assert "secret" not in f"{anchor!r}{replace(settings, anchors='x?token=secret')!r}"
