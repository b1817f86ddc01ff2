"""Background work of governance."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from modelkeep.domains.governance.service.counter_signing import CounterSigner
from modelkeep.domains.governance.service.promotion.emergencies import AT_ONCE as EMERGENCIES_AT_ONCE
from modelkeep.domains.governance.service.promotion.emergencies import EmergencyService
from modelkeep.domains.governance.service.promotion.upkeep import AT_ONCE, SYSTEM, Upkeep
from modelkeep.domains.governance.service.waivers import WaiverService
from modelkeep.platform.jobs import Again, JobKind, Outcome, Work, every

LAPSES: Final = "governance.note_lapses"
COUNTER_SIGNING: Final = "governance.counter_sign"
_IDLE: Final = timedelta(days=1)
_EVERY: Final = timedelta(minutes=1)


def job_kinds(upkeep: Upkeep, emergencies: EmergencyService, waivers: WaiverService) -> Sequence[JobKind]:
    """Return the background work of this domain."""

    def note_lapses(_work: Work) -> Outcome:
        return Again(timedelta() if upkeep.note_lapses() >= AT_ONCE else _IDLE)

    return (
        JobKind(LAPSES, note_lapses, recurring=True, wanted=lambda: (LAPSES,) if upkeep.behind() else ()),
        every(_EVERY, "governance.keep_time", upkeep.keep_time, batch=AT_ONCE),
        every(_EVERY, "governance.end_emergencies", lambda: emergencies.end_expired(SYSTEM), batch=EMERGENCIES_AT_ONCE),
        every(
            _EVERY,
            "governance.note_expired_waivers",
            lambda: waivers.note_expired(SYSTEM, AT_ONCE),
            batch=AT_ONCE,
        ),
    )


def counter_signing(signer: CounterSigner) -> JobKind:
    """Return the background work that signs promotions, as soon as they are made."""

    def sign(_work: Work) -> Outcome:
        return Again(timedelta() if signer.sign_promotions() >= AT_ONCE else _IDLE)

    return JobKind(COUNTER_SIGNING, sign, recurring=True, wanted=lambda: (COUNTER_SIGNING,) if signer.behind() else ())
