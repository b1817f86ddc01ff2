"""Formats of numbers and text that nothing can be hidden in, if they are whole."""

import codecs
import json
from typing import Final

from modelkeep.domains.inspection.domain.scanning.pieces import Piece, Scan
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, data_only, unknown

_MOST_HEADER: Final = 100_000_000
_LENGTH: Final = 8
_TEXTS: Final = (
    ".cfg", ".csv", ".jinja", ".json", ".jsonl", ".license", ".md", ".merges", ".rst", ".toml", ".tsv", ".txt",
    ".vocab", ".yaml", ".yml",
)  # fmt: skip
_TEXT_NAMES: Final = ("conda.yaml", "license", "mlmodel", "notice", "readme", "version", ".gitattributes", ".gitignore")


def scan_json_header(scan: Scan, piece: Piece, head: bytes) -> ScanReport:
    """Look at a file of safetensors: a header in JSON, and numbers. Who reads it checks where they are."""
    del scan
    length = int.from_bytes(head[:_LENGTH], "little")
    if len(head) <= _LENGTH or length > _MOST_HEADER:
        return unknown(piece.path, "it is no file of safetensors")
    piece.file.read(_LENGTH)
    try:
        header = json.loads(piece.file.read(length).decode())
    except (ValueError, RecursionError):
        return unknown(piece.path, "it is no file of safetensors")
    if not isinstance(header, dict):
        return unknown(piece.path, "it is no file of safetensors")
    return data_only("safetensors")


def scan_text(scan: Scan, piece: Piece, head: bytes) -> ScanReport:
    """Look at a text, to its end; whatever is no text, or not named as one, is unknown."""
    del scan
    if not piece.name.endswith(_TEXTS) and piece.name not in _TEXT_NAMES:
        return unknown(piece.path, "its format is not known")
    decoder = codecs.getincrementaldecoder("utf-8")()
    del head
    try:
        while data := piece.file.read(2**20):
            if "\0" in decoder.decode(data):
                return unknown(piece.path, "it is no text")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return unknown(piece.path, "it is no text")
    return data_only("text")
