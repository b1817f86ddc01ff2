"""Another domain, and every facade, imports a domain's package root and nothing below it."""

import grimp
import pytest

DOMAINS = "modelkeep.domains."
MIGRATIONS = "modelkeep.app.migrations."


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("modelkeep", cache_dir=None)


def test_only_package_roots_of_domains_are_imported_from_outside(graph: grimp.ImportGraph) -> None:
    trespassing = [
        f"{importer} -> {imported}"
        for importer, imported in _imports(graph)
        if imported.startswith(DOMAINS)
        and _domain(imported) != imported
        and _domain(imported) != _domain(importer)
        and not importer.startswith(MIGRATIONS)
    ]
    assert not trespassing, "\n".join(trespassing)


def test_migrations_see_of_a_domain_its_tables_only(graph: grimp.ImportGraph) -> None:
    trespassing = [
        f"{importer} -> {imported}"
        for importer, imported in _imports(graph)
        if importer.startswith(MIGRATIONS) and imported.startswith(DOMAINS) and imported.split(".")[3:4] != ["tables"]
    ]
    assert not trespassing, "\n".join(trespassing)


def test_a_facade_knows_no_other_facade(graph: grimp.ImportGraph) -> None:
    trespassing = [
        f"{importer} -> {imported}"
        for importer, imported in _imports(graph)
        if _facade(importer) and _facade(imported) and _facade(importer) != _facade(imported)
    ]
    assert not trespassing, "\n".join(trespassing)


def _imports(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    return sorted(
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    )


def _domain(module: str) -> str:
    """Return the package root of the domain a module belongs to."""
    return ".".join(module.split(".")[:3])


def _facade(module: str) -> str:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["modelkeep", "api"] and len(parts) > 2 else ""
