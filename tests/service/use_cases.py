"""Every use case that writes, and the registry it is tried on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from tests.builders import SCORER, a_model, a_version, stored_content
from tests.cards import PDF, a_card
from tests.gates import govern
from tests.people import somebody
from tests.signing import a_bundle, a_private_key, add, trust

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import REGISTRY
from modelkeep.domains.artifacts import UploadPlan
from modelkeep.domains.audit.tables import ENTRY
from modelkeep.domains.cards import NewAttachment
from modelkeep.domains.catalog import Metric, ModelDetails, ModelVersion, NewModel, NewVersion, VersionRecord
from modelkeep.domains.events import NewSubscription, SubscriptionChange
from modelkeep.domains.governance import NewAssignment, NewTrust, NewWaiver
from modelkeep.kernel.blob_frames import BlobFrame
from modelkeep.kernel.digests import Digest
from modelkeep.kernel.identity import Actor
from modelkeep.kernel.references import ModelName, Reference, parse_selector
from modelkeep.kernel.semver import Version
from modelkeep.platform.database import AnyRow
from modelkeep.platform.jobs.tables import JOB

DELETED_MODEL, SPARE_MODEL, NEW_MODEL = (ModelName.parse(f"fraud/{name}") for name in ("deleted", "spare", "new"))
FIRST, SECOND, DELETED = (parse_selector(version) for version in ("1.0.0", "1.0.1", "1.0.2"))
CARDED = Reference.parse(f"{SCORER}:1.0.0")
JUDGED = ModelName.parse("fraud/judged")
HOOK = "https://93.184.215.14/hooks/of-nobody"
POLICY = "{name: small, stages: [{name: Draft}], moves: []}"
BLOB = b"a blob that is on its way"
FILES = {"model.bin": b"the first"}
KEY = a_private_key()
BUNDLE = a_bundle(FILES, KEY)


@dataclass(frozen=True)
class World:
    """A registry with models, versions, an alias and an upload in the states that use cases start from."""

    services: Services
    first: ModelVersion
    upload: UploadPlan
    subscription: str
    disabled_subscription: str
    signing_key: str
    assignment: str
    waiver: str

    @classmethod
    def made(cls, services: Services, admin: Actor) -> "World":
        services.namespaces.create(admin, "empty", description="")
        a_model(services, admin, SCORER, tags={"team": "risk"})
        a_model(services, admin, SPARE_MODEL)
        a_model(services, admin, DELETED_MODEL)
        services.models.delete(admin, DELETED_MODEL, seen=1)
        first = a_version(services, admin, files=FILES, record=VersionRecord(tags={"team": "risk"}))
        a_version(services, admin)
        a_version(services, admin)
        services.versions.delete(admin, SCORER, DELETED, seen=1)
        services.aliases.set(admin, SCORER, "champion", FIRST, seen=0)
        services.cards.extra_schemas.set(admin, "empty", {"type": "object"}, seen=0)
        services.cards.attachments.attach(admin, CARDED, NewAttachment("a.pdf", "application/pdf", PDF))
        subscriptions = [
            services.events.subscriptions.create(admin, NewSubscription(name, HOOK)).value for name in "ab"
        ]
        on, off = (issued.state.subscription.id for issued in subscriptions)
        services.events.subscriptions.update(admin, off, SubscriptionChange(enabled=False), seen=1)
        signing_key = trust(services, admin, KEY).id
        assignment = services.governance.policies.assign(admin, NewAssignment("risk", "open")).value.id
        upload = stored_content(services, admin, {"a": BLOB})
        govern(services, admin, scope="fraud")
        waiver = services.governance.gates.waivers.waive(admin, CARDED, a_waiver(services)).value.id
        a_model(services, admin, JUDGED)
        a_version(services, somebody(services, "maintainer"), JUDGED)
        return cls(services, first, upload, on, off, signing_key, assignment, waiver)

    def job(self) -> str:
        """Return a job that is ready."""
        with self.services.access.database.snapshot() as tx:
            job: str = tx.session.scalars(select(JOB.c.id).where(JOB.c.key != JOB.c.kind)).first() or ""
        return job

    def entries(self) -> list[AnyRow]:
        """Return the audit log, from its beginning."""
        with self.services.access.database.snapshot() as tx:
            return list(tx.session.execute(select(*ENTRY.c).order_by(ENTRY.c.seq)))


def a_waiver(services: Services) -> NewWaiver:
    return NewWaiver("good", "Seen by hand", services.access.clock() + timedelta(days=7), whole_model=True)


def _trust(world: World, actor: Actor) -> object:
    return world.services.signing.keys.trust(actor, REGISTRY, NewTrust("another", KEY.public.pem))


def _register(world: World, actor: Actor) -> object:
    new = NewVersion(world.first.manifest_digest, VersionRecord(message="Again"), version=Version.parse("7.0.0"))
    return world.services.registration.register(actor, SCORER, new)


@dataclass(frozen=True)
class UseCase:
    """A use case that writes, the event it must leave ("" if it is bookkeeping), and what the event is about.

    The subject is empty where it is an id made up on the way.
    """

    event: str
    subject: str
    run: Callable[[World, Actor], object]

    def __str__(self) -> str:
        return self.event or self.subject


NAMESPACES = (
    UseCase("catalog.namespace_created", "risk", lambda w, a: w.services.namespaces.create(a, "risk", description="R")),
    UseCase(
        "catalog.namespace_updated",
        "fraud",
        lambda w, a: w.services.namespaces.describe(a, "fraud", description="All of fraud", seen=1),
    ),
    UseCase("catalog.namespace_deleted", "empty", lambda w, a: w.services.namespaces.delete(a, "empty", seen=1)),
)
MODELS = (
    UseCase(
        "catalog.model_created", str(NEW_MODEL), lambda w, a: w.services.models.create(a, NewModel(NEW_MODEL, "New"))
    ),
    UseCase(
        "catalog.model_updated",
        str(SCORER),
        lambda w, a: w.services.models.update(a, SCORER, ModelDetails(task="regression"), seen=1),
    ),
    UseCase(
        "catalog.model_tagged", str(SCORER), lambda w, a: w.services.models.set_tag(a, SCORER, "area", "eu", seen=1)
    ),
    UseCase(
        "catalog.model_untagged", str(SCORER), lambda w, a: w.services.models.remove_tag(a, SCORER, "team", seen=1)
    ),
    UseCase("catalog.model_deleted", str(SPARE_MODEL), lambda w, a: w.services.models.delete(a, SPARE_MODEL, seen=1)),
    UseCase("catalog.model_restored", str(DELETED_MODEL), lambda w, a: w.services.models.restore(a, DELETED_MODEL)),
)
VERSIONS = (
    UseCase("catalog.version_registered", f"{SCORER}:7.0.0", _register),
    UseCase(
        "catalog.version_updated",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.versions.describe(a, SCORER, FIRST, description="The first", seen=1),
    ),
    UseCase(
        "catalog.version_tagged",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.versions.set_tag(a, SCORER, FIRST, "area", "eu", seen=1),
    ),
    UseCase(
        "catalog.version_untagged",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.versions.remove_tag(a, SCORER, FIRST, "team", seen=1),
    ),
    UseCase(
        "catalog.metrics_logged",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.versions.log_metrics(a, SCORER, FIRST, (Metric("auc", 0.94),)),
    ),
    UseCase(
        "catalog.version_deleted",
        f"{SCORER}:1.0.1",
        lambda w, a: w.services.versions.delete(a, SCORER, SECOND, seen=1),
    ),
    UseCase(
        "catalog.version_restored",
        f"{SCORER}:1.0.2",
        lambda w, a: w.services.versions.restore(a, SCORER, DELETED),
    ),
    UseCase(
        "catalog.alias_set",
        f"{SCORER}@champion",
        lambda w, a: w.services.aliases.set(a, SCORER, "champion", SECOND, seen=1),
    ),
    UseCase(
        "catalog.alias_removed",
        f"{SCORER}@champion",
        lambda w, a: w.services.aliases.remove(a, SCORER, "champion", seen=1),
    ),
)
UPLOADS = (
    UseCase("", "open an upload", lambda w, a: stored_content(w.services, a, {"a": b"other bytes"})),
    UseCase(
        "",
        "send a batch",
        lambda w, a: w.services.uploads.receive_batch(a, w.upload.upload.id, [BlobFrame(Digest.of(BLOB), BLOB)]),
    ),
    UseCase(
        "",
        "send a part",
        lambda w, a: w.services.uploads.receive_part(a, w.upload.upload.id, Digest.of(BLOB), 1, [BLOB]),
    ),
    UseCase(
        "",
        "complete a blob",
        lambda w, a: w.services.uploads.complete_blob(a, w.upload.upload.id, Digest.of(BLOB)),
    ),
    UseCase("", "cancel an upload", lambda w, a: w.services.uploads.cancel(a, w.upload.upload.id)),
)
SUBSCRIPTIONS = (
    UseCase(
        "events.subscription_created",
        "",
        lambda w, a: w.services.events.subscriptions.create(a, NewSubscription("c", HOOK)),
    ),
    UseCase(
        "events.subscription_updated",
        "",
        lambda w, a: w.services.events.subscriptions.update(a, w.subscription, SubscriptionChange("renamed"), seen=1),
    ),
    UseCase(
        "events.subscription_disabled",
        "",
        lambda w, a: w.services.events.subscriptions.update(
            a, w.subscription, SubscriptionChange(enabled=False), seen=1
        ),
    ),
    UseCase(
        "events.subscription_enabled",
        "",
        lambda w, a: w.services.events.subscriptions.update(
            a, w.disabled_subscription, SubscriptionChange(enabled=True), seen=2
        ),
    ),
    UseCase(
        "events.subscription_secret_rotated",
        "",
        lambda w, a: w.services.events.subscriptions.rotate_secret(a, w.subscription, overlap=timedelta(hours=1)),
    ),
    UseCase(
        "events.subscription_replayed",
        "",
        lambda w, a: w.services.events.subscriptions.replay(a, w.subscription, from_seq=1),
    ),
    UseCase(
        "events.subscription_deleted",
        "",
        lambda w, a: w.services.events.subscriptions.delete(a, w.subscription, seen=1),
    ),
    UseCase("events.job_cancelled", "", lambda w, a: w.services.events.jobs.cancel(a, w.job())),
)
SIGNATURES = (
    UseCase("governance.signing_key_trusted", "*", _trust),
    UseCase(
        "governance.signing_key_revoked", "*", lambda w, a: w.services.signing.keys.revoke(a, REGISTRY, w.signing_key)
    ),
    UseCase("governance.version_signed", f"{SCORER}:1.0.0", lambda w, a: add(w.services, a, BUNDLE)),
)
POLICIES = (
    UseCase("governance.policy_published", "small", lambda w, a: w.services.governance.policies.publish(a, POLICY)),
    UseCase(
        "governance.policy_assigned",
        "fraud",
        lambda w, a: w.services.governance.policies.assign(a, NewAssignment("fraud", "open", reason="Trials")),
    ),
    UseCase(
        "governance.policy_unassigned",
        "risk",
        lambda w, a: w.services.governance.policies.unassign(a, w.assignment, reason="Trials are over"),
    ),
)
CARDS = (
    UseCase("cards.extra_schema_set", "fraud", lambda w, a: w.services.cards.extra_schemas.set(a, "fraud", {}, seen=0)),
    UseCase(
        "cards.extra_schema_removed",
        "empty",
        lambda w, a: w.services.cards.extra_schemas.remove(a, "empty", seen=1),
    ),
    UseCase(
        "cards.card_revised",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.cards.cards.edit(a, CARDED, a_card(), seen=0),
    ),
    UseCase(
        "cards.attachment_added",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.cards.attachments.attach(a, CARDED, NewAttachment("b.pdf", "application/pdf", PDF)),
    ),
    UseCase(
        "cards.attachment_removed",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.cards.attachments.remove(a, CARDED, "a.pdf"),
    ),
)
GATES = (
    UseCase(
        "governance.gate_waived",
        str(SCORER),
        lambda w, a: w.services.governance.gates.waivers.waive(a, CARDED, a_waiver(w.services)),
    ),
    UseCase(
        "governance.waiver_ended",
        str(SCORER),
        lambda w, a: w.services.governance.gates.waivers.end(a, SCORER, w.waiver),
    ),
    UseCase(
        "governance.external_check_asked",
        f"{JUDGED}:1.0.0",
        lambda w, a: w.services.governance.gates.external.ask(a, Reference.parse(f"{JUDGED}:1.0.0"), "load-test"),
    ),
)
REPEATABLE = {
    "governance.gate_waived",
    "governance.external_check_asked",
    "catalog.metrics_logged",
    "events.subscription_created",
    "events.subscription_secret_rotated",
    "events.subscription_replayed",
}
"""Events of use cases that have an effect each time."""
PROMOTIONS = (
    UseCase(
        "governance.promotion_requested",
        f"{SCORER}:1.0.0",
        lambda w, a: w.services.governance.promotions.request(
            a, Reference.parse(f"{SCORER}:1.0.0"), "Staging", reason="It is better"
        ),
    ),
)
AUDITED = (*NAMESPACES, *MODELS, *VERSIONS, *CARDS, *SUBSCRIPTIONS, *SIGNATURES, *POLICIES, *PROMOTIONS, *GATES)
WRITES = (*AUDITED, *UPLOADS)
