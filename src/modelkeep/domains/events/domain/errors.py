"""What can be wrong with a subscription."""

from modelkeep.kernel.errors import InvalidValueError, Kind, RegistryError


class InvalidSubscriptionError(InvalidValueError):
    """A subscription selects nothing there can be, or names no place to send to."""

    code = "events.invalid_subscription"


class SubscriptionNotFoundError(RegistryError):
    """There is no such subscription, or it is not for this caller to see."""

    kind = Kind.NOT_FOUND
    code = "events.subscription_not_found"


class EventNotFoundError(RegistryError):
    """The log has no such event, or the subscription does not select it."""

    kind = Kind.NOT_FOUND
    code = "events.event_not_found"


class TooManySubscriptionsError(RegistryError):
    """A registry has only so many subscriptions."""

    kind = Kind.LIMIT_EXCEEDED
    code = "events.too_many_subscriptions"


class AlertsNotInstalledError(RegistryError):
    """The server lacks what sends alerts."""

    kind = Kind.UNAVAILABLE
    code = "events.alerts_not_installed"


class JobNotFoundError(RegistryError):
    """There is no such background job, or it is not in a state for this."""

    kind = Kind.NOT_FOUND
    code = "events.job_not_found"
