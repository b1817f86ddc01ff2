import pytest

from modelkeep.platform.sealing import SealBrokenError, Sealer

KEY = b"the secret key of a registry, 32+"
SEALER = Sealer((KEY,), "webhooks")


@pytest.mark.parametrize("text", ["", "whsec_abc", "https://höst/ " * 100])
def test_a_sealed_text_opens_and_is_not_to_be_seen(text: str) -> None:
    sealed = SEALER.seal(text, belongs_to="one")
    assert SEALER.open(sealed, belongs_to="one") == text
    assert not text or text.encode() not in sealed
    assert SEALER.seal(text, belongs_to="one") != sealed


def test_it_opens_for_nothing_else() -> None:
    sealed = SEALER.seal("whsec_abc", belongs_to="one")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for sealer, text, belongs_to in (
        (SEALER, sealed, "two"),
        (SEALER, changed, "one"),
        (SEALER, sealed[:10], "one"),
        (Sealer((KEY,), "login"), sealed, "one"),
        (Sealer((b"another key",), "webhooks"), sealed, "one"),
    ):
        with pytest.raises(SealBrokenError, match="cannot be read"):
            sealer.open(text, belongs_to=belongs_to)


def test_what_a_previous_key_has_sealed_still_opens() -> None:
    sealed = SEALER.seal("whsec_abc", belongs_to="one")
    assert Sealer((b"a new key", KEY), "webhooks").open(sealed, belongs_to="one") == "whsec_abc"


def test_the_key_is_not_shown() -> None:
    assert "secret key" not in repr(SEALER)
