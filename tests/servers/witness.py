"""A witness of the protocol c2sp.org/tlog-witness, for one log: `add-checkpoint` and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from modelkeep.domains.audit.domain.checkpoints import Checkpoint, cosignature_payload, cosigned_message
from modelkeep.domains.audit.domain.signed_notes import COSIGNATURE, NoteSignature, SignedNote, VerifierKey, decoded
from modelkeep.kernel.merkle import EMPTY_ROOT, continues
from modelkeep.platform.signing import public_half, sign, verify

NOW = 1_700_000_000


@dataclass
class Answer:
    status: int
    body: str = ""
    type: str = "text/plain"


@dataclass
class Witness:
    """What it has signed last, and every request it was sent."""

    log: VerifierKey
    seed: bytes = b"w" * 32
    size: int = 0
    root: bytes = EMPTY_ROOT
    port: int = 0
    bodies: list[str] = field(default_factory=list)
    forced: Answer | None = None
    lock: Lock = field(default_factory=Lock)

    @property
    def key(self) -> VerifierKey:
        return VerifierKey("witness.example.org/w1", COSIGNATURE, public_half(self.seed))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/prefix"

    def add_checkpoint(self, body: str) -> Answer:
        with self.lock:
            self.bodies.append(body)
            return self.forced or self._answer(body)

    def _answer(self, body: str) -> Answer:
        head, _, text = body.partition("\n\n")
        old_line, *lines = head.split("\n")
        note, old = SignedNote.parse(text), int(old_line.removeprefix("old "))
        checkpoint, proof = Checkpoint.parse(note.text), [decoded(line) for line in lines]
        if not any(
            line.by(self.log) and verify(self.log.public, note.text.encode(), line.payload) for line in note.signatures
        ):
            return Answer(403)
        if old > checkpoint.size:
            return Answer(400)
        if old != self.size:
            return Answer(409, f"{self.size}\n", "text/x.tlog.size")
        if old == checkpoint.size and self.root != checkpoint.root:
            return Answer(409)
        if not continues((self.size, self.root), (checkpoint.size, checkpoint.root), proof):
            return Answer(422)
        self.size, self.root = checkpoint.size, checkpoint.root
        payload = cosignature_payload(NOW, sign(self.seed, cosigned_message(NOW, note.text)))
        return Answer(200, f"{NoteSignature(self.key.name, self.key.id, payload)}\n")


@contextmanager
def serving(witness: Witness) -> Iterator[Witness]:
    """Serve on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = witness.add_checkpoint(body) if self.path == "/prefix/add-checkpoint" else Answer(404)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(answer.body.encode())))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, *_words: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    witness.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
