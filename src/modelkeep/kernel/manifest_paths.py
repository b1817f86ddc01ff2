"""Which file paths a manifest accepts: those that mean the same file on every system they may land on."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise
from typing import Final

from modelkeep.kernel.errors import InvalidValueError

MAX_PATH_BYTES: Final = 1024
MAX_SEGMENT_BYTES: Final = 255
"""The longest name that the usual file systems keep."""

_SHOWN: Final = 200
_LEAST: Final = "\0"
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3]) *(?:\..*)?", re.IGNORECASE
)


class ManifestRule(StrEnum):
    """The rules a manifest can break; the name is in the error's details as `rule`."""

    EMPTY = "empty"
    NOT_UNICODE = "not_unicode"
    CONTROL_CHARACTER = "control_character"
    BACKSLASH = "backslash"
    ABSOLUTE = "absolute"
    COLON = "colon"
    NOT_NFC = "not_nfc"
    PATH_TOO_LONG = "path_too_long"
    EMPTY_SEGMENT = "empty_segment"
    DOT_SEGMENT = "dot_segment"
    TRAILING_DOT_OR_SPACE = "trailing_dot_or_space"
    DEVICE_NAME = "device_name"
    SEGMENT_TOO_LONG = "segment_too_long"
    DUPLICATE = "duplicate"
    COLLISION = "collision"
    FILE_AND_FOLDER = "file_and_folder"
    SIZE = "size"
    DIGEST = "digest"
    MEDIA_TYPE = "media_type"
    MODE = "mode"
    SCHEMA = "schema"
    TOO_MANY_FILES = "too_many_files"
    TOTAL_SIZE = "total_size"


class InvalidManifestError(InvalidValueError):
    """A manifest breaks a rule; `details` name the `rule` and, where one file is at fault, its `path`."""

    code = "kernel.invalid_manifest"

    def __init__(self, rule: ManifestRule, advice: str, *, path: str | None = None) -> None:
        """Say which file breaks which rule, with the path in a form that is safe to print and to send."""
        if path is None:
            super().__init__(f"The manifest breaks the rule {rule}: {advice}.", rule=str(rule))
            return
        cut = _cut(path)
        shown = cut.encode(errors="backslashreplace").decode()
        super().__init__(f"The file path {cut!r} breaks the rule {rule}: {advice}.", rule=str(rule), path=shown)


def _cut(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"


def check_path(path: str, *, max_path_bytes: int = MAX_PATH_BYTES, max_segment_bytes: int = MAX_SEGMENT_BYTES) -> None:
    """Accept a relative path of segments parted by `/`, in NFC, that no system reads as anything else.

    Raises:
        InvalidManifestError: the path breaks one of the rules `EMPTY` to `SEGMENT_TOO_LONG` of `ManifestRule`.
    """
    rule = _broken_by_characters(path) or _broken_by_form(path, max_path_bytes)
    if rule is not None:
        raise InvalidManifestError(rule, _ADVICE[rule], path=path)
    for segment in path.split("/"):
        rule = _broken_by_segment(segment, max_segment_bytes)
        if rule is not None:
            raise InvalidManifestError(rule, _ADVICE[rule], path=path)


def check_together(paths: Iterable[str]) -> None:
    """Accept paths that can lie side by side in one folder, also where case or Unicode form makes no difference.

    Raises:
        InvalidManifestError: a path occurs twice (`DUPLICATE`), two files or folders differ only in case or in Unicode
            form (`COLLISION`), or one name is both a file and a folder (`FILE_AND_FOLDER`).
    """
    # With the separator as the least character, whatever clashes lies next to each other.
    keyed = sorted((_folded(path).replace("/", _LEAST), path) for path in paths)
    for (key, path), (next_key, next_path) in pairwise(keyed):
        if key == next_key:
            raise _clash(path, next_path)
        if next_key.startswith(key + _LEAST):
            advice = "other files lie in a folder of this name; rename one of them"
            raise InvalidManifestError(ManifestRule.FILE_AND_FOLDER, advice, path=path)
        _check_folders(path, next_path)


def _check_folders(path: str, other: str) -> None:
    folders, other_folders = path.rpartition("/")[0], other.rpartition("/")[0]
    if folders == other_folders:
        return
    for name, other_name in zip(folders.split("/"), other_folders.split("/"), strict=False):
        if name != other_name:
            if _folded(name) == _folded(other_name):
                raise _clash(path, other)
            return


def _broken_by_characters(path: str) -> ManifestRule | None:
    if not path:
        return ManifestRule.EMPTY
    if not path.isascii() and not _is_unicode(path):
        return ManifestRule.NOT_UNICODE
    if _CONTROL.search(path):
        return ManifestRule.CONTROL_CHARACTER
    if "\\" in path:
        return ManifestRule.BACKSLASH
    return None


def _broken_by_form(path: str, max_bytes: int) -> ManifestRule | None:
    if path[0] == "/" or _DRIVE.match(path):
        return ManifestRule.ABSOLUTE
    if ":" in path:
        return ManifestRule.COLON
    if len(path.encode()) > max_bytes:
        return ManifestRule.PATH_TOO_LONG
    if not unicodedata.is_normalized("NFC", path):
        return ManifestRule.NOT_NFC
    return None


def _broken_by_segment(segment: str, max_bytes: int) -> ManifestRule | None:
    if not segment:
        return ManifestRule.EMPTY_SEGMENT
    if segment in {".", ".."}:
        return ManifestRule.DOT_SEGMENT
    if segment[-1] in ". ":
        return ManifestRule.TRAILING_DOT_OR_SPACE
    if _DEVICE.fullmatch(segment):
        return ManifestRule.DEVICE_NAME
    if len(segment.encode()) > max_bytes:
        return ManifestRule.SEGMENT_TOO_LONG
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folded(path: str) -> str:
    """Return what paths share that are canonical caseless matches (Unicode, section 3.13, D145)."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())


def _clash(path: str, other: str) -> InvalidManifestError:
    if path == other:
        return InvalidManifestError(ManifestRule.DUPLICATE, "list each file once", path=path)
    advice = f"it and {_cut(other)!r} share a name where case or Unicode form makes no difference; rename one of them"
    return InvalidManifestError(ManifestRule.COLLISION, advice, path=path)


_ADVICE: Final = {
    ManifestRule.EMPTY: "give every file a name",
    ManifestRule.NOT_UNICODE: "the name is not valid Unicode; rename the file",
    ManifestRule.CONTROL_CHARACTER: "rename the file without NUL, control, line-breaking or text-direction characters",
    ManifestRule.BACKSLASH: "part the segments with / and use no backslash",
    ManifestRule.ABSOLUTE: "give the path relative to the model's folder",
    ManifestRule.COLON: "rename the file without a colon, which Windows reads as a drive or a stream",
    ManifestRule.PATH_TOO_LONG: "shorten the path",
    ManifestRule.NOT_NFC: "write the name in Unicode normalisation form C",
    ManifestRule.EMPTY_SEGMENT: "leave out doubled and trailing slashes",
    ManifestRule.DOT_SEGMENT: "leave out . and .. segments",
    ManifestRule.TRAILING_DOT_OR_SPACE: "rename it so that no part ends in a dot or a space, which Windows drops",
    ManifestRule.DEVICE_NAME: "rename it, Windows reads this name as a device",
    ManifestRule.SEGMENT_TOO_LONG: "shorten the names in the path",
}
