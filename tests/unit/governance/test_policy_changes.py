"""What differs between two policies is said in terms of stages, moves, gates and steps."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.governance.documents import a_document

from modelkeep.domains.governance.domain.policy_changes import policy_changes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "from", "to", "id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_changes_are_named_by_what_they_are_in() -> None:
    gate = {"id": "scan", "kind": "scan_pass"}
    move = {"from": "Draft", "to": "Live", "approvals": {"steps": [{"role": "LEGAL", "approvals": 2}]}, "gates": [gate]}
    stages = [{"name": "Live"}, {"name": "Draft"}, {"name": "Gone"}]
    found = policy_changes(a_document(), a_document(moves=[move], stages=stages))
    assert {(change.kind, change.where) for change in found} == {
        ("removed", "stages[Live].exclusive"),
        ("removed", "stages[Live].replaced_to"),
        ("added", "stages[Gone]"),
        ("changed", "stages (order)"),
        ("added", "moves[Draft to Live].approvals.steps[LEGAL].approvals"),
        ("added", "moves[Draft to Live].gates"),
    }


@given(JSON, JSON)
def test_there_are_changes_exactly_where_documents_differ(before: object, after: object) -> None:
    assert bool(policy_changes(before, after)) == (before != after)  # type: ignore[arg-type]  # JSON
