"""Gates: what they say of a version, waivers of them, and checks by other systems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class GateResult:
    """What one gate says: `status` is passed, failed, error, pending or waived, `blocks` whether it stops the move."""

    gate: str
    kind: str
    severity: str
    status: str
    blocks: bool
    message: str
    waiver: str | None

    @classmethod
    def read(cls, answer: Answer) -> "GateResult":
        """Read what the server says."""
        return cls(
            gate=answer.text("gate"),
            kind=answer.text("kind"),
            severity=answer.text("severity"),
            status=answer.text("status"),
            blocks=bool(answer.flag("blocks")),
            message=answer.text("message"),
            waiver=answer.find_text("waiver"),
        )


@dataclass(frozen=True, slots=True)
class CheckedGates:
    """What the gates of a move say of a version now; `open` is whether none of them stops it."""

    reference: str
    from_stage: str
    to_stage: str
    policy: str
    open: bool
    digest: str
    gates: tuple[GateResult, ...]
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "CheckedGates":
        """Read what the server says."""
        return cls(
            reference=answer.text("reference"),
            from_stage=answer.text("from_stage"),
            to_stage=answer.text("to_stage"),
            policy=answer.text("policy"),
            open=bool(answer.flag("open")),
            digest=answer.text("digest"),
            gates=tuple(GateResult.read(gate) for gate in answer.items("gates")),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class Waiver:
    """Leave to pass a gate of a version, or, with no `version_id`, of every version of the model."""

    id: str
    gate: str
    model: str
    version_id: str | None
    reason: str
    granted_at: datetime
    granted_by: Author
    expires_at: datetime
    ended_at: datetime | None
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Waiver":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            gate=answer.text("gate"),
            model=answer.text("model"),
            version_id=answer.find_text("version_id"),
            reason=answer.text("reason"),
            granted_at=answer.time("granted_at"),
            granted_by=Author.read(answer.find("granted_by")),
            expires_at=answer.time("expires_at"),
            ended_at=answer.find_time("ended_at"),
            document=answer.document,
        )


@dataclass(frozen=True, slots=True)
class ExternalCheck:
    """A question to another system; `token`, of one that was just asked, answers it once."""

    id: str
    gate: str
    reference: str
    expires_at: datetime
    passed: bool | None
    posted_at: datetime | None
    token: str | None = field(repr=False)
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "ExternalCheck":
        """Read what the server says."""
        return cls(
            id=answer.text("id"),
            gate=answer.text("gate"),
            reference=answer.text("reference"),
            expires_at=answer.time("expires_at"),
            passed=answer.flag("passed"),
            posted_at=answer.find_time("posted_at"),
            token=answer.find_text("token"),
            document=answer.document,
        )


class GateMethods(Connected):
    """What a registry object can do with gates."""

    def check_gates(self, reference: str, stage: str) -> CheckedGates:
        """Evaluate the gates of the move of a version to a stage now; nothing is kept of it.

        Raises:
            BlockedError: the policy of the model has no such move.
        """
        return CheckedGates.read(self._session.get(f"{self._version_path(reference)}/gates", stage=stage))

    def waive_gate(
        self, reference: str, gate: str, *, reason: str, expires_at: datetime, whole_model: bool = False
    ) -> Waiver:
        """Waive a gate of a version until a time, or with `whole_model` of every version of its model.

        Raises:
            ForbiddenError: the caller lacks `gate.waive`, or made the version.
            InvalidRequestError: there is no reason, or the time is not within a year.
        """
        body: Json = {"gate": gate, "reason": reason, "expires_at": expires_at.isoformat(), "whole_model": whole_model}
        return Waiver.read(self._session.answer(Call("POST", f"{self._version_path(reference)}/waivers", body=body)))

    def waivers(self, model: str) -> Listing[Waiver]:
        """Yield the waivers of a model, those that have ended included, the newest first."""
        return self._pages(f"{self._model_path(model)}/waivers", Waiver.read)

    def end_waiver(self, model: str, waiver: str) -> Waiver:
        """End a waiver, by its id, before it expires: its gate blocks again.

        Raises:
            NotFoundError: the model has no such waiver in force.
        """
        path = f"{self._model_path(model)}{route('waivers', waiver)}"
        return Waiver.read(self._session.answer(Call("DELETE", path)))

    def ask_external_check(self, reference: str, gate: str, *, minutes: int = 24 * 60) -> ExternalCheck:
        """Make a token by which another system answers once for an `external` gate of a version.

        Raises:
            ForbiddenError: the caller lacks `gate.report`, or made the version.
        """
        path = f"{self._version_path(reference)}{route('gates', gate, 'tokens')}"
        return ExternalCheck.read(self._session.answer(Call("POST", path, body={"minutes": minutes})))

    def answer_external_check(self, check: str, token: str, *, passed: bool, details: str = "") -> ExternalCheck:
        """Answer a check with its token; who does needs no credential of the registry.

        Raises:
            UnauthenticatedError: there is no such check, or it has another token.
            BlockedError: it was answered otherwise before, or has expired.
        """
        body: Json = {"token": token, "passed": passed, "details": details}
        return ExternalCheck.read(self._session.answer(Call("POST", route("gates", "external", check), body=body)))
