"""Who may do what: roles, bindings, groups, service accounts, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from modelkeep.client.access_values import (
    Account,
    Binding,
    Explanation,
    Group,
    Member,
    ReviewLine,
    Role,
)
from modelkeep.client.connection import Connected
from modelkeep.client.http import Call, if_match, route
from modelkeep.client.listing import Listing
from modelkeep.kernel.canonical_json import Json


class GrantDetails(TypedDict, total=False):
    """What may be said of a role that is given. `stage` limits its permissions on stages to one stage."""

    stage: str
    expires_at: datetime | None
    reason: str


class AccessMethods(Connected):
    """What a registry object can do with access control. A scope is `*`, a namespace or `namespace/model`."""

    def grant(self, subject: str, role: str, scope: str = "*", **details: Unpack[GrantDetails]) -> Binding:
        """Give a role to a principal (by name or id) or to `group:NAME`.

        Raises:
            ForbiddenError: the caller may not grant there, or does not hold all that the role grants.
            NotFoundError: there is no such principal, group or role.
        """
        body: dict[str, Json] = {"subject": subject, "role": role, "scope": scope}
        for name, value in details.items():
            body[name] = value.isoformat() if isinstance(value, datetime) else value  # type: ignore[assignment]  # texts
        return Binding.read(self._session.answer(Call("POST", "/access/bindings", body=body)))

    def revoke(self, binding: str, *, reason: str = "") -> Binding:
        """Take a role back, by the id of its binding: it stops at once.

        Raises:
            NotFoundError: there is no such binding that the caller may see.
            BlockedError: it makes the last administrator.
        """
        call = Call("DELETE", route("access", "bindings", binding), params={"reason": reason} if reason else {})
        return Binding.read(self._session.answer(call))

    def list_bindings(
        self,
        *,
        subject: str | None = None,
        role: str | None = None,
        scope: str | None = None,
        as_of: str | None = None,
    ) -> Listing[Binding]:
        """Yield the bindings that nobody has ended, now or at a time, as far as the caller may read them."""
        return self._pages("/access/bindings", Binding.read, subject=subject, role=role, scope=scope, as_of=as_of)

    def explain(
        self,
        permission: str,
        scope: str = "*",
        *,
        subject: str | None = None,
        stage: str | None = None,
        as_of: str | None = None,
    ) -> Explanation:
        """Return why a principal, by default the caller, may do something somewhere, or what is missing."""
        answer = self._session.get(
            "/access/explanation", permission=permission, scope=scope, subject=subject, stage=stage, as_of=as_of
        )
        return Explanation.read(answer)

    def review_access(
        self, scope: str = "*", *, permission: str | None = None, as_of: str | None = None
    ) -> Listing[ReviewLine]:
        """Yield who holds a permission (or any) on a scope, around it or in it."""
        return self._pages("/access/review", ReviewLine.read, scope=scope, permission=permission, as_of=as_of)

    def list_roles(self) -> tuple[Role, ...]:
        """Return every role, the built-in ones first."""
        return tuple(map(Role.read, self._session.get("/roles").items("items")))

    def get_role(self, name: str) -> Role:
        """Return a role."""
        return Role.read(self._session.get(route("roles", name)))

    def create_role(self, name: str, permissions: Sequence[str], *, description: str = "") -> Role:
        """Make a role out of permissions that the caller holds on the whole registry."""
        body: dict[str, Json] = {"name": name, "permissions": list(permissions), "description": description}
        return Role.read(self._session.answer(Call("POST", "/roles", body=body)))

    def update_role(
        self,
        name: str,
        *,
        permissions: Sequence[str] | None = None,
        description: str | None = None,
        revision: int | None = None,
    ) -> Role:
        """Change what a role grants, at once and for everybody who holds it; what is left out stays."""
        body: dict[str, Json] = {}
        if permissions is not None:
            body["permissions"] = list(permissions)
        if description is not None:
            body["description"] = description
        return Role.read(
            self._session.answer(Call("PATCH", route("roles", name), headers=if_match(revision), body=body))
        )

    def delete_role(self, name: str, *, revision: int | None = None) -> None:
        """Delete a role that nobody holds."""
        self._session.send(Call("DELETE", route("roles", name), headers=if_match(revision)))

    def list_groups(self) -> Listing[Group]:
        """Yield groups, by name."""
        return self._pages("/groups", Group.read)

    def create_group(self, name: str) -> Group:
        """Make a group."""
        return Group.read(self._session.answer(Call("POST", "/groups", body={"name": name})))

    def delete_group(self, name: str) -> None:
        """Delete a group: everybody leaves it, and its bindings end."""
        self._session.send(Call("DELETE", route("groups", name)))

    def list_members(self, group: str) -> Listing[Member]:
        """Yield who is in a group."""
        return self._pages(route("groups", group, "members"), Member.read)

    def add_member(self, group: str, principal: str) -> Account:
        """Put a principal into a group; the caller must hold what the group holds."""
        return Account.read(self._session.answer(Call("PUT", route("groups", group, "members", principal))))

    def remove_member(self, group: str, principal: str) -> Account:
        """Take a principal out of a group."""
        return Account.read(self._session.answer(Call("DELETE", route("groups", group, "members", principal))))

    def list_principals(self, *, kind: str | None = None) -> Listing[Account]:
        """Yield principals by name, perhaps of one kind: `user`, `service` or `ci`."""
        return self._pages("/principals", Account.read, kind=kind)

    def get_principal(self, principal: str) -> Account:
        """Return a principal, by id or by a name that only one has."""
        return Account.read(self._session.get(route("principals", principal)))

    def disable_principal(self, principal: str) -> Account:
        """Disable a principal: from now on it may do nothing."""
        return Account.read(self._session.answer(Call("POST", route("principals", principal) + "/disable")))

    def create_service_account(self, name: str, *, owner: str) -> Account:
        """Make a service account that a user answers for."""
        return Account.read(
            self._session.answer(Call("POST", "/service-accounts", body={"name": name, "owner": owner}))
        )
