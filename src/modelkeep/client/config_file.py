"""The file of the client's settings: `$XDG_CONFIG_HOME/modelkeep/config.toml`, by default under `~/.config`.

    url = "https://models.example.org"
    output = "table"
    cache_dir = "/data/modelkeep-cache"

It holds no secret: tokens are in the credentials file. Flags and environment variables go before it.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from modelkeep.client.credentials import config_home, registry_key
from modelkeep.client.errors import InvalidSettingError

OUTPUTS: Final = ("table", "json")


def config_path() -> Path:
    """Return where the file is, or would be."""
    return config_home() / "config.toml"


def load_config() -> Mapping[str, str]:
    """Return the settings in the file that are known here; those of newer programs are passed over.

    Raises:
        InvalidSettingError: the file cannot be read, is no TOML, or holds a value that its setting cannot have.
    """
    document = _parse(_read())
    return {key: check_setting(key, document[key]) for key in SETTINGS if key in document}


def check_setting(key: str, value: object) -> str:
    """Return the value of a setting as it is kept.

    Raises:
        InvalidSettingError: there is no such setting, or this cannot be its value.
    """
    check = SETTINGS.get(key)
    if check is None:
        raise InvalidSettingError(f"There is no setting {key!r}; there are {', '.join(SETTINGS)}.")
    if not isinstance(value, str) or not value or not value.isprintable():
        raise InvalidSettingError(f"The setting {key!r} is one line of text.")
    return check(value)


def save_setting(key: str, value: str) -> Path:
    """Write one setting into the file and return the file; whatever else it holds stays, comments included.

    Raises:
        InvalidSettingError: there is no such setting, this cannot be its value, or the file is broken.
    """
    checked = check_setting(key, value)
    return _change(key, checked, f"{key} = {json.dumps(checked, ensure_ascii=False)}\n")


def remove_setting(key: str) -> Path:
    """Take one setting out of the file and return the file; whatever else it holds stays.

    Raises:
        InvalidSettingError: the file is broken.
    """
    return _change(key, None, "")


def _read() -> str:
    path = config_path()
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise _broken(str(error)) from error


def _parse(text: str) -> Mapping[str, object]:
    import tomllib  # noqa: PLC0415 - most programs have no such file, and need no parser

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(str(error)) from error


def _broken(reason: str) -> InvalidSettingError:
    path = config_path()
    return InvalidSettingError(
        f"The settings file {path} cannot be used ({reason}): repair or delete it.", path=str(path)
    )


def _change(key: str, value: str | None, line: str) -> Path:
    path = config_path()
    changed = _with_line(_read(), key, line)
    if _parse(changed).get(key) != value:
        raise _broken(f"{key!r} is written in a way that this program leaves alone")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(path, changed)
    return path


def _with_line(text: str, key: str, line: str) -> str:
    """Return the text with the line of a key exchanged; a new one goes before the first table, where it belongs."""
    text = text if text.endswith("\n") or not text else f"{text}\n"
    head, table, rest = _split_at_table(text)
    changed, count = re.subn(rf"^[ \t]*\"?{key}\"?[ \t]*=.*\n", lambda _: line, head, flags=re.MULTILINE)
    return f"{changed}{'' if count else line}{table}{rest}"


def _split_at_table(text: str) -> tuple[str, str, str]:
    found = re.search(r"^[ \t]*\[", text, flags=re.MULTILINE)
    return (text, "", "") if found is None else (text[: found.start()], found.group(), text[found.end() :])


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _check_url(value: str) -> str:
    registry_key(value)
    return value.strip().rstrip("/")


def _check_output(value: str) -> str:
    if value not in OUTPUTS:
        raise InvalidSettingError(f"The output is {' or '.join(OUTPUTS)}, not {value!r}.")
    return value


def _check_folder(value: str) -> str:
    folder = Path(value).expanduser()
    if not folder.is_absolute():
        raise InvalidSettingError(f"The cache's folder is an absolute path, or begins with ~; {value!r} is neither.")
    return str(folder)


SETTINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "url": _check_url,
    "output": _check_output,
    "cache_dir": _check_folder,
}
"""What can be set, and what decides whether a value will do; each is also the variable `MODELKEEP_<NAME>`."""
