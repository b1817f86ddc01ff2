"""Rules of login through OpenID providers."""
