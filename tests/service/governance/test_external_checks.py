"""Another system answers once, with a token that is kept nowhere, until it expires."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.builders import a_model, a_version
from tests.gates import govern
from tests.people import a_service_account, bind, somebody
from tests.registries import ManualClock

from modelkeep.app.bootstrap import Services
from modelkeep.domains.access import ForbiddenError
from modelkeep.domains.access.domain.bindings import SubjectType
from modelkeep.domains.catalog import ModelVersion
from modelkeep.domains.governance import Answer, AskedCheck, ExternalCheck
from modelkeep.domains.governance.domain.external_checks import CheckClosedError, CheckRefusedError, OwnCheckError
from modelkeep.domains.governance.domain.moves import GateNotFoundError
from modelkeep.domains.governance.tables.gates import EXTERNAL_CHECK
from modelkeep.kernel.errors import InvalidValueError
from modelkeep.kernel.identity import Actor, RequestInfo
from modelkeep.kernel.references import Reference

PASSED, FAILED = Answer(passed=True, details="120 ms at p99"), Answer(passed=False)


@pytest.fixture
def version(services: Services, admin: Actor) -> ModelVersion:
    a_model(services, admin)
    govern(services, admin)
    return a_version(services, admin)


@pytest.fixture
def operator(services: Services) -> Actor:
    return somebody(services, "admin")


def ask(services: Services, actor: Actor, version: ModelVersion, gate: str = "load-test") -> AskedCheck:
    return services.governance.gates.external.ask(actor, Reference.parse(version.reference), gate).value


def answer(services: Services, asked: AskedCheck, given: Answer = PASSED, token: str = "") -> ExternalCheck:
    request = RequestInfo("test", address="192.0.2.1")
    return services.governance.gates.external.answer(asked.check.id, token or asked.token, given, request).value


def status(services: Services, version: ModelVersion, actor: Actor) -> str:
    checked = services.governance.gates.checks.check(actor, Reference.parse(version.reference), "Production")
    return {result.gate_id: result.status.value for result in checked.evaluation.results}["load-test"]


def test_an_answer_decides_the_gate(services: Services, version: ModelVersion, operator: Actor) -> None:
    assert status(services, version, operator) == "pending"
    asked = ask(services, operator, version)
    assert status(services, version, operator) == "pending"
    answer(services, asked)
    assert status(services, version, operator) == "passed"
    answer(services, ask(services, operator, version), FAILED)
    assert status(services, version, operator) == "failed"


def test_a_new_question_makes_the_answer_before_it_count_no_more(
    services: Services, version: ModelVersion, operator: Actor
) -> None:
    answer(services, ask(services, operator, version))
    ask(services, operator, version)
    assert status(services, version, operator) == "pending"


def test_an_answer_grows_old(services: Services, version: ModelVersion, operator: Actor, clock: ManualClock) -> None:
    answer(services, ask(services, operator, version))
    clock.advance(timedelta(days=8))
    assert status(services, version, operator) == "pending"


def test_a_token_answers_once_and_the_same_again_changes_nothing(
    services: Services, version: ModelVersion, operator: Actor
) -> None:
    asked = ask(services, operator, version)
    first = answer(services, asked)
    assert answer(services, asked) == first
    with pytest.raises(CheckClosedError):
        answer(services, asked, FAILED)


def test_a_token_expires(services: Services, version: ModelVersion, operator: Actor, clock: ManualClock) -> None:
    asked = ask(services, operator, version)
    clock.advance(timedelta(days=1))
    with pytest.raises(CheckClosedError):
        answer(services, asked)
    assert status(services, version, operator) == "pending"


@pytest.mark.parametrize("token", ["x", "\ud800", "é" * 100])
def test_another_token_is_refused(services: Services, version: ModelVersion, operator: Actor, token: str) -> None:
    asked = ask(services, operator, version)
    with pytest.raises(CheckRefusedError):
        answer(services, asked, token=token)
    other = ask(services, operator, version)
    with pytest.raises(CheckRefusedError):
        answer(services, asked, token=other.token)


def test_a_token_is_kept_as_its_hash_alone(services: Services, version: ModelVersion, operator: Actor) -> None:
    asked = ask(services, operator, version)
    with services.access.database.snapshot() as tx:
        kept = tx.session.execute(select(*EXTERNAL_CHECK.c)).all()
    assert asked.token not in str(kept)
    assert asked.token not in repr(asked)
    assert len(asked.token) == 43


def test_who_made_a_version_asks_nobody_about_it(services: Services, admin: Actor, version: ModelVersion) -> None:
    with pytest.raises(OwnCheckError):
        ask(services, admin, version)


def test_neither_an_account_of_who_made_the_version_nor_who_asks_for_its_move_has_it_checked(
    services: Services, admin: Actor, version: ModelVersion, operator: Actor
) -> None:
    account = a_service_account(services, admin)
    bind(services, account.id, "admin", kind=SubjectType.SERVICE)
    with pytest.raises(OwnCheckError):
        ask(services, Actor(account.id, account.name, account.kind, frozenset()), version)
    asked = ask(services, operator, version)
    services.governance.promotions.request(
        operator, Reference.parse(version.reference), "Production", reason="it is better"
    )
    answer(services, asked)
    with pytest.raises(OwnCheckError):
        ask(services, operator, version)
    why = services.governance.promotions.why(admin, Reference.parse(version.reference), "Production")
    (gate,) = (result for result in why.evaluation.results if result.gate_id == "load-test")
    assert gate.status == "pending", "who asks now has had it checked before"


def test_who_lacks_the_right_asks_nobody(services: Services, version: ModelVersion) -> None:
    with pytest.raises(ForbiddenError):
        ask(services, somebody(services, "maintainer"), version)


def test_only_external_gates_of_the_policy_are_asked_about(
    services: Services, version: ModelVersion, operator: Actor
) -> None:
    with pytest.raises(GateNotFoundError):
        ask(services, operator, version, "good")


@pytest.mark.parametrize("life", [timedelta(), timedelta(days=8)])
def test_a_token_lives_for_a_bounded_time(
    services: Services, version: ModelVersion, operator: Actor, life: timedelta
) -> None:
    reference = Reference.parse(version.reference)
    with pytest.raises(InvalidValueError):
        services.governance.gates.external.ask(operator, reference, "load-test", life)


def test_details_are_bounded() -> None:
    with pytest.raises(InvalidValueError):
        Answer(passed=True, details="x" * 4_001).checked()
