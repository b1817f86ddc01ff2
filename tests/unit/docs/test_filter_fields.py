from collections.abc import Mapping

import pytest
from tests.unit.docs.pages import codes, read, table

from modelkeep.domains.catalog.repository import models, namespaces, search
from modelkeep.domains.catalog.repository.version_rules import version_rules
from modelkeep.domains.catalog.tables import NAMESPACE
from modelkeep.platform.database.criteria import Rule

PAGE = "guides/searching.md"
LISTS: dict[str, Mapping[str, Rule]] = {
    "versions": version_rules(),
    "models": models.MODEL_RULES,
    "namespaces": namespaces.rules(NAMESPACE),
}
ORDERS = {"versions": [*search.VERSION_ORDERS, "metric.KEY"], "models": models.MODEL_ORDERS, "namespaces": ["name"]}
FIXED_KEYS = {name: rule.keys for name, rule in version_rules().items() if rule.keys}


def fields(name: str) -> list[str]:
    """Return the fields in the table below a heading."""
    section = read(PAGE).partition(f"## Fields of {name}\n")[2].partition("\n## ")[0]
    return [codes(line)[0] for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("name", LISTS)
def test_every_field_of_a_list_is_documented_and_no_other(name: str) -> None:
    existing = [f"{field}.KEY" if rule.keyed else field for field, rule in LISTS[name].items()]
    assert sorted(fields(name)) == sorted(existing)


def test_the_fixed_keys_of_a_field_are_documented() -> None:
    section = read(PAGE).partition("## Fields of versions\n")[2].partition("\n## ")[0]
    rows = {codes(line)[0]: codes(line)[1:] for line in section.splitlines() if line.startswith("| `")}
    for name, keys in FIXED_KEYS.items():
        shown = rows[f"{name}.KEY"] or rows["training_data.KEY"]
        assert shown == list(keys), name


def test_every_order_is_documented_and_no_other() -> None:
    documented = {row["List"]: codes(row["Orders"]) for row in table(PAGE, "List")}
    assert documented == {name: list(orders) for name, orders in ORDERS.items()}
