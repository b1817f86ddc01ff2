"""How the questions that touch many versions behave as a registry grows."""

import time
from collections.abc import Iterator
from urllib.parse import quote

from benchmarks.modelkeep_server import Api, Home
from benchmarks.report import Table, load, middle
from benchmarks.seeding import Shape, seed, store_content
from benchmarks.workspace import Options, say, scratch

_REPEATS = 15
_SECONDS = 20


def run(options: Options) -> Iterator[Table]:
    """Ask one after the other, of a registry on SQLite; each question has its own worst time beside the median."""
    shape = Shape(5_000 if options.quick else 1_000_000 if options.large else 50_000)
    with scratch("scale") as folder:
        home = Home(folder)
        with home.start() as server:
            server.wait("/readyz")
            api = Api(server.port, home.token())
            manifest = store_content(api)
            say(f"seeding {shape.versions:,} versions")
            started = time.perf_counter()
            seed(home, manifest, shape)
            size = sum(file.stat().st_size for file in home.data.glob("modelkeep.db*"))
            table = Table(
                f"{shape.versions:,} versions on SQLite, one client", ("request", "median ms", "slowest ms", "load")
            )
            table.notes.append(
                f"Seeded in {time.perf_counter() - started:.0f} s; the database has {size / 1e6:,.0f} MB."
            )
            for name, path in _questions(shape):
                times = sorted(_repeated(api, path))
                table.add(name, f"{middle(times):.1f}", f"{times[-1]:.1f}", load())
                say(f"  {name}: {middle(times):.1f} ms")
            yield table


def _questions(shape: Shape) -> Iterator[tuple[str, str]]:
    middle_model = shape.models // 2
    yield "resolve an alias", f"/resolve?reference=bench/m{middle_model}@champion"
    yield "resolve a range (`^1`)", f"/resolve?reference={quote(f'bench/m{middle_model}:^1')}"
    yield "resolve the newest", f"/resolve?reference=bench/m{middle_model}"
    yield "list models, first page of 100", "/models?page_size=100"
    yield "list versions of all models, first page of 100", "/versions?page_size=100"
    yield "one tag (1 %), page of 100", _search("tag.team = 'team-0'")
    yield "two tags (1 %, all), page of 100", _search("tag.team = 'team-0' and tag.framework = 'sklearn'")
    yield "a tag that one version has", _search(f"tag.run = 'run-{middle_model * 10}'")
    yield "a tag that no version has", _search("tag.team = 'nobody'")
    yield "metric.auc >= 0.999 (0.1 %)", _search("metric.auc >= 0.999")
    yield "metric.auc >= 0.5 (50 %)", _search("metric.auc >= 0.5")
    yield "order by metric.auc desc", "/versions?page_size=100&order=" + quote("metric.auc desc")
    yield "one tag (1 %), by metric.auc desc", _search("tag.team = 'team-0'") + "&order=" + quote("metric.auc desc")
    yield "name ~ 'bench/m77*'", _search("name ~ 'bench/m77*'")
    yield "version >= 1.0.9 (10 %)", _search("version >= 1.0.9")
    yield "name ~ '*nothing*' (no match)", _search("name ~ '*nothing*'")


def _search(text: str) -> str:
    return f"/versions?page_size=100&filter={quote(text)}"


def _repeated(api: Api, path: str) -> Iterator[float]:
    started = time.perf_counter()
    for _ in range(_REPEATS):
        yield _milliseconds(api, path)
        if time.perf_counter() - started > _SECONDS:
            return


def _milliseconds(api: Api, path: str) -> float:
    started = time.perf_counter()
    api.call("GET", path)
    return (time.perf_counter() - started) * 1000
