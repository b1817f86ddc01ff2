"""`signature`: somebody who is trusted has signed the content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelkeep.domains.governance.domain.gates.facts import Facts, Snapshot
from modelkeep.domains.governance.domain.gates.outcomes import Outcome, failed, passed
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class SignatureGate:
    """A signature that holds was made with one of the keys or by one of the identities; without either, by any."""

    keys: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        """The signatures that hold, of keys that the namespace trusts."""
        return frozenset({"signatures"})

    def look(self, facts: Facts) -> Mapping[str, Json]:
        """Return all of them."""
        return {"signatures": facts["signatures"]}

    def judge(self, seen: Snapshot, at: datetime) -> Outcome:  # noqa: ARG002 - of every rule
        """Look for one that counts."""
        signatures: list[dict[str, Any]] = seen.value["signatures"]
        found = next((item for item in signatures if self._counts(item)), None)
        if found is not None:
            return passed(f"signed by {found['identity'] or found['key_name']}", key=found["key_name"])
        wanted = sorted(self.keys | self.identities)
        who = f" of {', '.join(wanted)}" if wanted else " of a key that the namespace trusts"
        return failed(f"no signature{who} holds; sign it with 'modelkeep sign'")

    def _counts(self, signature: Mapping[str, Any]) -> bool:
        if not self.keys and not self.identities:
            return True
        return signature["key_name"] in self.keys or signature["identity"] in self.identities
