"""Rules of access control: permissions, principals, tokens. No I/O."""
