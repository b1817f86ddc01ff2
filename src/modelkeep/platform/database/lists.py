"""Lists: filter, one order, keyset paging. The shape that every list shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Integer, bindparam, literal, tuple_
from sqlalchemy.orm import Session

from modelkeep.kernel.clock import timestamp
from modelkeep.kernel.filters import FilterSyntaxError, OrderTerm, parse_order
from modelkeep.kernel.paging import InvalidPageTokenError, Page, PageRequest, PositionValue, decode_token, encode_token
from modelkeep.platform.database import AnyRow, AnySelect
from modelkeep.platform.database.criteria import Column

V = TypeVar("V")

_LIMIT: Final = bindparam("page_limit", type_=Integer())


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A column that a list can be ordered by, and the type its values have in a page token."""

    column: Column
    kind: type[str] | type[int] | type[float] | type[datetime]

    def portable(self, value: object) -> PositionValue:
        """Return a value of the column as a page token holds it."""
        return timestamp(value) if isinstance(value, datetime) else value  # type: ignore[return-value]  # by `kind`

    def bound(self, value: PositionValue) -> object:
        """Return a value of a page token as the column compares it.

        Raises:
            InvalidPageTokenError: the value is no time, and the column holds times.
        """
        if self.kind is not datetime:
            return value
        try:
            moment = datetime.fromisoformat(str(value))
            if timestamp(moment) == value:
                return moment
        except (ValueError, OverflowError):
            pass
        raise InvalidPageTokenError("This page token was altered: start again without a token.")


class BoundSelect(NamedTuple):
    """A query with the values of its named parameters: one that is built once, and executed for many."""

    rows: AnySelect
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListPlan:
    """The query of a list in its order and with the limit of a page, what orders it, and the id that breaks ties.

    One that is kept is compiled once, for all pages and callers; see `planned`.
    """

    rows: AnySelect
    key: OrderKey
    identity: Column
    descending: bool


def planned(rows: AnySelect, key: OrderKey, identity: Column, *, descending: bool) -> ListPlan:
    """Return the plan of a list: a query, ordered by a key and then by the id in the same direction.

    The query's columns must end with the order column and the id.
    """
    columns = (key.column,) if key.column is identity else (key.column, identity)
    directed = [column.desc() if descending else column.asc() for column in columns]
    return ListPlan(rows.order_by(*directed).limit(_LIMIT), key, identity, descending)


def single_order(text: str, default: OrderTerm) -> OrderTerm:
    """Return the one term a list is ordered by.

    Raises:
        FilterSyntaxError: the text is not an order, or has several terms.
    """
    terms = parse_order(text)
    if len(terms) > 1:
        raise FilterSyntaxError.at(text, terms[1].field.position, "A list is ordered by one field")
    return terms[0] if terms else default


def unknown_order(text: str, term: OrderTerm, known: Mapping[str, object]) -> FilterSyntaxError:
    """Return the error for an order by a field that has none."""
    problem = f"'{term.field}' is nothing to order by; there are {', '.join(sorted(known))}"
    return FilterSyntaxError.at(text, term.field.position, problem)


def fetch_page(
    session: Session,
    query: "AnySelect | BoundSelect",
    *,
    request: PageRequest,
    scope: str,
    order: tuple[OrderKey, Column, bool],
    build: Callable[[AnyRow], V],
) -> Page[V]:
    """Return one page of a query, ordered by a key and then by the id in the same direction.

    The query's columns must end with the order column and the id.

    Raises:
        InvalidPageTokenError: the token is not one of this list.
    """
    key, identity, descending = order
    rows, values = query if isinstance(query, BoundSelect) else (query, {})
    plan = planned(rows, key, identity, descending=descending)
    return fetch_planned(session, plan, values, request=request, scope=scope, build=build)


def fetch_planned(
    session: Session,
    plan: ListPlan,
    values: Mapping[str, Any],
    *,
    request: PageRequest,
    scope: str,
    build: Callable[[AnyRow], V],
) -> Page[V]:
    """Return one page of a plan, executed with the values of its other parameters.

    Raises:
        InvalidPageTokenError: the token is not one of this list.
    """
    rows, key = plan.rows, plan.key
    if request.token is not None:
        kind = str if key.kind is datetime else key.kind
        value, last_id = decode_token(request.token, scope, (kind, str))
        seen = tuple_(literal(key.bound(value), key.column.type), last_id)  # else a time is bound as SQLite's own text
        place = tuple_(key.column, plan.identity)
        rows = rows.where(place < seen if plan.descending else place > seen)
    found = session.execute(rows, {**values, "page_limit": request.size + 1}).all()
    items = tuple(build(row) for row in found[: request.size])
    if len(found) <= request.size:
        return Page(items)
    last = found[request.size - 1]
    return Page(items, encode_token((key.portable(last[-2]), last[-1]), scope))


def page_by_id(
    session: Session, query: BoundSelect, *, request: PageRequest, scope: str, build: Callable[[AnyRow], V]
) -> Page[V]:
    """Return one page of a query that begins with a column `id`, newest first: ids grow with time.

    Raises:
        InvalidPageTokenError: the token is not one of this list.
    """
    identity = query.rows.selected_columns[0]
    ordered = BoundSelect(query.rows.add_columns(identity, identity), query.values)
    order = (OrderKey(identity, str), identity, True)
    return fetch_page(session, ordered, request=request, scope=scope, order=order, build=build)
