"""Plans of policies, as people read them before they agree."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from modelkeep.cli.invocation import Invocation
from modelkeep.cli.output import Section, show_json, show_record

if TYPE_CHECKING:
    from modelkeep.client.policy_values import ExpressionTrial, ExpressionTrials, PolicyPlan

_SHORT = 60
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def show_plan(invocation: Invocation, plan: "PolicyPlan") -> None:
    """Show a plan."""
    if invocation.as_json:
        show_json(plan.document)
        return
    published = f"version {plan.number}" if plan.number else "a new version"
    now = plan.current
    fields = {
        "scope": "the registry" if plan.scope == "*" else plan.scope,
        "policy": f"{plan.policy}, {published}",
        "instead of": f"{now.policy} version {now.number}" + (f" of {now.scope}" if now.scope != plan.scope else ""),
        "judged": f"{plan.judged} that hold a stage"
        + (f", {plan.not_judged} more were not" if plan.not_judged else ""),
        "plan": plan.digest,
    }
    show_record(
        fields,
        [
            Section("what differs", list(_changes(plan))),
            Section("keep policies of their own", [(scope,) for scope in plan.kept]),
            Section("in stages that are gone", list(_stranded(plan))),
            Section("would not pass", list(_failing(plan))),
            Section("requests whose votes lapse", list(_requests(plan))),
            *tried(plan.trials),
        ],
    )


def tried(trials: "ExpressionTrials") -> list[Section]:
    """Return what new expressions say of the newest versions, as people read it."""
    rows = [row for trial in trials.tried for row in _trial(trial)]
    if trials.not_tried:
        rows.append(("", "", f"{trials.not_tried} more expressions were not tried", ""))
    return [Section("new expressions, tried on the newest versions", rows)]


def ask(invocation: Invocation, plan: "PolicyPlan", *, yes: bool) -> None:
    """Show a plan and ask whether to go on, unless that has been answered."""
    if not yes:
        show_plan(Invocation(), plan)
        click.confirm("Do it?", abort=True, err=True)
    elif not invocation.as_json:
        show_plan(invocation, plan)


def _changes(plan: "PolicyPlan") -> Iterator[tuple[str, str, str]]:
    if plan.changes_nothing:
        yield "=", "nothing", "it governs there already"
    for change in plan.changes:
        before, after = _short(change.before), _short(change.after)
        said = {"added": after, "removed": before}.get(change.kind, f"{before} -> {after}")
        yield _SIGNS[change.kind], change.where, said


def _stranded(plan: "PolicyPlan") -> Iterator[tuple[str, str, str]]:
    for item in plan.stranded:
        more = ", …" if item.count > len(item.examples) else ""
        yield item.stage, str(item.count), ", ".join(item.examples) + more


def _failing(plan: "PolicyPlan") -> Iterator[tuple[str, str, str, str]]:
    for item in plan.failing:
        for gate, message in item.gates:
            yield item.version, item.stage, gate, message


def _requests(plan: "PolicyPlan") -> Iterator[tuple[str, str, str, str]]:
    for item in plan.requests:
        yield item.id, item.version, f"{item.source} to {item.target}", "" if item.allowed else "no such move any more"


def _trial(trial: "ExpressionTrial") -> Iterator[tuple[str, str, str, str]]:
    passed = sum(version.status == "passed" for version in trial.versions)
    said = f"{passed} of {len(trial.versions)} pass" if trial.versions else "no version to try it on"
    yield trial.gate, f"{trial.from_stage} to {trial.to_stage}", said, _short(trial.expression)
    for version in trial.versions:
        if version.status != "passed" or version.missing:
            yield "", version.version, version.status, version.message


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
