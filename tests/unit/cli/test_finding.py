import pytest

from modelkeep.cli.commands.finding import expand
from modelkeep.kernel.filters import parse_filter


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("scorer", "name ~ '*scorer*'"),
        ("  v1.2-beta ", "name ~ '*v1.2-beta*'"),
        ("fraud*", "name ~ 'fraud*'"),
        ("fraud/scorer", "name ~ '*fraud/scorer*'"),
    ],
)
def test_a_bare_word_is_looked_for_in_names(query: str, meant: str) -> None:
    assert expand(query) == meant
    assert parse_filter(meant) is not None


@pytest.mark.parametrize("query", ["", "tag.team = 'risk'", "two words", "not name exists", "a='b'", "x>1"])
def test_what_is_more_than_a_word_is_left_to_the_server(query: str) -> None:
    assert expand(query) == query
