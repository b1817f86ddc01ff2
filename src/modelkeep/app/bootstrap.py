"""The composition root: the one place that knows every concrete class."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from modelkeep.app import schema
from modelkeep.app.auditing import auditing
from modelkeep.app.background import job_kinds, retention_kinds
from modelkeep.app.carding import card_services
from modelkeep.app.entrance import entrance
from modelkeep.app.events import Foundation, build_events
from modelkeep.app.governing import governing
from modelkeep.app.inspecting import build_inspecting
from modelkeep.app.publishing import LogServices, log_services
from modelkeep.app.settings import Settings
from modelkeep.app.signing import signing_services
from modelkeep.domains.access import (
    AccessService,
    AuthenticationService,
    GrantService,
    GroupService,
    LeakAlertService,
    LoginServices,
    PasswordService,
    PrincipalService,
    RequestLimits,
    RoleService,
    SessionService,
    TokenService,
    UsageRecorder,
)
from modelkeep.domains.artifacts import ArtifactOperations, ArtifactService, UploadService
from modelkeep.domains.audit import (
    AccessLogService,
    AuditReader,
    AuditService,
    AuditSink,
    ExportService,
    IdempotencyService,
    IdempotencySink,
    PrivacyService,
    ProofService,
)
from modelkeep.domains.cards import CardServices
from modelkeep.domains.catalog import (
    AliasService,
    ContentService,
    ExplanationService,
    ModelService,
    NamespaceService,
    RegistrationService,
    VersionService,
)
from modelkeep.domains.events import EventServices
from modelkeep.domains.governance import GovernanceServices, SigningServices, first_stage, versions_kept_for
from modelkeep.domains.inspection import DiffService, InspectionService
from modelkeep.kernel.clock import Clock, system_clock
from modelkeep.kernel.errors import RegistryError
from modelkeep.kernel.identity import RequestInfo, system_actor
from modelkeep.kernel.ids import IdSource, new_id
from modelkeep.platform.database import ConcurrentWriteError, Database, open_engines
from modelkeep.platform.jobs import JobRunner, JobStore, KeyedTasks
from modelkeep.platform.objectstore import ObjectStore, open_store
from modelkeep.platform.telemetry import job_metrics

STARTUP = system_actor(RequestInfo(id="startup"))
_VERIFIERS = 4


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a facade may call, and the background work of a server."""

    authentication: AuthenticationService
    sessions: SessionService
    usage: UsageRecorder
    tokens: TokenService
    leak_alerts: LeakAlertService
    limits: RequestLimits
    passwords: PasswordService
    access: AccessService
    audit: AuditService
    logins: LoginServices
    audit_reader: AuditReader
    audit_exports: ExportService
    audit_privacy: PrivacyService
    access_log: AccessLogService
    log: LogServices
    proofs: ProofService
    idempotency: IdempotencyService
    uploads: UploadService
    namespaces: NamespaceService
    models: ModelService
    versions: VersionService
    registration: RegistrationService
    aliases: AliasService
    content: ContentService
    cards: CardServices
    events: EventServices
    signing: SigningServices
    grants: GrantService
    roles: RoleService
    groups: GroupService
    principals: PrincipalService
    explanations: ExplanationService
    governance: GovernanceServices
    inspections: InspectionService
    diffs: DiffService
    background: JobRunner
    readiness: Callable[[], dict[str, str]]
    close: Callable[[], None]


def build(settings: Settings, *, clock: Clock = system_clock, ids: IdSource = new_id) -> Services:
    """Wire the product from its settings; nothing is read or written yet but the secret key."""
    store = open_store(settings.store_url)
    database = _database(settings, clock)
    access = AccessService(database, clock)
    who = entrance(settings, access, clock, ids)
    limits = settings.upload_limits
    verifications = KeyedTasks(workers=_VERIFIERS, name="verify")
    uploads = UploadService(database, access, store, clock, limits, verifications)
    idempotency, jobs = IdempotencyService(database, clock), JobStore(database, system_clock, new_id)
    artifacts, operations = ArtifactService(database, store), ArtifactOperations(clock, ids, limits)
    readers, log = auditing(settings, access, clock, ids), log_services(settings, database, clock)
    events, deliveries = build_events(settings, foundation := Foundation(database, access, jobs, clock, ids))
    inspecting = build_inspecting(settings, foundation, artifacts)
    cards, step = card_services(settings, access, clock, artifacts, operations), inspecting.comparer.step
    governance, kinds = governing(foundation, artifacts, who.limits, cards.cards.frameworks)
    signing, counter_signing = signing_services(settings, access, clock, ids, artifacts)
    kinds = (*kinds, counter_signing, *job_kinds(jobs, uploads, idempotency, who), *retention_kinds(readers))
    kinds = (*kinds, *deliveries.kinds(), *log.job_kinds, *inspecting.jobs.kinds())
    database.listen((background := JobRunner(jobs, kinds, metrics=job_metrics())).wake)

    return Services(
        **who.by_name(),
        access=access,
        audit=readers.entries,
        audit_reader=readers.reader,
        audit_exports=readers.exports,
        audit_privacy=readers.privacy,
        access_log=readers.access_log,
        log=log,
        proofs=ProofService(database, access),
        idempotency=idempotency,
        uploads=uploads,
        namespaces=NamespaceService(database, access, clock),
        models=ModelService(database, access, clock, ids, versions_kept_for),
        versions=VersionService(database, access, clock, versions_kept_for),
        registration=RegistrationService(database, access, operations, uploads, clock, ids, first_stage, step),
        aliases=AliasService(database, access, clock),
        content=ContentService(database, access, artifacts, limits, readers.access_log.reads),
        cards=cards,
        events=events,
        signing=signing,
        **_rights(access, clock, ids),
        governance=governance,
        inspections=inspecting.service,
        diffs=inspecting.diffs,
        background=background,
        readiness=lambda: _readiness(database, store),
        close=partial(_close, verifications, database),
    )


def _rights(access: AccessService, clock: Clock, ids: IdSource) -> dict[str, Any]:
    database = access.database
    return {
        "grants": GrantService(database, access, clock, ids),
        "roles": RoleService(database, access, clock),
        "groups": GroupService(database, access, clock, ids),
        "principals": PrincipalService(database, access, clock, ids),
        "explanations": ExplanationService(database, access, clock),
    }


def _database(settings: Settings, clock: Clock) -> Database:
    engines = open_engines(settings.database_url, pool_size=settings.database_pool)
    return Database(engines, sinks=[IdempotencySink(clock), AuditSink(clock)])


def _close(verifications: KeyedTasks, database: Database) -> None:
    verifications.close()
    database.close()


def prepare(settings: Settings, services: Services) -> str | None:
    """Bring the schema up to date and make what a registry starts with; return a new administrator's token, if any.

    Several servers that start at once do it one after the other.

    Raises:
        SchemaError: a newer program has written the database.
        PepperMismatchError: the database was set up under another secret key.
        LogKeyMismatchError: the audit log is signed with a key that this server was not given.
    """
    engines = open_engines(settings.database_url, pool_size=1)
    try:
        with schema.locked_schema(engines) as connection:
            schema.migrate(connection)
    finally:
        engines.dispose()
    try:
        return _seed(settings, services)
    except ConcurrentWriteError:  # another server was first: what it made is there now
        return _seed(settings, services)


def _seed(settings: Settings, services: Services) -> str | None:
    token = services.authentication.prepare()
    services.namespaces.prepare(STARTUP)
    services.log.keys.prepare(STARTUP)
    services.governance.policies.prepare(STARTUP, settings.first_policy)
    services.inspections.prepare(STARTUP, settings.allowed_names)
    return token


def _readiness(database: Database, store: ObjectStore) -> dict[str, str]:
    return {"database": _state(database.check), "object_store": _state(store.check)}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except RegistryError as error:
        return error.message
    return "ok"
