"""Publishers (CI jobs that get tokens of their own) and login providers, for those who administer them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from modelkeep.client.answers import Answer
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.client.values import Author
from modelkeep.kernel.canonical_json import Json


@dataclass(frozen=True, slots=True)
class Publisher:
    """CI jobs that get tokens of this registry."""

    name: str
    kind: str
    issuer: str
    conditions: Mapping[str, object]
    role: str
    scopes: tuple[str, ...]
    principal: Author
    created_at: datetime
    created_by: Author
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "Publisher":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.text("kind"),
            answer.text("issuer"),
            answer.mapping("conditions"),
            answer.text("role"),
            answer.texts("scopes"),
            Author.read(answer.find("principal")),
            answer.time("created_at"),
            Author.read(answer.find("created_by")),
            answer.document,
        )


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """An OpenID provider that people log in with."""

    name: str
    title: str
    issuer: str
    client_id: str
    callback: str
    groups_claim: str
    groups: Mapping[str, object]
    link_by_email: bool
    has_secret: bool
    revision: int
    document: Mapping[str, object] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: Answer) -> "LoginProvider":
        """Read what the server says."""
        return cls(
            answer.text("name"),
            answer.text("title"),
            answer.text("issuer"),
            answer.text("client_id"),
            answer.text("callback"),
            answer.text("groups_claim"),
            answer.mapping("groups"),
            bool(answer.flag("link_by_email")),
            bool(answer.flag("has_secret")),
            answer.integer("revision"),
            answer.document,
        )


class PublisherMethods(Connected):
    """What a registry object can do with publishers and login providers."""

    def create_publisher(
        self,
        name: str,
        kind: str,
        conditions: Mapping[str, Json],
        *,
        scopes: Sequence[str],
        role: str = "contributor",
        issuer: str | None = None,
    ) -> Publisher:
        """Let CI jobs act with a role on scopes (`namespace`, `namespace/model`, or `*`).

        Raises:
            InvalidRequestError: the conditions are not those of the kind: `github`, `gitlab` or `generic`.
            ForbiddenError: the caller may not grant, or does not hold all that the role grants.
            AlreadyExistsError: the name is taken.
        """
        body: dict[str, Json] = {
            "name": name,
            "kind": kind,
            "conditions": dict(conditions),
            "scopes": list(scopes),
            "role": role,
            "issuer": issuer,
        }
        return Publisher.read(self._session.answer(Call("POST", "/publishers", body=body)))

    def get_publisher(self, name: str) -> Publisher:
        """Return one publisher.

        Raises:
            NotFoundError: there is none of that name.
        """
        return Publisher.read(self._session.get(route("publishers", name)))

    def list_publishers(self) -> Listing[Publisher]:
        """Yield all publishers by name; pages are fetched as they are needed."""
        return self._pages("/publishers", Publisher.read)

    def delete_publisher(self, name: str) -> None:
        """Delete a publisher; its tokens stop working.

        Raises:
            NotFoundError: there is none of that name.
        """
        self._session.send(Call("DELETE", route("publishers", name), headers=if_match(None)))

    def create_login_provider(self, name: str, details: Mapping[str, Json]) -> LoginProvider:
        """Let people log in with a provider; `details` has at least `issuer` and `client_id`.

        Raises:
            InvalidRequestError: a detail is not of its form.
            AlreadyExistsError: the name is taken.
        """
        return LoginProvider.read(
            self._session.answer(Call("POST", "/login-providers", body={"name": name, **details}))
        )

    def get_login_provider(self, name: str) -> LoginProvider:
        """Return one login provider.

        Raises:
            NotFoundError: there is none of that name.
        """
        return LoginProvider.read(self._session.get(route("login-providers", name)))

    def list_login_providers(self) -> Listing[LoginProvider]:
        """Yield all login providers by name; pages are fetched as they are needed."""
        return self._pages("/login-providers", LoginProvider.read)

    def update_login_provider(
        self, name: str, details: Mapping[str, Json], *, revision: int | None = None
    ) -> LoginProvider:
        """Replace what was decided of a login provider.

        Raises:
            ConflictError: somebody has changed it since `revision`.
        """
        call = Call("PUT", route("login-providers", name), headers=if_match(revision), body=dict(details))
        return LoginProvider.read(self._session.answer(call))

    def delete_login_provider(self, name: str, *, revision: int | None = None) -> None:
        """Delete a login provider; who has logged in with it stays, and cannot log in with it again.

        Raises:
            ConflictError: somebody has changed it since `revision`.
        """
        self._session.send(Call("DELETE", route("login-providers", name), headers=if_match(revision)))
