"""What other domains do with the catalog in transactions of theirs."""

from modelkeep.domains.catalog.operations.erasing import forget_past
from modelkeep.domains.catalog.operations.permitted import permitted_model, permitted_version

__all__ = ["forget_past", "permitted_model", "permitted_version"]
