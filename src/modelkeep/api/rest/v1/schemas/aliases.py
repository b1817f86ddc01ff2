"""Aliases and stages on the wire."""

from typing import Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.catalog import AliasInterval, StageInterval
from modelkeep.kernel.events import Receipt


class AliasIn(In):
    """Where an alias is to point."""

    version: str = Field(
        description="A number, an exact version, a range, a digest or another alias", examples=["1.4.0"]
    )


class AliasOut(Out):
    """What an alias points to, from one moment to another; `until` is null for now."""

    name: str
    version_id: str
    number: int
    version: str
    since: Timestamp
    set_by: PrincipalOut
    revision: int
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None = None

    @classmethod
    def of(cls, interval: AliasInterval, names: Names, receipt: Receipt | None = None) -> Self:
        """Present an interval."""
        return cls(
            name=interval.name,
            version_id=interval.version_id,
            number=interval.number,
            version=str(interval.version),
            since=interval.since,
            set_by=PrincipalOut.of(interval.set_by, names),
            revision=interval.revision,
            until=interval.until,
            ended_by=None if interval.ended_by is None else PrincipalOut.of(interval.ended_by, names),
            audit=ReceiptOut.of(receipt),
        )


class StageOut(Out):
    """The stage a version held, from one moment to another; `until` is null for now."""

    version_id: str
    number: int
    version: str
    stage: str
    since: Timestamp
    set_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None

    @classmethod
    def of(cls, interval: StageInterval, names: Names) -> Self:
        """Present an interval."""
        return cls(
            version_id=interval.version_id,
            number=interval.number,
            version=str(interval.version),
            stage=interval.stage,
            since=interval.since,
            set_by=PrincipalOut.of(interval.set_by, names),
            until=interval.until,
            ended_by=None if interval.ended_by is None else PrincipalOut.of(interval.ended_by, names),
        )
