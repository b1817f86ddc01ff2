"""How often something may be asked: moving windows, in this process or in the database that processes share."""

from modelkeep.platform.throttling.throttle import Rate, Throttle, TooManyRequestsError

__all__ = ["Rate", "Throttle", "TooManyRequestsError"]
