"""What can go wrong with an OpenID provider, and with what it has signed."""

from modelkeep.kernel.errors import Kind, RegistryError


class TokenRefusedError(RegistryError):
    """A signed token is malformed, or no key of its issuer has signed it by an algorithm that is allowed."""

    kind = Kind.UNAUTHENTICATED
    code = "openid.token_refused"


class CodeRefusedError(RegistryError):
    """The provider does not exchange the authorization code: it was used, has expired, or is not for this registry."""

    kind = Kind.UNAUTHENTICATED
    code = "openid.code_refused"


class IssuerUnavailableError(RegistryError):
    """An OpenID provider cannot be reached, or answers with something else than the standards say."""

    kind = Kind.UNAVAILABLE
    code = "openid.issuer_unavailable"
