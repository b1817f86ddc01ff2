"""A model whose versions are to be promoted, and people who ask and answer."""

from dataclasses import dataclass

from tests.builders import SCORER, a_model, a_version
from tests.people import somebody

from modelkeep.app.bootstrap import Services
from modelkeep.domains.catalog import ModelVersion, VersionRecord
from modelkeep.domains.governance import Asked, Ballot, Decision
from modelkeep.kernel.events import Recorded
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import Reference

APPROVAL = Ballot(Decision.APPROVE, "looks right")
REJECTION = Ballot(Decision.REJECT, "not yet")


@dataclass(frozen=True)
class Office:
    """Who works on fraud/scorer: Ana registers and asks, Max promotes, the others approve."""

    services: Services
    ana: Actor
    max: Actor
    lead: Actor
    legal: Actor
    security: Actor

    @classmethod
    def opened(cls, services: Services, admin: Actor) -> "Office":
        a_model(services, admin)
        return cls(
            services,
            somebody(services, ("contributor", "fraud"), name="ana"),
            somebody(services, ("maintainer", "fraud"), name="max"),
            somebody(services, ("TEAM_LEAD", "fraud"), name="lead"),
            somebody(services, ("LEGAL", "fraud"), name="legal"),
            somebody(services, ("SECURITY", "fraud"), name="security"),
        )

    def version(self, record: VersionRecord | None = None) -> ModelVersion:
        return a_version(self.services, self.ana, record=record or VersionRecord())

    def request(self, version: ModelVersion, stage: str, actor: Actor | None = None) -> Recorded[Asked]:
        reference = Reference.parse(version.reference)
        return self.services.governance.promotions.request(actor or self.ana, reference, stage, reason="it is better")

    def vote(self, request_id: str, *people: Actor, ballot: Ballot = APPROVAL) -> Asked:
        for person in people:
            asked = self.services.governance.votes.cast_vote(person, request_id, ballot).value
        return asked

    def promote(self, request_id: str, actor: Actor | None = None) -> Recorded[Asked]:
        return self.services.governance.promotions.promote(actor or self.max, request_id)

    def staged(self) -> ModelVersion:
        """Return a version in Staging."""
        version = self.version()
        request = self.request(version, "Staging").value.request
        self.vote(request.id, self.lead)
        return self.promote(request.id).value.version

    def in_production(self) -> ModelVersion:
        """Return a version in Production."""
        request = self.request(self.staged(), "Production").value.request
        self.vote(request.id, self.lead, self.legal, self.security)
        return self.promote(request.id).value.version

    def now(self, version: ModelVersion, at: str = "") -> ModelVersion:
        return self.services.versions.resolve(self.ana, Reference.parse(f"{SCORER}:{version.number}{at}"))
