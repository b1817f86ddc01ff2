"""The documentation builds without a warning, and a browser that reads it asks no other host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//"""
    r"""|<link\b(?![^>]*\brel=["']?canonical)[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//""",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_pages_and_styles_load_nothing_from_another_host(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert pages
    asked = [f"{page.relative_to(site)}: {found[0]}" for page in pages for found in LOADED.finditer(page.read_text())]
    assert not asked, "\n".join(asked)


def test_search_has_an_index_of_its_own(site: Path) -> None:
    assert "metric.auc" in (site / "search" / "search_index.json").read_text(encoding="utf-8")


def test_no_page_needs_a_script_that_the_theme_would_fetch_elsewhere(site: Path) -> None:
    """Material loads mermaid from a public host when a page has such a diagram."""
    assert not [page.name for page in site.rglob("*.html") if 'class="mermaid"' in page.read_text(encoding="utf-8")]
