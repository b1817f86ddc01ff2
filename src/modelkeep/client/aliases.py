"""Aliases: names that move from version to version of a model."""

from modelkeep.client.connection import Connected, Moment, moment
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import AliasInterval
from modelkeep.kernel.references import Reference


class AliasMethods(Connected):
    """What a registry object can do with aliases."""

    def set_alias(self, reference: str, alias: str, *, revision: int | None = None) -> AliasInterval:
        """Point an alias of a model to the version that `reference` means; it may have pointed elsewhere before.

        Raises:
            ConflictError: somebody has moved the alias since `revision`.
            InvalidRequestError: the name is that of a stage, or reads as a version.
        """
        parsed = Reference.parse(reference)
        path = route("models", parsed.namespace, parsed.model, "aliases", alias)
        call = Call("PUT", path, headers=if_match(revision), body={"version": self._selector(parsed)})
        return AliasInterval.read(self._session.answer(call))

    def remove_alias(self, model: str, alias: str, *, revision: int | None = None) -> AliasInterval:
        """Remove an alias; its history stays.

        Raises:
            NotFoundError: the model has no such alias.
            ConflictError: somebody has moved the alias since `revision`.
        """
        path = self._model_path(model) + route("aliases", alias)
        return AliasInterval.read(self._session.answer(Call("DELETE", path, headers=if_match(revision))))

    def get_alias(self, model: str, alias: str, *, as_of: Moment | None = None) -> AliasInterval:
        """Return what an alias points to, or pointed to at a time, with who made it so and the audit entry.

        Raises:
            NotFoundError: the model has, or had, no such alias.
        """
        path = self._model_path(model) + route("aliases", alias)
        return AliasInterval.read(self._session.get(path, as_of=moment(as_of)))

    def list_aliases(self, model: str, *, as_of: Moment | None = None) -> Listing[AliasInterval]:
        """Yield the aliases that a model has, or had at a time, by name; pages are fetched as they are needed."""
        return self._pages(f"{self._model_path(model)}/aliases", AliasInterval.read, as_of=moment(as_of))

    def alias_history(self, model: str, alias: str, *, as_of: Moment | None = None) -> Listing[AliasInterval]:
        """Yield what an alias has pointed to, the newest first; with a time, as far as it was known then."""
        path = self._model_path(model) + route("aliases", alias, "history")
        return self._pages(path, AliasInterval.read, as_of=moment(as_of))
