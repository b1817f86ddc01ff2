"""What a pickle would import and call, found by walking its opcodes; nothing is ever imported, called or built."""

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.pickles.inspection import PickleReport, inspect_pickles, looks_like_pickle
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream

__all__ = ["AllowList", "ByteStream", "PickleReport", "inspect_pickles", "looks_like_pickle"]
