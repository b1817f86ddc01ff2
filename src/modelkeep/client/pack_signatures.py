"""Verifies the signatures in an evidence pack: those over files, and what the registry has signed of promotions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError, RegistryError
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.merkle import leaf_hash
from modelkeep.kernel.model_signing import (
    PROMOTION,
    Bundle,
    IdentityPattern,
    Statement,
    check_promoted,
    check_signed_files,
)
from modelkeep.signing import Authority, PublicKey, verify

_PROMOTING: Final = ("governance.version_promoted", "governance.version_rolled_back")
_SAME: Final = {"stage": "to_stage", "from_stage": "from_stage", "request_id": "request_id", "approvals": "approvals"}
"""What a statement and the entry of its promotion both say, by their names; a rollback has no approvals."""


class WrongSignatureError(InvalidValueError):
    """A signature in a pack is not what the pack says of it."""

    code = "client.wrong_signature"


@dataclass(frozen=True, slots=True)
class ProvenLeaf:
    """An entry of the audit log that a proof in the pack is about: its bytes, and what they say."""

    data: bytes = field(repr=False)
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PackedSignatures:
    """The signatures of one pack: what was told of each and of the keys, and the log's own entries by their numbers."""

    reference: str
    manifest: Manifest
    told: Sequence[Mapping[str, Any]]
    keys: Mapping[str, Mapping[str, Any]]
    leaves: Mapping[int, ProvenLeaf]
    read: Callable[[str], bytes]

    def over_files(self) -> Iterator[str]:
        """Yield why signatures over the files that held when the pack was made do not, and which are missing."""
        files = {entry.path: entry.digest for entry in self.manifest.files}
        yield from self._faults(lambda told: check_signed_files(self._statement(told), files), promotions=False)
        here = {told["digest"] for told in self.told}
        for leaf in self._entries("governance.version_signed"):
            if leaf.said["data"]["bundle_digest"] not in here:
                yield f"signature {leaf.said['data']['signature_id']} is not here, and the audit log has it"

    def of_promotions(self) -> Iterator[str]:
        """Yield why what the registry has signed of promotions does not hold, or is not what its audit log says."""
        yield from self._faults(lambda told: self._check_promotion(self._statement(told)), promotions=True)

    @property
    def promotions(self) -> str:
        """How many promotions are among the entries, and how many of them the registry has signed."""
        made = sum(1 for action in _PROMOTING for _ in self._entries(action))
        signed = sum(1 for told in self.told if told["predicate_type"] == PROMOTION and told["holds"])
        return f"{signed} signed by the registry, {made} in its audit log"

    def _faults(self, check: Callable[[Mapping[str, Any]], None], *, promotions: bool) -> Iterator[str]:
        for told in self.told:
            if told["holds"] and (told["predicate_type"] == PROMOTION) == promotions:
                try:
                    check(told)
                except RegistryError as error:
                    yield f"signature {told['id']}: {error.message}"

    def _statement(self, told: Mapping[str, Any]) -> Statement:
        """Return what a signature says, once the key that is named was found to have made it."""
        document, key = self.read(f"signatures/{told['id']}.sig"), self.keys[told["key_id"]]
        if str(Digest.of(document)) != told["digest"]:
            raise WrongSignatureError("the bundle is not the one that was received")
        bundle, pem = Bundle.parse(document), key["pem"].encode()
        if key["kind"] == "public_key":
            public = PublicKey.from_pem(pem)
        else:
            signer = Authority.from_pem(pem).signer(bundle.chain, datetime.fromisoformat(told["added_at"]))
            if IdentityPattern(key["identity"]).first_of(signer.identities) != told["identity"]:
                raise WrongSignatureError("its certificate is that of somebody else")
            public = signer.key
        statement = verify(bundle, public)
        if statement.predicate_type != told["predicate_type"]:
            raise WrongSignatureError("it says something else than was told")
        return statement

    def _check_promotion(self, statement: Statement) -> None:
        """Hold a statement against the version, and against the entry that it names if the log has it still."""
        check_promoted(statement, self.reference, self.manifest.digest)
        said: Mapping[str, Any] = statement.predicate
        leaf = self.leaves.get(said["entry"]["seq"])
        if leaf is None:
            return
        if leaf_hash(leaf.data).hex() != said["entry"]["leaf_hash"] or leaf.said["action"] not in _PROMOTING:
            raise WrongSignatureError(f"entry {said['entry']['seq']} of the audit log is another one than it names")
        for name, told in _SAME.items():
            if said[name] != leaf.said["data"].get(told, []):
                raise WrongSignatureError(f"entry {said['entry']['seq']} of the audit log has another {name}")

    def _entries(self, action: str) -> Iterator[ProvenLeaf]:
        return (leaf for leaf in self.leaves.values() if leaf.said["action"] == action)
