"""Verifies an evidence pack offline, part by part; it needs the extra `verify`, and asks no registry.

All hangs on the keys of the audit log: they sign the list of the pack's files, and the checkpoint that its entries are
proven against. Without a key that came by a way of its own a pack only proves that it fits together.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias
from zipfile import BadZipFile, ZipFile

from modelkeep.client.pack_signatures import PackedSignatures, ProvenLeaf
from modelkeep.client.pack_votes import checked_votes
from modelkeep.client.verify_audit import Key, UnverifiableError, Verifier, read_checkpoints
from modelkeep.kernel.digests import Digest, Hasher, digest_json
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.evidence import MANIFEST_FILE, MAX_FILES, EvidenceManifest
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.model_signing import PROMOTION

_CHUNK: Final = 1024 * 1024
_MAX_LIST: Final = 32 * 2**20
_MAX_PART: Final = 256 * 2**20
_DASH: Final = "— "


Checking: TypeAlias = Generator[str, None, str]
"""A check on its way: it yields faults, and returns what it has looked at."""


class InvalidPackError(InvalidValueError):
    """The file is no evidence pack."""

    code = "client.invalid_pack"


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """What came of one part: it holds, or the faults that were found."""

    part: str
    said: str
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a pack is about, and what came of each part of it."""

    reference: str
    made_at: str
    keys_were_given: bool
    parts: tuple[PartOutcome, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether all of it holds."""
        return all(part.holds for part in self.parts)

    @property
    def document(self) -> dict[str, object]:
        """The report for programs."""
        return {
            "reference": self.reference,
            "made_at": self.made_at,
            "holds": self.holds,
            "keys_were_given": self.keys_were_given,
            "parts": [
                {"part": part.part, "holds": part.holds, "said": part.said, "faults": list(part.faults)}
                for part in self.parts
            ],
        }


def verify_pack(path: Path, vkeys: Sequence[str] = ()) -> PackReport:
    """Verify a pack; without keys of the log, with those that it brings.

    Raises:
        InvalidPackError: the file is no evidence pack, or not whole.
        InvalidValueError: a key is none.
    """
    try:
        keys = [Key.parse(vkey) for vkey in vkeys]
    except UnverifiableError as error:
        raise InvalidValueError(str(error)) from error
    try:
        with ZipFile(path) as archive:
            return _Pack(archive, keys).verified()
    except OSError as error:
        raise InvalidPackError(f"{path} cannot be read: {error.strerror or error}") from error
    except (BadZipFile, UnverifiableError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InvalidPackError(f"{path} is no evidence pack, or not whole: {error}") from error


class _Pack:
    """An open pack."""

    def __init__(self, archive: ZipFile, keys: Sequence[Key]) -> None:
        self._archive = archive
        self._names = Counter(info.filename for info in archive.infolist())
        if self._names.total() > MAX_FILES + 1:  # those that are listed, and the list
            raise InvalidPackError(f"it has more than {MAX_FILES} files")
        note = self._read(MANIFEST_FILE, _MAX_LIST).decode(errors="replace")
        text, _, self._line = note.rpartition("\n\n")
        self._note = f"{text}\n"
        self.manifest = EvidenceManifest.parse(self._note)
        self._given = bool(keys)
        own = () if keys else self._read("audit/keys.txt", _MAX_LIST).decode(errors="replace").split()
        self._keys = [*keys, *(Key.parse(vkey) for vkey in own)]

    def verified(self) -> PackReport:
        parts = (
            self._part("list", self._list),
            self._part("files", self._files),
            self._part("version", self._version),
            self._part("card", self._card),
            self._part("attachments", self._attachments),
            self._part("signatures", self._signatures),
            self._part("promotions", self._promotions),
            self._part("votes", self._votes),
            self._part("audit", self._audit),
        )
        return PackReport(self.manifest.reference, self.manifest.made_at, self._given, parts)

    def _part(self, name: str, check: Callable[[], Checking]) -> PartOutcome:
        """Run a check."""
        faults, checking = list[str](), check()
        try:
            while True:
                faults.append(next(checking))
        except StopIteration as end:
            return PartOutcome(name, end.value, tuple(faults))
        except RegistryError as error:
            faults.append(error.message)
        except (UnverifiableError, KeyError, ValueError, TypeError, AttributeError) as error:
            faults.append(f"it has another form than this program writes ({type(error).__name__}: {error})")
        return PartOutcome(name, "not read to its end", tuple(faults))

    def _read(self, name: str, most: int = _MAX_PART) -> bytes:
        try:
            with self._archive.open(name) as file:
                data = file.read(most + 1)
        except KeyError:
            raise InvalidPackError(f"it has no {name}") from None
        if len(data) > most:
            raise InvalidPackError(f"{name} has more than {most} bytes")
        return data

    def _json(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self._read(name))

    def _list(self) -> Checking:
        """Whether a key of the log has signed the list of files."""
        signed = [key for key in self._keys if key.first <= self.manifest.log_size <= key.last and self._signed_by(key)]
        if not signed:
            yield "no key of the audit log that counts has signed the list of files"
            return "the list of files is not signed"
        whose = "a key that was given" if self._given else "a key that the pack itself brings"
        return f"{len(self.manifest.files)} files, signed by {signed[0].name}, {whose}"

    def _signed_by(self, key: Key) -> bool:
        """Say whether the one signature below the list is that of a key, and nothing stands around it."""
        encoded = self._line.removesuffix("\n").rpartition(" ")[2]
        try:
            data = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        whole = f"{_DASH}{key.name} {base64.b64encode(data).decode()}\n"
        return whole == self._line and data[:4] == key.id and key.signed(self._note, data[4:])

    def _files(self) -> Checking:
        """Whether each file is the one that was listed, and no other is there."""
        listed = self.manifest.files
        for name in sorted(name for name, count in self._names.items() if count > 1):
            yield f"{name} is there twice"
        yield from (
            f"{name} is not in the list" for name in sorted(self._names.keys() - listed.keys() - {MANIFEST_FILE})
        )
        for name, wanted in sorted(listed.items()):
            if name not in self._names:
                yield f"{name} is missing"
            elif self._digest(name, wanted.size) != wanted.digest:
                yield f"{name} was changed"
        return f"{len(listed)} files compared with the list"

    def _digest(self, name: str, size: int) -> Digest | None:
        """Return the digest of a file; None where it has another size, or is damaged."""
        hasher, count = Hasher(), 0
        try:
            with self._archive.open(name) as file:
                while chunk := file.read(_CHUNK):
                    hasher.update(chunk)
                    count += len(chunk)
                    if count > size:
                        return None
        except (BadZipFile, zlib.error, EOFError):
            return None
        return hasher.digest() if count == size else None

    def _version(self) -> Checking:
        """Whether the facts of the version, its files and the audit log's own entry agree."""
        facts, manifest = self._json("version.json"), Manifest.parse(self._read("manifest.json"))
        if facts["reference"] != self.manifest.reference:
            yield f"version.json is about {facts['reference']}"
        if facts["manifest_digest"] != str(manifest.digest):
            yield "manifest.json is not the list of files of this version"
        leaves = (leaf.said for leaf in self._leaves.values())
        registered = [leaf["data"] for leaf in leaves if leaf["action"] == "catalog.version_registered"]
        if [data["manifest_digest"] for data in registered] not in ([], [str(manifest.digest)]):
            yield "the audit log registered other files under this version"
        told = "" if registered else "; the entry of its registration is no longer kept"
        return f"{facts['reference']} with {len(manifest.files)} files, {manifest.digest}{told}"

    def _card(self) -> Checking:
        """Whether the card is the one that its digest, and that of the bill of materials, is of."""
        if "card.json" not in self.manifest.files:
            return "there was none"
        card, materials = self._json("card.json"), self._read("ml-bom.cdx.json").decode()
        if str(digest_json(card["document"])) != card["digest"]:
            yield "card.json is not the card that its digest is of"
        if card["digest"] not in materials:
            yield "ml-bom.cdx.json was made of another card"
        return f"revision {card['revision']}, {card['digest']}"

    def _attachments(self) -> Checking:
        """Whether each file that was attached to the card is the one that its digest is of."""
        if "attachments.json" not in self.manifest.files:
            return "there were none"
        told = self._json("attachments.json")["attachments"]
        for found in told:
            listed = self.manifest.files.get(found["file"] or "")
            if found["file"] is not None and (listed is None or str(listed.digest) != found["digest"]):
                yield f"{found['file']} is not the file that was attached"
        return f"{len(told)} files, {sum(found['file'] is not None for found in told)} of them in the pack"

    def _votes(self) -> Checking:
        """Whether each vote is the one that the audit log has, and none that it has is kept back."""
        told = [
            (request["id"], vote)
            for request in self._json("promotion-requests.json")["requests"]
            for vote in request["votes"]
        ]
        return (yield from checked_votes(told, [leaf.said for leaf in self._leaves.values()], self._entries()))

    def _signatures(self) -> Checking:
        """Whether each signature over files that held when the pack was made holds by the key that it names."""
        signatures = self._signed()
        yield from signatures.over_files()
        over = [told for told in signatures.told if told["predicate_type"] != PROMOTION]
        held = sum(1 for told in over if told["holds"])
        return f"{held} of {len(over)} signatures held when the pack was made, and are verified anew"

    def _promotions(self) -> Checking:
        """Whether what the registry has signed of promotions holds, and is what its audit log says."""
        signatures = self._signed()
        yield from signatures.of_promotions()
        return signatures.promotions

    def _signed(self) -> PackedSignatures:
        manifest = Manifest.parse(self._read("manifest.json"))
        keys = {key["id"]: key for key in self._json("trusted-keys.json")["keys"]}
        told = self._json("signatures.json")["signatures"]
        return PackedSignatures(self.manifest.reference, manifest, told, keys, self._leaves, self._read)

    def _audit(self) -> Checking:
        """Whether each entry is in the log that the checkpoint is of, and shows what was hashed."""
        (checkpoint,) = read_checkpoints(self._read("audit/checkpoint.txt").decode().splitlines(keepends=True))
        verifier, leaves, lines = Verifier(self._keys, [checkpoint]), self._leaves, self._entries()
        if checkpoint.size != self.manifest.log_size:
            yield "the checkpoint is of another size than the list says"
        for name in self._proofs():
            verifier.prove(self._read(name).decode())
        for seq, entry in lines.items():
            leaf = base64.b64decode(entry["leaf"], validate=True)
            if seq not in leaves or leaves[seq].said != json.loads(leaf):
                yield f"entry {seq} has no proof, or another one"
            verifier.check_content(seq, leaf, entry)
        yield from (f"entry {seq} is proven and not told" for seq in sorted(leaves.keys() - lines.keys()))
        yield from (
            f"entry {seq} is about something else" for seq, leaf in leaves.items() if self._is_strange(leaf.said)
        )
        report = verifier.finish(exported=False)
        yield from (f"{'' if f.seq is None else f'entry {f.seq}: '}{f.detail}" for f in report.faults)
        return f"{len(lines)} entries about it, each proven to be among the first {checkpoint.size} of the log"

    def _is_strange(self, leaf: Mapping[str, Any]) -> bool:
        return bool(leaf["resource"] != self.manifest.reference)

    def _proofs(self) -> list[str]:
        return [name for name in self.manifest.files if name.startswith("audit/proofs/")]

    @cached_property
    def _leaves(self) -> dict[int, ProvenLeaf]:
        """The leaf in each proof, by its place in the log."""
        found: dict[int, ProvenLeaf] = {}
        for name in self._proofs():
            extra = self._read(name).decode().split("\n")[1].removeprefix("extra ")
            leaf = base64.b64decode(extra, validate=True)
            said = json.loads(leaf)
            found[said["seq"]] = ProvenLeaf(leaf, said)
        return found

    def _entries(self) -> dict[int, Any]:
        lines = (json.loads(line) for line in self._read("audit/entries.jsonl").decode().splitlines())
        return {entry["seq"]: entry for entry in lines}
