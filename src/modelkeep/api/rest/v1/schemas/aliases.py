"""Aliases and stages on the wire."""

from typing import Literal, Self

from pydantic import Field

from modelkeep.api.rest.v1.schemas.common import In, Names, Out, PrincipalOut, ReceiptOut, Timestamp
from modelkeep.domains.catalog import AliasInterval, StageInterval, Standing, TagInterval
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
    audit: ReceiptOut | None = None

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
            audit=ReceiptOut.of(interval.entry),
        )


class TagOut(Out):
    """The value a tag had, from one moment to another; `until` is null for now."""

    key: str
    value: str
    since: Timestamp
    set_by: PrincipalOut
    until: Timestamp | None
    ended_by: PrincipalOut | None
    audit: ReceiptOut | None

    @classmethod
    def of(cls, interval: TagInterval, names: Names) -> Self:
        """Present an interval."""
        return cls(
            key=interval.key,
            value=interval.value,
            since=interval.since,
            set_by=PrincipalOut.of(interval.set_by, names),
            until=interval.until,
            ended_by=None if interval.ended_by is None else PrincipalOut.of(interval.ended_by, names),
            audit=ReceiptOut.of(interval.entry),
        )


class StandingOut(Out):
    """The alias or stage that led to a version: since when it has it, who made it so, and the entry of that."""

    kind: Literal["alias", "stage"]
    name: str
    since: Timestamp
    set_by: PrincipalOut
    audit: ReceiptOut | None

    @classmethod
    def of(cls, standing: Standing, names: Names) -> Self:
        """Present it."""
        return cls(
            kind="stage" if standing.is_stage else "alias",
            name=standing.name,
            since=standing.since,
            set_by=PrincipalOut.of(standing.set_by, names),
            audit=ReceiptOut.of(standing.entry),
        )
