"""What a principal may do on a scope, and why: the same rules as the condition in SQL, over what was read of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access.domain.bindings import Binding
from modelkeep.domains.access.domain.permissions import Permission, is_never, shown_to
from modelkeep.domains.access.domain.principals import Principal
from modelkeep.domains.access.domain.reach import EVERY
from modelkeep.domains.access.domain.scopes import REGISTRY_TEXT, Scope
from modelkeep.kernel.clock import timestamp


@dataclass(frozen=True, slots=True)
class Holding:
    """A binding that concerns a principal: its own, or that of a group it is in; and what the role grants."""

    binding: Binding
    group: str | None
    permissions: frozenset[Permission]

    def grants(self, permission: Permission, stage: str | None) -> bool:
        """Say whether its role grants the permission, on that stage."""
        if permission not in self.permissions:
            return False
        return not permission.is_staged or self.binding.stage in ("", stage or "")


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """What a token may be used for."""

    permissions: frozenset[str]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Question:
    """May a principal do this there, at that time? `stage` is the one that a permission on stages is asked for."""

    permission: Permission
    scope: Scope
    stage: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, the bindings that make it so, the visibility that does, and what is missing."""

    allowed: bool
    holdings: tuple[Holding, ...]
    visibility: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what a principal may do on a scope: the bindings on and around it, expired ones included."""

    principal: Principal
    holdings: tuple[Holding, ...]
    token: TokenLimits | None = None

    def held(self, scope: Scope, stage: str | None, at: datetime) -> frozenset[Permission]:
        """Return what the principal holds on the scope by bindings, as far as its token reaches."""
        return frozenset(
            permission
            for permission in Permission
            if not tuple(self._against(Question(permission, scope, stage, at)))
            and any(self._granting(Question(permission, scope, stage, at)))
        )

    def explain(self, question: Question, visibility: str | None) -> Explanation:
        """Answer a question; `visibility` is that of the model which is asked about."""
        granting = tuple(self._granting(question))
        shown = visibility if visibility in shown_to(self.principal.kind, question.permission) else None
        missing = [*self._against(question)]
        if not granting and shown is None:
            missing += [*self._nearly(question)] or [
                f"no role of {self.principal.name} grants {question.permission} on {question.scope} or around it"
            ]
        return Explanation(not missing, granting, shown, tuple(missing))

    def _granting(self, question: Question) -> Iterator[Holding]:
        for holding in self.holdings:
            inside = str(holding.binding.scope) in question.scope.lineage
            if (
                inside
                and holding.binding.grants_at(question.at)
                and holding.grants(question.permission, question.stage)
            ):
                yield holding

    def _against(self, question: Question) -> Iterator[str]:
        """Yield what stands against it whatever was granted."""
        principal, token, permission = self.principal, self.token, question.permission
        if principal.disabled_at is not None and principal.disabled_at <= question.at:
            yield f"{principal.name} is disabled since {timestamp(principal.disabled_at)}"
        if is_never(principal.kind, permission):
            yield f"a {principal.kind} identity never gets {permission}"
        if token is not None and not token.permissions & {EVERY, permission.value}:
            yield f"the token is not meant for {permission}"
        if token is not None and not token.scopes & {*question.scope.lineage, REGISTRY_TEXT}:
            yield f"the token is not meant for {question.scope}"

    def _nearly(self, question: Question) -> Iterator[str]:
        """Yield the bindings that would grant it, but for their end or their stage."""
        for holding in self.holdings:
            binding = holding.binding
            what = f"binding {binding.id} ({binding.role} on {binding.scope})"
            if question.permission not in holding.permissions or str(binding.scope) not in question.scope.lineage:
                continue
            if binding.expires_at is not None and binding.expires_at <= question.at:
                yield f"{what} expired {timestamp(binding.expires_at)}"
            elif not holding.grants(question.permission, question.stage):
                yield f"{what} is for the stage {binding.stage} only"
