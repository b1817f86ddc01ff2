"""Versions: finding them, and adding facts about them."""

from collections.abc import Mapping
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected, Moment, moment, reference_at
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.client.model_versions import ModelVersion
from modelkeep.client.records import Metrics, metrics_json
from modelkeep.client.values import Model, TagInterval
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.manifests import Manifest
from modelkeep.kernel.references import Reference


class VersionMethods(Connected):
    """What a registry object can do with versions. `reference` is any of the forms of a model reference."""

    def resolve(self, reference: str, *, as_of: Moment | None = None) -> ModelVersion:
        """Return the version that a reference means: exact, number, range, alias, stage or digest, now or `as of`.

        Its `found_by` says who made the alias or stage so, and since when.

        Raises:
            NotFoundError: nothing answers to it.
            InvalidReferenceError: it is no reference; the message points at the place.
        """
        return self._read(self._session.get("/resolve", reference=str(reference_at(reference, as_of))))

    def show(self, reference: str, *, as_of: Moment | None = None) -> Model | ModelVersion:
        """Return the model that a bare name means, or the version that any other reference does."""
        parsed = reference_at(reference, as_of)
        if parsed.selector is None and parsed.peer is None:
            return Model.read(self._session.get(self._model_path(str(parsed.model_name)), as_of=moment(parsed.as_of)))
        return self._read(self._session.get("/resolve", reference=str(parsed)))

    def versions(
        self,
        model: str,
        *,
        filter: str | None = None,  # noqa: A002 - the name that the API, the CLI and the page give it
        order: str | None = None,
        deleted: bool = False,
        as_of: Moment | None = None,
    ) -> Listing[ModelVersion]:
        """Yield the versions of a model that pass a filter, now or at a time; pages are fetched as they are needed.

        Raises:
            InvalidRequestError: the filter or the order is malformed; the message points at the place.
        """
        path = f"{self._model_path(model)}/versions"
        asked = {"filter": filter, "order": order, "deleted": "true" if deleted else None, "as_of": moment(as_of)}
        return self._pages(path, self._read, **asked)

    def search(self, query: str, *, order: str | None = None, as_of: Moment | None = None) -> Listing[ModelVersion]:
        """Yield the versions of all models that pass a filter such as `metric.auc >= 0.9 and tag.team = 'risk'`.

        With `as_of`, those that passed it then.

        Raises:
            InvalidRequestError: the filter or the order is malformed; the message points at the place.
        """
        return self._pages("/versions", self._read, filter=query, order=order, as_of=moment(as_of))

    def list_tags(self, reference: str, *, as_of: Moment | None = None) -> Listing[TagInterval]:
        """Yield the tags of a version, or of the model that a bare name means, with who set them and since when."""
        return self._tags(reference_at(reference, as_of))

    def tag_history(self, reference: str, key: str, *, as_of: Moment | None = None) -> Listing[TagInterval]:
        """Yield the values that a tag had, the newest first; with a time, as far as it was known then."""
        return self._tags(reference_at(reference, as_of), key, "history")

    def _tags(self, reference: Reference, *segments: str) -> Listing[TagInterval]:
        is_model = reference.selector is None
        owner = self._model_path(str(reference.model_name)) if is_model else self._version_path(str(reference))
        return self._pages(owner + route("tags", *segments), TagInterval.read, as_of=moment(reference.as_of))

    def manifest(self, reference: str, *, as_of: Moment | None = None) -> Manifest:
        """Return the files of a version: path, size, digest, media type and mode of each.

        Raises:
            InvalidManifestError: the server sent a manifest with a path that must not be written.
        """
        asked = reference_at(reference, as_of)
        return self._manifest(self._version_path(str(asked)), moment(asked.as_of))

    def update_version(self, reference: str, *, description: str, revision: int | None = None) -> ModelVersion:
        """Change the description of a version.

        Raises:
            ConflictError: somebody has changed the version since `revision`.
        """
        path = self._version_path(reference)
        call = Call("PATCH", path, headers=if_match(revision), body={"description": description})
        return self._read(self._session.answer(call))

    def delete_version(self, reference: str, *, revision: int | None = None) -> ModelVersion:
        """Delete a version, softly: its number stays taken, and `restore_version` brings it back.

        Raises:
            BlockedError: an alias points to it; the details list what does.
            ConflictError: somebody has changed the version since `revision`.
        """
        call = Call("DELETE", self._version_path(reference), headers=if_match(revision))
        return self._read(self._session.answer(call))

    def restore_version(self, reference: str) -> ModelVersion:
        """Bring a deleted version back; `reference` is its exact version or its number."""
        return self._read(self._session.answer(Call("POST", f"{self._version_path(reference)}/restore")))

    def quarantine_version(self, reference: str, *, reason: str) -> ModelVersion:
        """Withdraw a version at once: it stays visible, and its files are no longer handed out."""
        path = f"{self._version_path(reference)}/quarantine"
        return self._read(self._session.answer(Call("POST", path, body={"reason": reason})))

    def release_version(self, reference: str, *, reason: str) -> ModelVersion:
        """End the quarantine of a version.

        Raises:
            BlockedError: it is in none.
        """
        path = f"{self._version_path(reference)}/release"
        return self._read(self._session.answer(Call("POST", path, body={"reason": reason})))

    def deprecate_version(
        self,
        reference: str,
        *,
        ends_at: datetime | None = None,
        successor: str | None = None,
        notice: str = "",
        revision: int | None = None,
    ) -> ModelVersion:
        """Say that a version should no longer be used, until when it can be, and what to use instead.

        `ends_at` has a time zone; `successor` is any reference, and kept as the exact version it means now.

        Raises:
            ConflictError: somebody has changed the version since `revision`.
        """
        until = None if ends_at is None else ends_at.isoformat()
        body: dict[str, Json] = {"ends_at": until, "successor": successor, "notice": notice}
        path = f"{self._version_path(reference)}/deprecation"
        return self._read(self._session.answer(Call("PUT", path, body=body, headers=if_match(revision))))

    def undeprecate_version(self, reference: str, *, revision: int | None = None) -> ModelVersion:
        """Take back that a version should no longer be used."""
        path = f"{self._version_path(reference)}/deprecation"
        return self._read(self._session.answer(Call("DELETE", path, headers=if_match(revision))))

    def log_metrics(self, reference: str, metrics: Metrics) -> ModelVersion:
        """Add measurements to a version, finite numbers by name or `Metric` values; return the version with them."""
        path = f"{self._version_path(reference)}/metrics"
        return self._read(self._session.answer(Call("POST", path, body={"metrics": metrics_json(metrics)})))

    def set_tag(self, reference: str, key: str, value: str, *, revision: int | None = None) -> Model | ModelVersion:
        """Set a tag of a version, or of the model that a bare name means.

        Raises:
            ConflictError: somebody has changed the version or the model since `revision`.
        """
        return self._change_tag(reference, key, revision, {"value": value})

    def remove_tag(self, reference: str, key: str, *, revision: int | None = None) -> Model | ModelVersion:
        """Remove a tag of a version, or of the model that a bare name means.

        Raises:
            NotFoundError: there is no such tag.
            ConflictError: somebody has changed the version or the model since `revision`.
        """
        return self._change_tag(reference, key, revision, None)

    def _change_tag(
        self, reference: str, key: str, revision: int | None, body: Mapping[str, Json] | None
    ) -> Model | ModelVersion:
        is_model = Reference.parse(reference).selector is None
        owner = self._model_path(reference) if is_model else self._version_path(reference)
        method = "DELETE" if body is None else "PUT"
        answer = self._session.answer(Call(method, owner + route("tags", key), headers=if_match(revision), body=body))
        return Model.read(answer) if is_model else self._read(answer)

    def _read(self, answer: Answer) -> ModelVersion:
        return ModelVersion.read(answer)

    def _manifest(self, version_path: str, as_of: str | None) -> Manifest:
        call = Call("GET", f"{version_path}/manifest", {"as_of": as_of})
        return Manifest.parse(self._session.send(call).content)
