"""Verifies an export of Modelkeep's audit log offline: `python verify_audit.py EXPORT CHECKPOINT… --vkey KEY`.

One file that needs Python 3.11 and the package `cryptography`, and nothing of Modelkeep: who does not trust the
registry need not run its code. It hashes every entry anew, compares the tree over all of them with signed checkpoints,
and says what holds and which entry was changed, removed or added. Memory does not grow with the log.

A checkpoint that was kept away from the registry's database (by an anchor, a witness, or yourself) protects all entries
up to its size, even from an administrator of the database who has the key. A receipt protects its entry.

Exit codes: 0 everything holds, 1 something was changed, 2 it could not be verified.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WITNESS_KIND, STAMP_BYTES, SHOWN_FAULTS, _DASH = 0x04, 8, 1000, "— "
_READABLE = {"subject": "resource", "at": "ts", "request_id": "request_id", "data": "data"}
_ACTOR = {"id": "id", "kind": "type", "token_id": "via_token_id"}


class UnverifiableError(Exception):
    """What was given is no export, checkpoint, key, receipt or proof; nothing can be said."""


@dataclass(frozen=True)
class Key:
    """A public key, and for which sizes of the log it counts."""

    name: str
    kind: int
    public: bytes
    first: int = 0
    last: int = sys.maxsize

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read `NAME+ID+BASE64`, which `@FROM-TO` or `@FROM-` may follow to say for which sizes it counts."""
        name, identity, rest = [*text.strip().split("+", 2), "", ""][:3]
        encoded, _, sizes = rest.partition("@")
        first, _, last = sizes.partition("-")
        try:
            data = base64.b64decode(encoded, validate=True)
            key = cls(name, data[0], data[1:], int(first or 0), int(last or sys.maxsize))
        except (ValueError, IndexError):
            raise UnverifiableError(f"{text!r} is no key: write NAME+ID+BASE64") from None
        if key.id.hex() != identity:
            raise UnverifiableError(f"the key {text!r} is damaged: its id is {key.id.hex()}")
        return key

    @property
    def id(self) -> bytes:
        """The first bytes of each of its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def signed(self, text: str, signature: bytes) -> bool:
        """Say whether it signed a checkpoint: as the log does, or as a witness does, with a time."""
        message = text.encode()
        if self.kind == WITNESS_KIND:
            time = int.from_bytes(signature[:STAMP_BYTES], "big")
            message, signature = f"cosignature/v1\ntime {time}\n{text}".encode(), signature[STAMP_BYTES:]
        with contextlib.suppress(InvalidSignature, ValueError):
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
            return True
        return False


@dataclass(frozen=True)
class Checkpoint:
    """What somebody signed: the root over the first `size` entries of a log."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: Sequence[tuple[str, bytes, bytes]]

    @classmethod
    def parse(cls, text: str, lines: Iterable[str]) -> "Checkpoint":
        """Read the text and the signature lines of a note."""
        try:
            origin, size, root, *_ = text.split("\n")
            named = [line.removeprefix(_DASH).split(" ") for line in lines]
            signatures = [(name, base64.b64decode(data)[:4], base64.b64decode(data)[4:]) for name, data in named]
            return cls(origin, int(size), base64.b64decode(root, validate=True), text, signatures)
        except ValueError:
            raise UnverifiableError(f"this is no signed checkpoint: {text[:200]!r}") from None

    def by(self, key: Key) -> bool | None:
        """Say whether a key signed it; None when it has no line of the key."""
        found = [signature for name, identity, signature in self.signatures if (name, identity) == (key.name, key.id)]
        return all(key.signed(self.text, signature) for signature in found) if found else None


def read_checkpoints(lines: Iterable[str]) -> Iterator[Checkpoint]:
    """Yield the checkpoints of a file that holds one or many, as an anchor file does."""
    text, signatures, below = "", list[str](), False
    for line in (raw.rstrip("\n") for raw in lines):
        if line.startswith(_DASH) and below:
            signatures.append(line)
            continue
        if signatures:
            yield Checkpoint.parse(text, signatures)
            text, signatures, below = "", [], False
        if line:
            text, below = ("" if below else text) + line + "\n", False
        else:
            below = bool(text)
    if text:
        yield Checkpoint.parse(text, signatures)


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was; `seq` is the entry, if it is known which."""

    what: str
    detail: str
    seq: int | None = None


@dataclass
class Report:
    """What was verified, and whether all of it holds."""

    holds: bool = True
    entries: int = 0
    pruned: int = 0
    texts: int = 0
    protected: int = 0
    witnessed: int = 0
    receipts: int = 0
    proofs: int = 0
    faults: list[Fault] = field(default_factory=list)
    found: int = 0

    def fault(self, what: str, detail: str, seq: int | None = None) -> None:
        """Add something that was found; of very many only the number is kept."""
        self.holds, self.found = False, self.found + 1
        if self.found <= SHOWN_FAULTS:
            self.faults.append(Fault(what, detail, seq))


class Verifier:
    """Takes an export entry by entry, and tells at the end what holds."""

    def __init__(
        self,
        keys: Sequence[Key],
        checkpoints: Iterable[Checkpoint] = (),
        *,
        witnesses: Sequence[Key] = (),
        receipts: Mapping[int, str] | None = None,
    ) -> None:
        """Verify the signatures of the checkpoints first: who vouches for what."""
        self.report = Report()
        self._keys, self._witnesses, self._receipts = keys, witnesses, dict(receipts or {})
        self._roots, self._seen_by = dict[int, bytes](), dict[int, set[bytes]]()
        self._next, self._pruned_before, self._whole, self._time = 0, 0, True, ""
        self._frontier, self._bare = list[bytes](), deque[int](maxlen=SHOWN_FAULTS)
        self._differs_from: int | None = None
        for checkpoint in checkpoints:
            self.vouched(checkpoint)

    def vouched(self, checkpoint: Checkpoint) -> bool:
        """Say whether a key of the log signed a checkpoint; note its root, and which witnesses signed it."""
        size, fault = checkpoint.size, ""
        said = [checkpoint.by(key) for key in self._keys if key.first <= size <= key.last]
        seen = {key.id: checkpoint.by(key) for key in self._witnesses}
        if False in said or False in seen.values():
            fault = "has a signature that is not of its text"
        elif True not in said:
            fault = "is not signed by a key that was named and counts for this size"
        if fault:
            self.report.fault("signature", f"the checkpoint of {size} entries {fault}")
            return False
        self._seen_by.setdefault(size, set()).update(witness for witness, signed in seen.items() if signed)
        if self._roots.setdefault(size, checkpoint.root) != checkpoint.root:
            self.report.fault("fork", f"two roots were signed for {size} entries: there are two logs")
        return True

    def feed(self, line: str) -> None:
        """Take the next line of the export."""
        try:
            entry = json.loads(line)
            seq, leaf_hash = int(entry["seq"]), bytes.fromhex(entry["leaf_hash"])
            leaf = None if entry["leaf"] is None else base64.b64decode(entry["leaf"], validate=True)
        except (ValueError, KeyError, TypeError):
            self.report.fault("malformed", f"line {self.report.entries + 1} is no entry of an export", self._next)
            self._whole = False
            return
        self._place(seq)
        if leaf is None:
            self.report.pruned += 1
            self._bare.append(seq)
        elif hashlib.sha256(b"\0" + leaf).digest() != leaf_hash:
            self.report.fault("changed", "the entry is not the one that was hashed", seq)
        else:
            self.check_content(seq, leaf, entry)
        self._check_receipt(seq, leaf_hash)
        if self._whole:
            self._append(leaf_hash)

    def _place(self, seq: int) -> None:
        if seq != self._next:
            self._whole, gap = False, f"entries {self._next} to {seq - 1} are not there"
            what = ("missing", gap) if seq > self._next else ("order", f"it comes after entry {self._next - 1}")
            self.report.fault(*what, min(seq, self._next))
        self._next, self.report.entries = seq + 1, self.report.entries + 1

    def check_content(self, seq: int, leaf: bytes, entry: Mapping[str, Any]) -> None:
        """Compare what an entry shows, and its texts, with its leaf."""
        try:
            said = json.loads(leaf)
            if differing := self._differing(said, seq, entry):
                self.report.fault("changed", f"what is shown is not what was hashed: {', '.join(differing)}", seq)
            self._time = max(self._time, said["ts"])
            commitments = said["pii_commitments"]
            if said["action"] == "audit.entries_pruned":
                self._pruned_before = max(self._pruned_before, min(seq, said["data"]["before_seq"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.report.fault("malformed", "the leaf is not of this log's format", seq)
            return
        for name, text in (entry.get("texts") or {}).items():
            self.report.texts += 1
            with contextlib.suppress(ValueError, KeyError, TypeError):
                message = json.dumps([name, text["value"]], ensure_ascii=False, separators=(",", ":")).encode()
                if hmac.new(bytes.fromhex(text["salt"]), message, hashlib.sha256).hexdigest() == commitments[name]:
                    continue
            self.report.fault("text", f"the text {name!r} is not the one that was committed to", seq)

    def _differing(self, said: Mapping[str, Any], seq: int, entry: Mapping[str, Any]) -> list[str]:
        """Return what an entry shows to people and its leaf does not say."""
        shown = [name for name, member in _READABLE.items() if name in entry and entry[name] != said[member]]
        actor = entry.get("actor") or {}
        shown += [f"actor.{name}" for name, of in _ACTOR.items() if name in actor and actor[name] != said["actor"][of]]
        further = {
            "type": "type" in entry and entry["type"] != said["action"].partition(".")[2].upper(),
            f"seq (the leaf is that of entry {said['seq']})": said["seq"] != seq,
            "ts (it is before that of an earlier entry)": said["ts"] < self._time,
        }
        return shown + [name for name, differs in further.items() if differs]

    def _append(self, leaf_hash: bytes) -> None:
        place, found = self._next - 1, leaf_hash
        while place & 1:
            found, place = hashlib.sha256(b"\1" + self._frontier.pop() + found).digest(), place >> 1
        self._frontier.append(found)
        if self._next in self._roots:
            self._compare(self._next)

    def _compare(self, size: int) -> None:
        root = self._frontier[-1] if self._frontier else hashlib.sha256(b"").digest()
        for left in reversed(self._frontier[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        if root == self._roots.pop(size):
            self.report.protected = size
        elif self._differs_from is None:
            first = self._differs_from = self.report.protected
            detail = f"entries {first} to {size - 1} are not those that were signed, or not all of them"
            self.report.fault("root", detail, first if size - first == 1 else None)

    def _check_receipt(self, seq: int, leaf_hash: bytes) -> None:
        receipt = self._receipts.pop(seq, None)
        self.report.receipts += receipt is not None
        if receipt not in (None, leaf_hash.hex()):
            self.report.fault("receipt", "the entry is not the one that the receipt was given for", seq)

    def prove(self, text: str) -> None:
        """Take a proof as a file (c2sp.org/tlog-proof) that holds its entry."""
        try:
            head, _, note = text.partition("\n\n")
            (checkpoint,) = read_checkpoints(note.splitlines(keepends=True))
            (_, extra), (_, index), *hashes = (line.split(" ") for line in head.split("\n")[1:])
            leaf, seq, siblings = base64.b64decode(extra), int(index), [base64.b64decode(line) for (line,) in hashes]
        except ValueError:
            raise UnverifiableError("this is no proof of an entry that holds the entry") from None
        self.report.proofs += 1
        leaf_hash = hashlib.sha256(b"\0" + leaf).digest()
        if self.vouched(checkpoint) and _root(seq, checkpoint.size, leaf_hash, siblings) != checkpoint.root:
            self.report.fault("proof", "the entry of the proof is not in the log that the checkpoint is of", seq)
        self._check_receipt(seq, leaf_hash)

    def finish(self, *, exported: bool = True) -> Report:
        """Return what was found, once all has been fed; without an export, proofs alone."""
        longest = max(self._seen_by, default=0)
        if exported and longest > self._next:
            self.report.fault("shorter", f"{longest} entries were signed, and there are {self._next}", self._next)
        for seq in sorted(self._receipts):
            self.report.fault("missing", "there is a receipt for this entry, and it is not there", seq)
        for seq in (bare for bare in self._bare if bare >= self._pruned_before):
            self.report.fault("hidden", "it has no body, and no entry says that retention let it go", seq)
        self._check_witnesses([longest] if exported and longest else sorted(self._seen_by))
        if exported and longest < 1 and self.report.holds:
            raise UnverifiableError("no checkpoint that was given is of an entry")
        return self.report

    def _check_witnesses(self, sizes: Sequence[int]) -> None:
        """Ask for each witness that was named: of many checkpoints of one tree, on that of most entries."""
        for size in sizes:
            lacking = [key.name for key in self._witnesses if key.id not in self._seen_by[size]]
            if lacking:
                self.report.fault("witness", f"{', '.join(lacking)} did not sign the checkpoint of {size} entries")
            self.report.witnessed = size if self._witnesses and not lacking else 0


def _root(index: int, size: int, leaf_hash: bytes, siblings: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf and its siblings lead to (RFC 9162 section 2.1.3.2)."""
    place, last, found = index, size - 1, leaf_hash
    for sibling in siblings:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = hashlib.sha256(b"\1" + sibling + found).digest()
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + sibling).digest()
        place, last = place >> 1, last >> 1
    return found if last == 0 and 0 <= index < size else None


def read_receipts(text: str) -> dict[int, str]:
    """Return leaf hashes by entry, from JSON values with `seq` and `leaf_hash`, or with such an `audit`."""
    found, decoder, rest = dict[int, str](), json.JSONDecoder(), text.strip()
    try:
        while rest:
            value, end = decoder.raw_decode(rest)
            receipt, rest = value.get("audit", value), rest[end:].lstrip()
            if receipt is not None:
                found[int(receipt["seq"])] = str(receipt["leaf_hash"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnverifiableError("receipts are JSON objects with `seq` and `leaf_hash`") from None
    return found


def told(report: Report) -> Iterator[str]:
    """Yield the report as lines for people."""
    for fault in report.faults:
        yield f"CHANGED  {'' if fault.seq is None else f'entry {fault.seq}: '}{fault.detail}"
    if report.found > SHOWN_FAULTS:
        yield f"CHANGED  and {report.found - SHOWN_FAULTS} more"
    if report.entries:
        yield f"{report.entries} entries read, {report.pruned} of them without their body, and {report.texts} texts"
        signed, rest = report.protected, report.entries - report.protected
        yield f"the first {signed} are those that were signed; no checkpoint that was given covers {rest}"
    yield f"{report.receipts} receipts, {report.proofs} proofs; witnesses saw {report.witnessed or 'no'} entries"
    yield "everything holds" if report.holds else "NOT everything holds"


def main(words: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", nargs="?", help="JSON Lines from `modelkeep audit export`; - for standard input")
    parser.add_argument("checkpoints", nargs="*", help="files with one or many checkpoints")
    parser.add_argument("--vkey", action="append", required=True, help="key of the log; @FROM-TO after it limits it")
    for name, text in (("witness-key", "key of a witness"), ("receipts", "file"), ("proof", "a .tlog-proof file")):
        parser.add_argument(f"--{name}", action="append", default=[], help=text)
    parser.add_argument("--json", action="store_true", help="answer with JSON")
    given = parser.parse_args(words)
    try:
        report = _run(given)
    except (UnverifiableError, OSError, UnicodeDecodeError) as error:
        print(f"it could not be verified: {error}", file=sys.stderr)  # noqa: T201 - a program of its own
        return 2
    print(json.dumps(asdict(report), indent=2) if given.json else "\n".join(told(report)))  # noqa: T201 - as above
    return 0 if report.holds else 1


def _run(given: argparse.Namespace) -> Report:
    if not given.proof and not (given.export and given.checkpoints):
        raise UnverifiableError("give an export and a checkpoint, or a proof")
    with contextlib.ExitStack() as files:
        notes = [files.enter_context(Path(name).open(encoding="utf-8")) for name in given.checkpoints]
        receipts = "\n".join(Path(name).read_text("utf-8") for name in given.receipts)
        keys, witnesses = ([Key.parse(key) for key in of] for of in (given.vkey, given.witness_key))
        checkpoints = (checkpoint for note in notes for checkpoint in read_checkpoints(note))
        verifier = Verifier(keys, checkpoints, witnesses=witnesses, receipts=read_receipts(receipts))
        for name in given.proof:
            verifier.prove(Path(name).read_text("utf-8"))
        if path := given.export:
            for line in sys.stdin if path == "-" else files.enter_context(Path(path).open(encoding="utf-8")):
                verifier.feed(line)
        return verifier.finish(exported=bool(given.export))


if __name__ == "__main__":
    sys.exit(main())
