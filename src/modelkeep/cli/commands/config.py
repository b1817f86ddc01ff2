"""`config`: the settings of the command line and the SDK."""

import os
from typing import NamedTuple

import click

from modelkeep.cli.command import RegistryCommand, RegistryGroup, examples
from modelkeep.cli.invocation import Invocation, pass_invocation
from modelkeep.cli.output import Column, say, show_json, show_table

KEYS = ("url", "output", "cache_dir")
_KEY = click.argument("key", type=click.Choice(KEYS))


class Setting(NamedTuple):
    """What counts for a key, and where it comes from."""

    key: str
    value: str
    source: str


@click.group(cls=RegistryGroup, epilog=examples("modelkeep config set url https://models.example.org"))
def config() -> None:
    """Read and change the settings: url, output, cache_dir.

    A flag goes before an environment variable (MODELKEEP_URL, MODELKEEP_OUTPUT, MODELKEEP_CACHE_DIR), that before the
    file, and that before the last login and the default.
    """


@config.command("get", cls=RegistryCommand, epilog=examples("modelkeep config get url"))
@_KEY
@pass_invocation
def get_setting(invocation: Invocation, key: str) -> None:
    """Print what counts for a key."""
    setting = _setting(invocation, key)
    if invocation.as_json:
        show_json(setting._asdict())
    else:
        say(setting.value)


@config.command("set", cls=RegistryCommand, epilog=examples("modelkeep config set output json"))
@_KEY
@click.argument("value")
@pass_invocation
def set_setting(invocation: Invocation, key: str, value: str) -> None:
    """Write a setting into the file."""
    from modelkeep.client.config_file import load_config, save_setting  # noqa: PLC0415 - not for --help

    path = save_setting(key, value)
    if invocation.as_json:
        show_json(Setting(key, load_config()[key], str(path))._asdict())
    else:
        say(f"{key} is {load_config()[key]} in {path}.")


@config.command("unset", cls=RegistryCommand, epilog=examples("modelkeep config unset output"))
@_KEY
@pass_invocation
def unset_setting(invocation: Invocation, key: str) -> None:
    """Take a setting out of the file."""
    from modelkeep.client.config_file import remove_setting  # noqa: PLC0415 - not for --help

    remove_setting(key)
    setting = _setting(invocation, key)
    if invocation.as_json:
        show_json(setting._asdict())
    else:
        say(f"{key} is {setting.value} now ({setting.source}).")


@config.command("list", cls=RegistryCommand, epilog=examples("modelkeep config list"))
@pass_invocation
def list_settings(invocation: Invocation) -> None:
    """List what counts for every key, and where it comes from."""
    settings = [_setting(invocation, key) for key in KEYS]
    if invocation.as_json:
        show_json({"items": [setting._asdict() for setting in settings], "next_page_token": None})
        return
    columns: tuple[Column[Setting], ...] = (
        Column("KEY", lambda setting: setting.key),
        Column("VALUE", lambda setting: setting.value, cut=True),
        Column("FROM", lambda setting: setting.source),
    )
    show_table(settings, columns)


@config.command("path", cls=RegistryCommand, epilog=examples('cat "$(modelkeep config path)"'))
@pass_invocation
def show_path(invocation: Invocation) -> None:
    """Print where the file is, or would be."""
    from modelkeep.client.config_file import config_path  # noqa: PLC0415 - not for --help

    path = str(config_path())
    if invocation.as_json:
        show_json({"path": path})
    else:
        say(path)


def _setting(invocation: Invocation, key: str) -> Setting:
    from modelkeep.client.cache import CACHE_VARIABLE, cache_home  # noqa: PLC0415 - not for --help
    from modelkeep.client.config_file import load_config  # noqa: PLC0415
    from modelkeep.client.settings import resolve_settings  # noqa: PLC0415

    if key == "url":
        settings = resolve_settings(invocation.url)
        return Setting(key, settings.url, settings.source_of_url)
    if key == "output":
        return Setting(key, *invocation.find_output())
    if os.environ.get(CACHE_VARIABLE):
        return Setting(key, str(cache_home()), CACHE_VARIABLE)
    return Setting(key, str(cache_home()), "settings file" if key in load_config() else "default")
