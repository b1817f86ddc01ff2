"""Models: what is said of them, their tags, their deletion."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypedDict, Unpack, cast

from modelkeep.client.connection import Connected, Moment, moment
from modelkeep.client.errors import AlreadyExistsError, ForbiddenError, NotFoundError
from modelkeep.client.http import Call, if_match
from modelkeep.client.listing import Listing
from modelkeep.client.values import Model, StageInterval
from modelkeep.kernel.canonical_json import Json
from modelkeep.kernel.references import ModelName


class ModelDetails(TypedDict, total=False):
    """What people say of a model; each may be left out. `visibility` is `private`, `internal` or `public`."""

    description: str
    task: str
    visibility: str
    owners: Sequence[str]


class ModelMethods(Connected):
    """What a registry object can do with models. A bare name means the namespace `default`."""

    def create_model(
        self, name: str, *, tags: Mapping[str, str] | None = None, **details: Unpack[ModelDetails]
    ) -> Model:
        """Make a model without versions; its namespace is there already.

        Raises:
            AlreadyExistsError: there is one of that name, if only deleted.
            NotFoundError: there is no such namespace.
        """
        body: dict[str, Json] = {"name": str(ModelName.parse(name)), "tags": dict(tags or {}), **_json(details)}
        return Model.read(self._session.answer(Call("POST", "/models", body=body)))

    def get_model(self, name: str, *, as_of: Moment | None = None) -> Model:
        """Return a model, now or as it was at a time.

        Raises:
            NotFoundError: there is none of that name, or it is deleted; or that was so then.
        """
        return Model.read(self._session.get(self._model_path(name), as_of=moment(as_of)))

    def list_models(
        self,
        *,
        filter: str | None = None,  # noqa: A002 - the name that the API, the CLI and the page give it
        order: str | None = None,
        deleted: bool = False,
        as_of: Moment | None = None,
    ) -> Listing[Model]:
        """Yield the models that pass a filter such as `name ~ 'fraud*' and tag.team = 'risk'`.

        An order is such as `created desc`; with `as_of`, what was so then counts. Pages are fetched as they are needed.

        Raises:
            InvalidRequestError: the filter or the order is malformed; the message points at the place.
        """
        asked = {"filter": filter, "order": order, "deleted": "true" if deleted else None, "as_of": moment(as_of)}
        return self._pages("/models", Model.read, **asked)

    def update_model(self, name: str, *, revision: int | None = None, **details: Unpack[ModelDetails]) -> Model:
        """Change what is said of a model; what is left out stays.

        Raises:
            ConflictError: somebody has changed the model since `revision`.
        """
        call = Call("PATCH", self._model_path(name), headers=if_match(revision), body=_json(details))
        return Model.read(self._session.answer(call))

    def delete_model(self, name: str, *, revision: int | None = None) -> Model:
        """Delete a model with its versions, softly: `restore_model` brings it back.

        Raises:
            BlockedError: something points to its versions; the details list it.
            ConflictError: somebody has changed the model since `revision`.
        """
        return Model.read(self._session.answer(Call("DELETE", self._model_path(name), headers=if_match(revision))))

    def restore_model(self, name: str) -> Model:
        """Bring a deleted model back."""
        return Model.read(self._session.answer(Call("POST", f"{self._model_path(name)}/restore")))

    def stage_history(self, name: str, *, as_of: Moment | None = None) -> Listing[StageInterval]:
        """Yield which version held which stage and when; with a time, as far as it was known then."""
        return self._pages(f"{self._model_path(name)}/stages", StageInterval.read, as_of=moment(as_of))

    def ensure_model(self, name: str) -> None:
        """Make the model, and its namespace, where they are missing; it may be there for who may not make it."""
        parsed = ModelName.parse(name)
        try:
            self._create_if_absent("/models", str(parsed))
        except ForbiddenError:
            return  # the push itself says so if it is not there
        except NotFoundError:
            self._create_if_absent("/namespaces", parsed.namespace)
            self._create_if_absent("/models", str(parsed))

    def _create_if_absent(self, path: str, name: str) -> None:
        with suppress(AlreadyExistsError):
            self._session.send(Call("POST", path, body={"name": name}))


def _json(details: ModelDetails) -> dict[str, Json]:
    return {name: cast("Json", value) for name, value in details.items() if value is not None}
