"""A file splits at 300 lines and fails at 400; a function is looked at from 30 and fails at 50. No exceptions."""

from tests.architecture.sources import ROOT, Function, functions, parsed, place, source_files

FILE_LINES = 400
FUNCTION_LINES = 50


def test_no_file_has_more_than_400_lines() -> None:
    sizes = {file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in source_files()}
    large = [f"{file} has {size} lines" for file, size in sizes.items() if size > FILE_LINES]
    assert not large, "\n".join(large)


def test_no_function_has_more_than_50_lines() -> None:
    long = [
        f"{place(file, function)} {function.name} has {_lines(function)} lines"
        for file in source_files()
        for function in functions(parsed(file))
        if _lines(function) > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1
