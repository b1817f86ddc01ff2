"""Requests of everyday use, against a stock mlflow server over the same kind of database with as many processes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from benchmarks.load import Measured, Request, measure
from benchmarks.mlflow_server import VERSION, Mlflow
from benchmarks.modelkeep_server import Api, Home
from benchmarks.postgres import databases
from benchmarks.processes import Server
from benchmarks.report import Table, load, middle
from benchmarks.seeding import Shape, seed, store_content
from benchmarks.workspace import Options, say, scratch

WORKERS: Final = (1, 2)
CONNECTIONS: Final = (1, 16)
_MLFLOW: Final = "/api/2.0/mlflow"


@dataclass(frozen=True)
class Pair:
    """The same question to both registries, and how many times faster ours should answer."""

    ours: Request
    theirs: Request
    aim: int


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds of seconds, alternating between the two; medians are shown."""

    rounds: int
    seconds: int


def run(options: Options) -> Iterator[Table]:
    """Measure resolve, get, create and search, with 1 and 2 worker processes."""
    shape = Shape(5_000 if options.quick else 50_000)
    effort = Effort(1, 2) if options.quick else Effort(3, 3)
    kinds = ("SQLite", "PostgreSQL") if options.postgresql else ("SQLite",)
    for kind in kinds:
        with scratch("registry") as folder, databases(folder, kind, ("ours", "theirs")) as urls:
            home, mlflow = Home(folder / "ours", urls["ours"]), Mlflow(folder / "theirs", urls["theirs"])
            pairs = _prepare(home, mlflow, shape)
            for workers in WORKERS:
                with _both(home, mlflow, workers) as servers:
                    yield _table(kind, workers, shape, _measure(pairs, servers, effort))


def _prepare(home: Home, mlflow: Mlflow, shape: Shape) -> list[Pair]:
    say(f"seeding mlflow with {shape.versions:,} versions")
    mlflow.seed(shape.versions)
    say(f"seeding modelkeep with {shape.versions:,} versions")
    with home.start() as server:
        server.wait("/readyz")
        manifest = store_content(Api(server.port, home.token()))
        seed(home, manifest, shape)
    return _pairs(home.token(), manifest, shape)


def _pairs(token: str, manifest: str, shape: Shape) -> list[Pair]:
    def ours(name: str, method: str, path: str, body: str = "") -> Request:
        return Request(name, method, f"/api/v1{path}", body, token, shape.models)

    def theirs(name: str, method: str, path: str, body: str = "") -> Request:
        return Request(name, method, _MLFLOW + path, body, "", shape.models)

    new = f'{{"manifest_digest":"{manifest}","version":"1.0.{{n}}"}}'
    search = quote("tag.team = 'team-0'")
    their_search = quote("tags.team = 'team-0'")
    return [
        Pair(
            ours("resolve by alias", "GET", "/resolve?reference=bench/m{random}@champion"),
            theirs("resolve by alias", "GET", "/registered-models/alias?name=m{random}&alias=champion"),
            10,
        ),
        Pair(
            ours("get version", "GET", "/models/bench/m{random}/versions/7"),
            theirs("get version", "GET", "/model-versions/get?name=m{random}&version=7"),
            10,
        ),
        Pair(
            ours("create version", "POST", "/models/bench/created/versions", new),
            theirs("create version", "POST", "/model-versions/create", '{"name":"created","source":"s3://b/m"}'),
            5,
        ),
        Pair(
            ours("search by tag, page of 100", "GET", f"/versions?filter={search}&page_size=100"),
            theirs(
                "search by tag, page of 100", "GET", f"/model-versions/search?filter={their_search}&max_results=100"
            ),
            30,
        ),
    ]


@contextmanager
def _both(home: Home, mlflow: Mlflow, workers: int) -> Iterator[tuple[Server, Server]]:
    with ExitStack() as stack:
        ours = stack.enter_context(home.start(workers=workers))
        theirs = stack.enter_context(mlflow.start(workers=workers))
        ours.wait("/readyz")
        theirs.wait("/health")
        theirs.settle()
        yield ours, theirs


@dataclass(frozen=True)
class _Result:
    pair: Pair
    connections: int
    ours: Measured
    theirs: Measured
    load: str


_sent = iter(range(1, 1_000_000))


def _measure(pairs: list[Pair], servers: tuple[Server, Server], effort: Effort) -> Iterator[_Result]:
    for pair in pairs:
        for connections in CONNECTIONS:
            ours, theirs = [], []
            for _ in range(effort.rounds):
                ours.append(_round(servers[0], pair.ours, connections, effort))
                theirs.append(_round(servers[1], pair.theirs, connections, effort))
            result = _Result(pair, connections, _median(ours), _median(theirs), load())
            say(
                f"  {pair.ours.name}, {connections} connections: {result.ours.rate:.0f}/s to {result.theirs.rate:.0f}/s"
            )
            yield result


def _round(server: Server, request: Request, connections: int, effort: Effort) -> Measured:
    counted = Request(**{**vars(request), "first": next(_sent) * 1_000_000})
    return measure(server, counted, connections=connections, seconds=effort.seconds)


def _median(rounds: list[Measured]) -> Measured:
    return Measured(*(middle([getattr(each, name) for each in rounds]) for name in ("rate", "p50", "p99", "cpu")))


def _table(kind: str, workers: int, shape: Shape, results: Iterator[_Result]) -> Table:
    table = Table(
        f"Registry on {kind}, {workers} worker process{'es' if workers > 1 else ''}, {shape.versions:,} versions",
        (
            "request",
            "connections",
            "modelkeep: requests/s",
            "p50 ms",
            "p99 ms",
            "CPU ms",
            f"mlflow {VERSION}: requests/s",
            "p50 ms",
            "p99 ms",
            "CPU ms",
            "requests/s",
            "CPU",
            "aim",
            "load",
        ),
    )
    for result in results:
        table.add(
            result.pair.ours.name,
            result.connections,
            *_cells(result.ours),
            *_cells(result.theirs),
            f"**{result.ours.rate / result.theirs.rate:.1f}x**",
            f"{result.theirs.cpu / result.ours.cpu:.1f}x",
            f"{result.pair.aim}x",
            result.load,
        )
    return table


def _cells(measured: Measured) -> tuple[str, ...]:
    return f"{measured.rate:,.0f}", f"{measured.p50:.1f}", f"{measured.p99:.1f}", f"{measured.cpu:.2f}"
