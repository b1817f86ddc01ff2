"""A registry, as a program sees it: push, pull, and everything else that can be asked of it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, Unpack

from modelkeep.client.access import AccessMethods
from modelkeep.client.aliases import AliasMethods
from modelkeep.client.answers import Answer
from modelkeep.client.approvals import ApprovalMethods
from modelkeep.client.artifacts import LocalArtifact, scan
from modelkeep.client.audit import AuditMethods
from modelkeep.client.cache import Cache
from modelkeep.client.cards import CardMethods
from modelkeep.client.connection import Moment, moment, reference_at
from modelkeep.client.diffs import DiffMethods
from modelkeep.client.downloads import Download, Source
from modelkeep.client.errors import BlockedError, CorruptFileError, DiskFullError, NotFoundError, UnwritableError
from modelkeep.client.events import EventMethods
from modelkeep.client.evidence import EvidenceMethods
from modelkeep.client.gates import GateMethods
from modelkeep.client.http import Call, HttpSession, route
from modelkeep.client.inspections import InspectionMethods
from modelkeep.client.logins import LoginMethods
from modelkeep.client.model_versions import ModelVersion
from modelkeep.client.models import ModelMethods
from modelkeep.client.namespaces import NamespaceMethods
from modelkeep.client.parallel import DEFAULT_WORKERS
from modelkeep.client.placement import Placement
from modelkeep.client.policies import PolicyMethods
from modelkeep.client.privacy import PrivacyMethods
from modelkeep.client.progress import OneAtATime, Progress
from modelkeep.client.promotions import PromotionMethods
from modelkeep.client.proofs import ProofMethods
from modelkeep.client.publishers import PublisherMethods
from modelkeep.client.records import VersionRecord, record_json
from modelkeep.client.retries import Retries
from modelkeep.client.reviews import ReviewMethods
from modelkeep.client.settings import Settings, resolve_settings
from modelkeep.client.signatures import SignatureMethods
from modelkeep.client.tokens import TokenMethods
from modelkeep.client.training_code import detect_training_code
from modelkeep.client.uploads import Plan, Upload
from modelkeep.client.values import Principal
from modelkeep.client.versions import VersionMethods
from modelkeep.client.webhooks import WebhookMethods
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.references import ModelName

_UPLOAD_GONE: Final = "artifacts.upload_not_found"
_REPEATED: Final = "audit.request_repeated"
_UPLOAD_TRIES: Final = 3


def connect(url: str | None = None, token: str | None = None) -> "Registry":
    """Return the registry at `url`; nothing is sent before something is asked of it.

    What is not given is taken from `MODELKEEP_URL` and `MODELKEEP_TOKEN`, then from the credentials file that
    `modelkeep login` writes, and at last the address is `http://127.0.0.1:8080`.

    Raises:
        InvalidSettingError: the address is none, or the credentials file is broken.
    """
    return Registry(resolve_settings(url, token))


class Registry(
    NamespaceMethods,
    ModelMethods,
    VersionMethods,
    InspectionMethods,
    DiffMethods,
    AliasMethods,
    CardMethods,
    AuditMethods,
    LoginMethods,
    PublisherMethods,
    PrivacyMethods,
    TokenMethods,
    ProofMethods,
    AccessMethods,
    PolicyMethods,
    WebhookMethods,
    EventMethods,
    SignatureMethods,
    ApprovalMethods,
    PromotionMethods,
    EvidenceMethods,
    ReviewMethods,
    GateMethods,
):
    """One registry, by one caller's rights. Threads may share it; use it as a context manager to close it."""

    def __init__(
        self,
        settings: Settings,
        *,
        cache: Cache | None = None,
        retries: Retries | None = None,
        workers: int = DEFAULT_WORKERS,
    ) -> None:
        """Use `connect`, unless a test or a tool needs its own cache, retries, or number of transfer threads."""
        super().__init__(HttpSession(settings.url, settings.token, retries=retries))
        self.settings = settings
        self.cache = cache or Cache()
        self._workers = workers

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        """Return the registry itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def whoami(self) -> Principal:
        """Return who the registry takes the caller for.

        Raises:
            UnauthenticatedError: it knows nobody by this token.
        """
        return Principal.read(self._session.get("/whoami"))

    def push(
        self,
        path: str | os.PathLike[str],
        model: str,
        *,
        progress: Progress | None = None,
        detect_code: bool = True,
        **record: Unpack[VersionRecord],
    ) -> ModelVersion:
        """Store a file or a folder as a new version of a model, which is made if it is not there.

        Only what the registry lacks is sent, and an interrupted push goes on where it stopped. The same content under
        the same version, or again as the newest, registers nothing: the version that is there is returned, and its
        `notes` say so. Without `training_code` the git commit of the working directory is recorded, unless
        `detect_code` is False.

        Args:
            path: what to push; links are refused, `.modelkeepignore` names what to leave out.
            model: `namespace/name`, or a bare name in the namespace `default`.
            progress: hears of hashing and uploading.
            detect_code: whether to look for a git commit.
            record: what is said of the version, see `VersionRecord`.

        Raises:
            InvalidArtifactError: there is something that cannot be pushed.
            FileChangedError: a file changed meanwhile.
            AlreadyExistsError: the version is taken by other content.
            ApiError: the server refused for another reason.
            ServerUnreachableError: the connection was lost, and did not come back.
        """
        name = ModelName.parse(model)
        if detect_code and "training_code" not in record and (code := detect_training_code()):
            record["training_code"] = code
        body = record_json(record)
        artifact = scan(path, progress=progress)
        body |= {"manifest_digest": str(artifact.manifest.digest), "upload": self._upload(name, artifact, progress)}
        return self._register(Call("POST", route("models", name.namespace, name.name, "versions"), body=body))

    def pull(
        self,
        reference: str,
        destination: str | os.PathLike[str] | None = None,
        *,
        progress: Progress | None = None,
        overwrite: bool = False,
        as_of: Moment | None = None,
    ) -> Path:
        """Bring the files of a version here, verified, and return the folder they are in.

        What was pulled before comes from the cache, and an interrupted pull goes on where it stopped. The destination
        appears as a whole. Where it is a hard link to the cache, a file is read-only: see `modelkeep.client.cache`.

        Args:
            reference: which version, in any form.
            destination: a folder that is not there or is empty, by default `<model>-<version>` in the working
                directory; one that holds exactly these files is left as it is.
            progress: hears of downloading.
            overwrite: whether files in the destination may be replaced; others stay there.
            as_of: what the reference meant then, if it is deleted now.

        Raises:
            NotFoundError: nothing answers to the reference.
            CorruptFileError: a file came with other bytes than its digest says; nothing was put anywhere.
            DestinationExistsError: something else is at the destination.
            DiskFullError, UnwritableError: there is no room for the files, or no permission to write them.
        """
        asked = reference_at(reference, as_of)
        then = moment(asked.as_of)
        version = self.resolve(str(asked))
        name = ModelName.parse(version.model)
        target = Path(os.path.abspath(destination or f"{name.name}-{version.version}"))  # noqa: PTH100 - links stay
        base = route("models", name.namespace, name.name, "versions", version.number)
        manifest = self._verified_manifest(base, version, then)
        placement = Placement(target, manifest, self.cache)
        with _disk_errors():
            if placement.is_done():
                return target
            if not overwrite:
                placement.check_free()
            source = Source(self._session, base, then)
            Download(source, self.cache, OneAtATime(progress), self._workers).run(manifest)
            if os.path.lexists(target):
                placement.overwrite()
            else:
                placement.make()
        return target

    def _upload(self, name: ModelName, artifact: LocalArtifact, progress: Progress | None) -> str:
        """Bring all content to the registry; return the upload that did, for the registration to end."""
        for number in range(1, _UPLOAD_TRIES + 1):
            plan = self._open_upload(name, artifact)
            try:
                Upload(self._session, plan, OneAtATime(progress), self._workers).run()
            except NotFoundError as error:
                # Another push of the same content by the same principal has shared the upload, and ended it.
                if error.code != _UPLOAD_GONE or number == _UPLOAD_TRIES:
                    raise
            else:
                break
        return plan.id

    def _open_upload(self, name: ModelName, artifact: LocalArtifact) -> Plan:
        path = route("models", name.namespace, name.name, "uploads")
        call = Call("POST", path, body={"files": [entry.to_json() for entry in artifact.manifest.files]})
        with suppress(NotFoundError):
            return Plan.read(self._session.answer(call), artifact)
        self.ensure_model(str(name))
        return Plan.read(self._session.answer(call), artifact)

    def _register(self, call: Call) -> ModelVersion:
        """Register a version; where an earlier try took effect and its answer was lost, find what it registered."""
        try:
            return self._read(self._session.answer(call))
        except BlockedError as error:
            if error.code != _REPEATED:
                raise
        return self._read(self._session.answer(call))

    def _verified_manifest(self, base: str, version: ModelVersion, then: str | None) -> Manifest:
        manifest = self._manifest(base, then)
        if manifest.digest != version.manifest_digest:
            raise CorruptFileError(
                f"The manifest of {version.reference} is corrupt: its digest is {version.manifest_digest}, the one "
                f"that came has {manifest.digest}. Nothing was downloaded.",
                expected=str(version.manifest_digest),
                found=str(manifest.digest),
            )
        return manifest

    def _read(self, answer: Answer) -> ModelVersion:
        return ModelVersion.read(answer).bound(self)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Let what the disk refuses be an error that says what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename2 or error.filename or "the destination"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(
                f"The disk is full ({where}): make room and pull again, what has come is kept."
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
            raise UnwritableError(
                f"{where} cannot be written ({error.strerror}): name another destination, or another folder for the "
                "cache if that is it."
            ) from error
        raise
