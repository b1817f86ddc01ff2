import subprocess
from pathlib import Path

import pytest

from modelkeep.client.training_code import detect_training_code


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607 - any git
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    git(tmp_path, "init", "-q")
    (tmp_path / "train.py").write_text("print()")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-q", "-m", "Train")
    return tmp_path


def test_the_commit_is_found_and_is_clean(repository: Path) -> None:
    (repository / "untracked").write_text("x")
    found = detect_training_code(repository)
    assert found is not None
    assert (found.commit, found.dirty, found.repository) == (git(repository, "rev-parse", "HEAD"), False, None)


def test_a_changed_file_makes_it_dirty(repository: Path) -> None:
    (repository / "train.py").write_text("changed")
    found = detect_training_code(repository)
    assert found is not None
    assert found.dirty


def test_the_password_in_an_address_is_not_recorded(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://me:secret@git.example.org/team/repo.git")
    found = detect_training_code(repository)
    assert found is not None
    assert found.repository == "https://git.example.org/team/repo.git"


def test_the_running_script_is_the_entry_point_where_it_is_in_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [str(repository / "train.py")])
    found = detect_training_code(repository)
    assert found is not None
    assert found.entry_point == "train.py"


def test_outside_of_a_repository_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert detect_training_code(tmp_path) is None
