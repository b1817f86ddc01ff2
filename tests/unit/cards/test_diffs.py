from typing import Any

from hypothesis import given
from tests.cards import CARDS, JSON_VALUES, a_whole_card

from modelkeep.domains.cards.domain.diffs import Change, Operation, diff, same
from modelkeep.domains.cards.domain.merging import completed, merged
from modelkeep.domains.cards.domain.paths import written


def applied(document: Any, changes: tuple[Change, ...]) -> Any:  # noqa: ANN401 - JSON
    """Change a document as a diff says: level by level, in each list what goes before what comes."""
    box = {"root": _copy(document)}
    order = {Operation.REMOVED: 0, Operation.ADDED: 1, Operation.CHANGED: 2}

    def key(change: Change) -> tuple[int, int, int]:
        last = change.path[-1] if change.path else 0
        place = last if isinstance(last, int) else 0
        return len(change.path), order[change.operation], -place if change.operation is Operation.REMOVED else place

    for change in sorted(changes, key=key):
        holder: Any = box
        path: tuple[str | int, ...] = ("root", *change.path)
        for step in path[:-1]:
            holder = holder[step]
        last: Any = path[-1]
        if change.operation is Operation.REMOVED:
            del holder[last]
        elif change.operation is Operation.ADDED and isinstance(holder, list):
            holder.insert(last, change.after)
        else:
            holder[last] = change.after
    return box["root"]


def _copy(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def shown(before: Any, after: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON
    return [(change.operation.value, written(change.path)) for change in diff(before, after)]


@given(CARDS, CARDS)
def test_a_diff_makes_the_one_card_of_the_other(before: Any, after: Any) -> None:  # noqa: ANN401 - JSON
    assert same(applied(before, diff(before, after)), after)


@given(JSON_VALUES, JSON_VALUES)
def test_a_diff_makes_any_one_document_of_the_other(before: Any, after: Any) -> None:  # noqa: ANN401 - JSON
    assert same(applied(before, diff(before, after)), after)
    assert (diff(before, after) == ()) is same(before, after)


def test_an_item_in_front_changes_no_other() -> None:
    before, after = a_whole_card(), a_whole_card()
    after["evaluations"].insert(0, {"name": "backtest"})
    after["evaluations"][1]["metrics"][1]["value"] = 0.5
    after["uses"]["out_of_scope"].pop(0)
    assert shown(before, after) == [
        ("added", "$.evaluations[0]"),
        ("changed", "$.evaluations[1].metrics[1].value"),
        ("removed", "$.uses.out_of_scope[0]"),
    ]


def test_long_lists_of_numbers_are_compared_as_a_whole() -> None:
    points = [[n, n] for n in range(5000)]
    assert shown({"points": points}, {"points": [[0, 1], *points[1:]]}) == [("changed", "$.points")]
    assert shown({"points": points}, {"points": list(points)}) == []


def test_truth_is_no_number() -> None:
    assert shown([1, True], [True, 1]) != []
    assert shown({"a": 1.0}, {"a": 1}) == []


@given(JSON_VALUES, JSON_VALUES)
def test_a_merge_patch_that_is_merged_again_changes_nothing(document: Any, patch: Any) -> None:  # noqa: ANN401 - JSON
    once = merged(document, patch)
    assert merged(once, patch) == once


def test_a_merge_patch_does_as_the_examples_of_its_rfc_say() -> None:
    examples: list[tuple[Any, Any, Any]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ]
    for document, patch, result in examples:
        assert merged(document, patch) == result


@given(CARDS, CARDS)
def test_what_is_written_stays_when_facts_complete_it(card: Any, facts: Any) -> None:  # noqa: ANN401 - JSON
    whole: Any = completed(card, facts)
    assert {name: whole[name] for name in card if name not in ("overview", "extra")} == {
        name: card[name] or facts.get(name, card[name]) for name in card if name not in ("overview", "extra")
    }
    assert whole["overview"]["description"] == card["overview"]["description"]
