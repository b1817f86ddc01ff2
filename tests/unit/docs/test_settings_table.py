import click
from tests.unit.docs.pages import codes, table

from modelkeep.app.commands import migrate, serve
from modelkeep.app.settings import PREFIX, Settings

NOT_SETTINGS = {"--new-admin-token", "--help"}
COMPUTED = {"public_url", "data_dir", "database_url", "store_url", "secret_key"}
"""Settings whose default depends on others: the page says how, in words."""


def rows() -> dict[str, dict[str, str]]:
    return {codes(row["Variable"])[0]: row for row in table("reference/settings.md", "Variable")}


def options(command: click.Command) -> dict[str, str]:
    return {
        str(parameter.name): option
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option not in NOT_SETTINGS
    }


def test_every_setting_is_documented_and_no_other() -> None:
    assert list(rows()) == [PREFIX + name.upper() for name in Settings.__dataclass_fields__]


def test_every_setting_names_its_option_of_serve() -> None:
    documented = {name: codes(row["Option"]) for name, row in rows().items()}
    existing = options(serve)
    assert documented == {
        PREFIX + name.upper(): [existing[name]] if name in existing else [] for name in Settings.__dataclass_fields__
    }


def test_every_option_of_serve_and_migrate_is_a_setting() -> None:
    assert {*options(serve), *options(migrate)} <= Settings.__dataclass_fields__.keys()


def test_the_documented_defaults_are_the_real_ones() -> None:
    real = Settings.read({})
    for name in Settings.__dataclass_fields__.keys() - COMPUTED:
        value = getattr(real, name)
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        assert codes(rows()[PREFIX + name.upper()]["Default"]) == ([shown] if shown else []), name
