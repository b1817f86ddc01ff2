import pytest

from modelkeep.domains.events.domain.errors import InvalidSubscriptionError
from modelkeep.domains.events.domain.selection import Happening, Selection
from modelkeep.kernel.references import InvalidReferenceError

KNOWN = frozenset({"MODEL_CREATED", "MODEL_DELETED", "VERSION_REGISTERED", "SUBSCRIPTION_DISABLED"})
CREATED = Happening("MODEL_CREATED", "fraud", "fraud/scorer")
OF_NAMESPACE = Happening("MODEL_DELETED", "fraud")
OF_REGISTRY = Happening("SUBSCRIPTION_DISABLED")


def selection(*types: str, namespace: str = "", model: str = "") -> Selection:
    return Selection.of(types, namespace, model, known=KNOWN)


def test_nothing_given_selects_everything() -> None:
    assert all(selection().wants(one) for one in (CREATED, OF_NAMESPACE, OF_REGISTRY))


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (["MODEL_CREATED"], {"MODEL_CREATED"}),
        (["model_*"], {"MODEL_CREATED", "MODEL_DELETED"}),
        (["*_CREATED", "VERSION_*"], {"MODEL_CREATED", "VERSION_REGISTERED"}),
        (["*"], set(KNOWN)),
        (["*D*TED"], {"MODEL_CREATED", "MODEL_DELETED"}),
    ],
)
def test_types_are_selected_by_patterns(patterns: list[str], wanted: set[str]) -> None:
    assert {one for one in KNOWN if selection(*patterns).wants(Happening(one))} == wanted


@pytest.mark.parametrize("pattern", ["MODEL_LOVED", "MODEL", "", "MODEL.*", "[A-Z]+", "x" * 101, "MODEL_CREATED "[:5]])
def test_a_pattern_that_matches_no_type_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidSubscriptionError, match="no type of event is"):
        selection(pattern)


def test_too_many_patterns_are_refused() -> None:
    with pytest.raises(InvalidSubscriptionError, match="51 types"):
        selection(*["*"] * 51)


def test_a_place_selects_what_is_in_it() -> None:
    assert selection(namespace="fraud").wants(CREATED)
    assert selection(namespace="fraud").wants(OF_NAMESPACE)
    assert not selection(namespace="fraud").wants(OF_REGISTRY)
    assert not selection(namespace="risk").wants(CREATED)
    assert selection(model="fraud/scorer").wants(CREATED)
    assert not selection(model="fraud/scorer").wants(OF_NAMESPACE)
    assert [one.place for one in (selection(), selection(namespace="fraud"), selection(model="fraud/x"))] == [
        "",
        "fraud",
        "fraud/x",
    ]


@pytest.mark.parametrize(("namespace", "model"), [("Fraud", ""), ("", "fraud/"), ("a/b", "")])
def test_a_place_that_breaks_the_grammar_is_refused(namespace: str, model: str) -> None:
    with pytest.raises(InvalidReferenceError):
        selection(namespace=namespace, model=model)


def test_a_model_implies_its_namespace_and_contradicts_any_other() -> None:
    assert selection(model="fraud/scorer") == selection(namespace="fraud", model="fraud/scorer")
    with pytest.raises(InvalidSubscriptionError, match="is not in the namespace risk"):
        selection(namespace="risk", model="fraud/scorer")
