"""What proves the audit log: checkpoints, keys, proofs of entries."""

from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route


class ProofMethods(Connected):
    """What a registry object can do with the proofs of the audit log."""

    def audit_checkpoint(self, *, size: int | None = None) -> str:
        """Return the newest signed checkpoint, or the first one of at least a size: a few lines of text to keep.

        Raises:
            UnavailableError: there is none yet; the next one is signed within a second.
        """
        return self._session.get("/audit/checkpoint", size=size).text("note")

    def audit_keys(self) -> list[str]:
        """Return the keys that have signed the log, oldest first, each as `VKEY@FROM-TO` with the sizes it counts for.

        Get them once by a way you trust: a registry that was tampered with can name any key.
        """
        keys = self._session.get("/audit/keys").items("items")
        return [f"{key.text('vkey')}@{key.integer('valid_from')}-{key.document['valid_to'] or ''}" for key in keys]

    def audit_proof(self, seq: int) -> str:
        """Return the proof of an entry, with the entry in it, as the text of a `.tlog-proof` file.

        Raises:
            NotFoundError: there is no such entry.
            UnavailableError: no checkpoint covers it yet; the next one is signed within a second.
        """
        return self._session.send(Call("GET", route("audit", "entries", seq, "proof"))).text
