"""Graphs of operators: ONNX and TensorFlow. Which operators they have, and which files they reach for.

Sources: `onnx.proto`, `saved_model.proto`, `graph.proto` and `function.proto`.
"""

import re
from collections.abc import Iterator
from typing import Final

from modelkeep.domains.inspection.domain.formats.protobuf import MOST_NESTING, WireField, fields
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window
from modelkeep.domains.inspection.domain.scanning.keras import scan_keras_json
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, data_only
from modelkeep.domains.inspection.domain.verdicts import Finding, Verdict

_ONNX_DOMAINS: Final = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training", "ai.onnx.training"}
_ONNX_DOMAINS_OF_RUNTIMES: Final = {"com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc"}
_ONNX_GRAPH: Final = 7
_OUTSIDE: Final = re.compile(r"^(?:[/\\~]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)|://")
_TOUCHES_FILES: Final = {
    "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc", "WholeFileReader",
    "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "TextLineDataset", "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2", "TFRecordDataset", "TFRecordDatasetV2", "DebugIdentity", "DebugIdentityV2",
    "DebugNanCount", "DebugNumericSummary", "DebugNumericSummaryV2", "RemoteCall", "RpcCall", "RpcClient", "RpcServer",
    "WriteSummary", "WriteRawProtoSummary", "WriteGraphSummary", "CreateSummaryFileWriter", "CreateSummaryDbWriter",
    "DatasetToTFRecord", "SaveDataset", "SaveDatasetV2", "LoadDataset", "SnapshotDataset", "SnapshotDatasetV2",
}  # fmt: skip


def scan_onnx(path: str, window: Window) -> ScanReport:
    """Look at every operator and every tensor that lies in another file."""
    domains: set[str] = set()
    places: set[str] = set()
    has_graph = False
    for part in fields(window, 0, window.size):
        has_graph = has_graph or part.number == _ONNX_GRAPH
        _onnx_model(part, domains, places)
    if not has_graph:
        raise UnreadableFileError("it holds no graph")
    outside = [place for place in sorted(places) if _OUTSIDE.search(place)]
    findings = [
        Finding.of("onnx.outside_file", Verdict.MALICIOUS, path, f"its weights lie outside of its folder: {place}")
        for place in outside
    ]
    custom = sorted(domains - _ONNX_DOMAINS - _ONNX_DOMAINS_OF_RUNTIMES)
    findings += [
        Finding.of("onnx.custom_operator", Verdict.SUSPICIOUS, path, f"its operators need code of their own: {domain}")
        for domain in custom
    ]
    return code_capable("onnx", *findings) if findings else data_only("onnx")


def _onnx_model(part: WireField, domains: set[str], places: set[str]) -> None:
    if part.number == _ONNX_GRAPH:
        _onnx_graph(part, domains, places, 0)
    elif part.number == 20:  # noqa: PLR2004 # training: two graphs
        for graph in part.fields():
            if graph.is_bytes and graph.number in {1, 2}:
                _onnx_graph(graph, domains, places, 0)
    elif part.number == 25:  # noqa: PLR2004 # function
        for node in part.fields():
            if node.number == 7:  # noqa: PLR2004 # node
                _onnx_node(node, domains, places, 0)


def _onnx_graph(graph: WireField, domains: set[str], places: set[str], depth: int) -> None:
    if depth > MOST_NESTING:
        raise UnreadableFileError("its graphs are nested too deep")
    for part in graph.fields():
        if part.number == 1:
            _onnx_node(part, domains, places, depth)
        elif part.number == 5:  # noqa: PLR2004 # initializer
            places.update(_onnx_places(part))
        elif part.number == 15:  # noqa: PLR2004 # sparse initializer: two tensors
            _onnx_sparse(part, places)


def _onnx_node(node: WireField, domains: set[str], places: set[str], depth: int) -> None:
    for part in node.fields():
        if part.number == 7:  # noqa: PLR2004 # domain
            domains.add(part.text)
        elif part.number == 5:  # noqa: PLR2004 # attribute
            for item in part.fields():
                if item.number in {5, 10}:
                    places.update(_onnx_places(item))
                elif item.number in {6, 11}:
                    _onnx_graph(item, domains, places, depth + 1)
                elif item.number in {22, 23}:
                    _onnx_sparse(item, places)


def _onnx_sparse(part: WireField, places: set[str]) -> None:
    for tensor in part.fields():
        if tensor.number in {1, 2}:
            places.update(_onnx_places(tensor))


def _onnx_places(tensor: WireField) -> Iterator[str]:
    for part in tensor.fields():
        if part.number == 13:  # noqa: PLR2004 # external data: pairs of texts
            texts = {item.number: item.text for item in part.fields()}
            if texts.get(1) == "location":
                yield texts.get(2, "")


def scan_saved_model(path: str, window: Window) -> ScanReport:
    """Look at every operator of every graph, and of the functions in it."""
    metas = [part for part in fields(window, 0, window.size) if part.number == 2]  # noqa: PLR2004 # graphs
    operators = {operator for meta in metas for operator in _operators(meta)}
    if not operators:
        raise UnreadableFileError("it holds no graph")
    findings = [
        Finding.of("saved_model.operator", Verdict.MALICIOUS, path, f"it has the operator {operator}")
        for operator in sorted(operators & _TOUCHES_FILES)
    ]
    return code_capable("saved-model", *findings)


def _operators(meta_graph: WireField) -> Iterator[str]:
    for graph in meta_graph.fields():
        if graph.number != 2:  # noqa: PLR2004 # graph_def
            continue
        for part in graph.fields():
            if part.number == 1:
                yield from _operator(part)
            elif part.number == 2:  # noqa: PLR2004 # library of functions
                yield from _operators_of_functions(part)


def _operators_of_functions(library: WireField) -> Iterator[str]:
    for function in library.fields():
        if function.number == 1:
            for node in function.fields():
                if node.number == 3:  # noqa: PLR2004 # node_def
                    yield from _operator(node)


def _operator(node: WireField) -> Iterator[str]:
    return (part.text for part in node.fields() if part.number == 2)  # noqa: PLR2004 # op


def scan_keras_metadata(path: str, window: Window) -> ScanReport:
    """Look at the configurations beside a SavedModel (`keras_metadata.pb`)."""
    found: list[Finding] = []
    for node in fields(window, 0, window.size):
        if node.number == 1:
            for part in node.fields():
                if part.is_bytes and part.end > part.start and window.read(part.start, 1) == b"{":
                    found += scan_keras_json(
                        path, window.text(part.start, part.end - part.start, 2**24).encode()
                    ).findings
    return code_capable("keras-metadata", *dict.fromkeys(found))
