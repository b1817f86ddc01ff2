"""Formats of numbers and text that nothing can be hidden in, if they are whole."""

import codecs
import re
from typing import Final

from modelkeep.domains.inspection.domain.scanning.pieces import Piece, Scan
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, data_only, unknown
from modelkeep.domains.inspection.domain.scanning.templates import template_findings

DATA_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"ARROW1")
DATA_NAMES: Final = re.compile(r"variables\.(data-\d{5}-of-\d{5}|index)|checkpoint")
_MOST_TEMPLATE: Final = 16 * 2**20
_TEXTS: Final = (
    ".cfg", ".csv", ".jinja", ".jinja2", ".json", ".jsonl", ".license", ".md", ".merges", ".rst", ".toml", ".tsv",
    ".txt", ".vocab", ".yaml", ".yml",
)  # fmt: skip
_TEMPLATES: Final = (".jinja", ".jinja2", "tokenizer_config.json", "chat_template.json", "processor_config.json")
_TEXT_NAMES: Final = ("conda.yaml", "license", "mlmodel", "notice", "readme", "version", ".gitattributes", ".gitignore")


def scan_data(scan: Scan, piece: Piece, head: bytes) -> ScanReport:
    """Take a picture or a table as what it begins as: nothing that loads models loads it."""
    del scan, piece, head
    return data_only("data")


def scan_text(scan: Scan, piece: Piece, head: bytes) -> ScanReport:
    """Look at a text, to its end; whatever is no text, or not named as one, is unknown."""
    del scan
    if not piece.name.endswith(_TEXTS) and piece.name not in _TEXT_NAMES:
        return unknown(piece.path, "its format is not known")
    del head
    decoder, template = codecs.getincrementaldecoder("utf-8")(), ""
    may_be_template = piece.name.endswith(_TEMPLATES)
    try:
        while data := piece.file.read(2**20):
            text = decoder.decode(data)
            if "\0" in text:
                return unknown(piece.path, "it is no text")
            if may_be_template:
                template += text
            if len(template) > _MOST_TEMPLATE:
                return unknown(piece.path, "a template is longer than is looked at")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return unknown(piece.path, "it is no text")
    findings = tuple(template_findings(piece.path, template))
    return code_capable("template", *findings) if findings else data_only("text")
