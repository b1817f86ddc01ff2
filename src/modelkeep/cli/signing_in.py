"""How `login` gets a token from the CI that it runs in."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelkeep.client.logins import IssuedToken
    from modelkeep.client.registry import Registry


def ci_login(registry: "Registry", publisher: str | None) -> "IssuedToken":
    """Exchange the identity token of this CI job.

    Raises:
        InvalidSettingError: this is no CI job.
        UnauthenticatedError: the job is no publisher's.
    """
    from modelkeep.client.logins import ci_identity_token  # noqa: PLC0415 - loads the HTTP client

    return registry.mint_ci_token(ci_identity_token(registry.ci_audience()), publisher=publisher)
