import re

from tests.unit.docs.errors_in_source import errors
from tests.unit.docs.pages import SOURCE, codes, table

from modelkeep.cli.errors import EXIT_CODES
from modelkeep.kernel.errors import Kind


def test_every_error_code_is_documented_with_its_kind_and_no_other() -> None:
    documented = {codes(row["Code"])[0]: row["Kind"] for row in table("reference/errors.md", "Code")}
    assert documented == {code: error["kind"] for code, error in errors().items()}


def test_statuses_apart_from_those_of_kinds_are_documented() -> None:
    documented = {codes(row["For"])[0]: row["Status"] for row in table("reference/errors.md", "Status")}
    own = {code: error["status"] for code, error in errors().items() if code.startswith("rest.") and "status" in error}
    assert documented == own | {"rest.not_routed": "404, 405"}


def test_codes_are_listed_in_order_and_with_a_meaning() -> None:
    rows = table("reference/errors.md", "Code")
    listed = [codes(row["Code"])[0] for row in rows]
    assert listed == sorted(listed)
    assert all(row["Meaning"].endswith(".") for row in rows)


def test_the_table_of_kinds_is_that_of_the_source() -> None:
    rows = table("reference/errors.md", "Kind")
    assert [codes(row["Kind"])[0] for row in rows] == [kind.value for kind in Kind]


def test_the_statuses_and_exit_codes_are_those_of_the_facades() -> None:
    # Read, not imported: a web framework takes longer to load than all tests of this folder to run.
    source = (SOURCE / "api" / "rest" / "errors.py").read_text(encoding="utf-8")
    statuses = dict(re.findall(r"Kind\.([A-Z_]+): (\d{3}),", source))
    for row in table("reference/errors.md", "Kind"):
        kind = Kind(codes(row["Kind"])[0])
        documented = (row["REST"], int(row["Exit of the command line"]))
        assert documented == (statuses[kind.name], EXIT_CODES[kind]), kind
