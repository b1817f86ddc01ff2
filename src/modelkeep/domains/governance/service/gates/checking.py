"""Shows what the gates of a move say of a version now; nothing is kept."""

from dataclasses import dataclass

from modelkeep.domains.access import AccessService, Permission
from modelkeep.domains.catalog import ModelVersion, permitted_version
from modelkeep.domains.governance.domain.gates.outcomes import Evaluation
from modelkeep.domains.governance.domain.moves import allowed_move
from modelkeep.domains.governance.domain.policies import Move, Policy
from modelkeep.domains.governance.operations.policies import policy_of
from modelkeep.domains.governance.service.gates.evaluation import GateEvaluator
from modelkeep.kernel.clock import Clock
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference
from modelkeep.platform.database import Database


@dataclass(frozen=True, slots=True)
class CheckedGates:
    """What the gates of a move say of a version."""

    version: ModelVersion
    policy: Policy
    move: Move
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class GateCheckService:
    """Evaluates gates to show what they say."""

    database: Database
    access: AccessService
    clock: Clock
    evaluator: GateEvaluator

    def check(self, actor: Actor, reference: Reference, stage: str) -> CheckedGates:
        """Evaluate the gates of the move of a version to a stage, as if it were made now.

        Raises:
            MoveNotAllowedError: the policy has no such move.
        """
        with self.database.snapshot() as tx:
            version = permitted_version(tx, self.access, actor, Permission.VERSION_READ, reference)
            policy = policy_of(tx, version.model)
            move = allowed_move(policy, version.reference, version.stage, stage)
            return CheckedGates(version, policy, move, self.evaluator.evaluate(tx, version, move, self.clock()))
