"""Files that only seem to be evidence packs."""

import struct
from pathlib import Path

import pytest

from modelkeep.client.verify_pack import InvalidPackError, verify_pack
from modelkeep.kernel.evidence import MAX_FILES


def test_a_file_that_names_more_files_than_a_pack_can_have_is_none(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    directory = entry * (MAX_FILES + 2)
    pack = tmp_path / "pack.zip"
    pack.write_bytes(directory + b"PK\x05\x06" + bytes(8) + struct.pack("<IIH", len(directory), 0, 0))
    with pytest.raises(InvalidPackError, match=f"more than {MAX_FILES} files"):
        verify_pack(pack)
