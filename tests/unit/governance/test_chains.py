"""Whether a chain is complete: the rule against an oracle that tries every way to count the votes."""

from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from modelkeep.domains.governance.domain.chains import chain_state
from modelkeep.domains.governance.domain.evidence_bindings import Binding
from modelkeep.domains.governance.domain.policies import Chain, Step
from modelkeep.domains.governance.domain.votes import Decision, Vote
from modelkeep.kernel.identity import PrincipalId

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NOTHING = Binding("", "", "", "", "", "")
PEOPLE = [PrincipalId(name) for name in ("ana", "bea", "cem", "dan")]
ROLES = ["TEAM_LEAD", "LEGAL"]

people = st.sampled_from(PEOPLE)
steps = st.builds(lambda role, count: (role, count), st.sampled_from(ROLES), st.integers(1, 2))
chains = st.builds(
    lambda found, ordered: Chain(tuple(Step(f"{n}", role, count) for n, (role, count) in enumerate(found)), ordered),
    st.lists(steps, max_size=3),
    st.booleans(),
)
votes = st.lists(
    st.tuples(people, st.none() | people, st.integers(0, 2), st.sampled_from([*Decision, Decision.APPROVE])), max_size=6
)
held = st.dictionaries(people, st.frozensets(st.sampled_from(ROLES)))


def a_vote(place: int, voter: PrincipalId, delegator: PrincipalId | None, step: int, decision: Decision) -> Vote:
    at = NOW + timedelta(seconds=place)
    other = None if delegator == voter else delegator
    return Vote(f"v{place}", "r", f"{step}", voter, decision, at, NOTHING, delegator=other)


@given(chains, votes, held, st.frozensets(people))
def test_what_counts_breaks_no_rule_and_no_vote_that_could_count_is_left_out(
    chain: Chain,
    given_votes: list[tuple[PrincipalId, PrincipalId | None, int, Decision]],
    roles: dict[PrincipalId, frozenset[str]],
    barred: frozenset[PrincipalId],
) -> None:
    cast = [a_vote(place, *one) for place, one in enumerate(given_votes)]
    state = chain_state(chain, cast, roles, barred, NOW, NOW)
    counted = state.counted
    everybody = [who for vote in counted for who in vote.people]
    assert len(everybody) == len(set(everybody)), "somebody has answered twice"
    assert not barred.intersection(everybody)
    for step in state.steps:
        assert len(step.approvals) <= step.step.approvals
        for vote in step.approvals:
            assert vote.decision is Decision.APPROVE
            assert vote.step == step.step.name
            assert step.step.role in roles.get(vote.right_of, frozenset())
    reached = [not chain.ordered or all(step.complete for step in state.steps[:n]) for n in range(len(state.steps))]
    assert [step.is_open for step in state.steps] == reached
    assert all(not step.approvals for step in state.steps if not step.is_open)
    if all(step.complete for step in state.steps):
        assert completable(chain, cast, roles, barred)
    for vote in cast:
        fits = [step for step in state.steps if step.step.name == vote.step and step.is_open and not step.complete]
        mine = step_role(chain, vote) in roles.get(vote.right_of, frozenset())
        fresh = not (set(everybody) | barred) & vote.people
        assert not (vote.decision is Decision.APPROVE and fits and mine and fresh), (
            "a vote that could count is left out"
        )


def step_role(chain: Chain, vote: Vote) -> str:
    return next((step.role for step in chain.steps if step.name == vote.step), "")


def completable(
    chain: Chain, cast: list[Vote], roles: dict[PrincipalId, frozenset[str]], barred: frozenset[PrincipalId]
) -> bool:
    """Say whether some choice of the votes, each taken or not, completes the chain by its plain rules."""
    for taken in product((False, True), repeat=len(cast)):
        chosen = [vote for vote, wanted in zip(cast, taken, strict=True) if wanted]
        everybody = [who for vote in chosen for who in vote.people]
        fair = len(everybody) == len(set(everybody)) and not barred.intersection(everybody)
        entitled = all(
            vote.decision is Decision.APPROVE and step_role(chain, vote) in roles.get(vote.right_of, frozenset())
            for vote in chosen
        )
        full = all(sum(vote.step == step.name for vote in chosen) == step.approvals for step in chain.steps)
        if fair and entitled and full:
            return True
    return False
