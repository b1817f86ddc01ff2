"""Explains who may do what: roles, and the visibility of models, which only the catalog knows."""

from dataclasses import dataclass
from datetime import datetime

from modelkeep.domains.access import AccessService, Explanation, Permission, Question, Scope
from modelkeep.domains.catalog.repository import ModelRepository
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class ExplanationService:
    """Answers why somebody may do something somewhere, or what is missing."""

    database: Database
    access: AccessService
    clock: Clock

    def explain(
        self,
        actor: Actor,
        who: str | None,
        permission: Permission,
        scope: Scope,
        *,
        stage: str | None = None,
        as_of: datetime | None = None,
    ) -> Explanation:
        """Explain what a principal (by name or id, by default the actor) may do; visibility is that of now.

        Raises:
            ForbiddenError: it is about somebody else, and the actor may not read grants there.
            PrincipalNotFoundError: there is nobody so called.
        """
        question = Question(permission, scope, stage, as_of or self.clock())
        with self.database.snapshot() as tx:
            model = scope.model
            visibility = None if model is None else ModelRepository(tx).visibility(model)
            return self.access.explain(tx, actor, who, question, visibility)
