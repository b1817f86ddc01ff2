"""Namespaces: the groups that models are in."""

from modelkeep.client.connection import Connected, Moment, moment
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Namespace


class NamespaceMethods(Connected):
    """What a registry object can do with namespaces."""

    def create_namespace(self, name: str, *, description: str = "") -> Namespace:
        """Make a namespace.

        Raises:
            AlreadyExistsError: there is one of that name.
        """
        body = {"name": name, "description": description}
        return Namespace.read(self._session.answer(Call("POST", "/namespaces", body=body)))

    def get_namespace(self, name: str, *, as_of: Moment | None = None) -> Namespace:
        """Return a namespace, now or as it was at a time.

        Raises:
            NotFoundError: there is, or was, none of that name.
        """
        return Namespace.read(self._session.get(route("namespaces", name), as_of=moment(as_of)))

    def list_namespaces(self, *, as_of: Moment | None = None) -> Listing[Namespace]:
        """Yield all namespaces by name, now or at a time; pages are fetched as they are needed."""
        return self._pages("/namespaces", Namespace.read, as_of=moment(as_of))

    def update_namespace(self, name: str, *, description: str, revision: int | None = None) -> Namespace:
        """Change the description.

        Raises:
            ConflictError: somebody has changed the namespace since `revision`.
        """
        path = route("namespaces", name)
        call = Call("PATCH", path, headers=if_match(revision), body={"description": description})
        return Namespace.read(self._session.answer(call))

    def delete_namespace(self, name: str, *, revision: int | None = None) -> None:
        """Delete an empty namespace.

        Raises:
            BlockedError: there are models in it.
            ConflictError: somebody has changed the namespace since `revision`.
        """
        self._session.send(Call("DELETE", route("namespaces", name), headers=if_match(revision)))
