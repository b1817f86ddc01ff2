import inspect

from tests.unit.docs.pages import codes, read

from modelkeep import client
from modelkeep.client import ModelVersion, Progress, Registry, VersionRecord

PAGE = "reference/sdk.md"
NOT_FOR_USERS = {"read", "bound"}


def documented(heading: str) -> dict[str, str]:
    """Return what the tables of a section list in their first column: `name(arguments)`, by name."""
    section = read(PAGE).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [codes(line.split("|")[1]) for line in section.splitlines() if line.startswith("| `")]
    return {code.partition("(")[0]: code for cell in cells for code in cell}


def signature(function: object) -> str:
    """Return a method's parameters as the page writes them: without `self` and types."""
    parameters = list(inspect.signature(function).parameters.values())[1:]  # type: ignore[arg-type]  # a method
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(bare))


def methods(kind: type) -> dict[str, str]:
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: f"{name}{signature(function)}" for name, function in found if not name.startswith("_")}


def test_every_method_of_a_registry_is_documented_as_it_is() -> None:
    assert documented("Registry") == methods(Registry)


def test_every_member_of_a_version_is_documented_as_it_is() -> None:
    members = {name: shown for name, shown in methods(ModelVersion).items() if name not in NOT_FOR_USERS}
    assert documented("ModelVersion") == members | {"reference": "reference"}
    prose = read(PAGE).partition("\n## ModelVersion\n")[2].partition("\n| ")[0]
    assert set(ModelVersion.__dataclass_fields__) - {"registry"} == set(codes(prose))


def test_every_argument_of_a_record_is_documented() -> None:
    assert set(documented("The record of a version")) == set(VersionRecord.__annotations__)


def test_the_methods_of_progress_are_documented_as_they_are() -> None:
    assert documented("Progress") == methods(Progress)


def test_the_errors_of_each_kind_are_named_by_the_page_of_errors() -> None:
    page = read("reference/errors.md")
    by_kind = {name for name in client.__all__ if f"| `{name}` |" in page}
    assert len(by_kind) == len(client.Kind)
