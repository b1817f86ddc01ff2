"""Formats other than pickle: what in them runs code or reaches for files."""

import io
import json
import struct

import pytest
from tests.unit.inspection.containers import zipped

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.scanning import ScanReport, scan
from modelkeep.domains.inspection.domain.scanning.templates import template_findings
from modelkeep.domains.inspection.domain.verdicts import FormatPolicy, Verdict


def scanned(name: str, data: bytes) -> ScanReport:
    return scan(io.BytesIO(data), name, AllowList())


def field(number: int, body: bytes | str) -> bytes:
    body = body.encode() if isinstance(body, str) else body
    assert len(body) < 2**14
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    tag = number << 3 | 2
    return (bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])) + length + body


def onnx(graph: bytes, *more: bytes) -> bytes:
    return b"\x08\x08" + field(7, graph) + field(8, field(1, "")) + b"".join(more)


def external(place: str) -> bytes:
    return field(13, field(1, "location") + field(2, place))


NODE = field(1, field(4, "Gemm"))
INNER = field(1, field(7, "evil.ops"))
ONNX_CASES = {
    "honest": (onnx(NODE), Verdict.PASS),
    "weights beside it": (onnx(NODE + field(5, external("weights/model.bin"))), Verdict.PASS),
    "weights above it": (onnx(NODE + field(5, external("../../etc/passwd"))), Verdict.MALICIOUS),
    "weights at the root": (onnx(NODE + field(5, external("/etc/passwd"))), Verdict.MALICIOUS),
    "weights on Windows": (onnx(NODE + field(5, external("C:\\secrets"))), Verdict.MALICIOUS),
    "weights elsewhere": (onnx(NODE + field(5, external("file:///etc/passwd"))), Verdict.MALICIOUS),
    "in an attribute": (onnx(field(1, field(5, field(5, external("../x"))))), Verdict.MALICIOUS),
    "sparse": (onnx(field(15, field(2, external("../x")))), Verdict.MALICIOUS),
    "an operator of its own": (onnx(INNER), Verdict.SUSPICIOUS),
    "in a graph of an attribute": (onnx(field(1, field(5, field(6, INNER)))), Verdict.SUSPICIOUS),
    "in a function": (onnx(NODE, field(25, field(7, field(7, "evil.ops")))), Verdict.SUSPICIOUS),
    "in training": (onnx(NODE, field(20, field(2, INNER))), Verdict.SUSPICIOUS),
    "broken": (onnx(NODE)[:-3], Verdict.INCONCLUSIVE),
    "without a graph": (field(25, field(7, field(4, "Add"))), Verdict.INCONCLUSIVE),
}


@pytest.mark.parametrize("case", ONNX_CASES)
def test_onnx_reaches_for_no_file_and_no_code(case: str) -> None:
    data, verdict = ONNX_CASES[case]
    assert scanned("model.onnx", data).verdict is verdict


@pytest.mark.parametrize(
    ("operator", "verdict"),
    [
        ("MatMul", Verdict.PASS),
        ("WriteFile", Verdict.MALICIOUS),
        ("ReadFile", Verdict.MALICIOUS),
        ("PyFunc", Verdict.MALICIOUS),
    ],
)
def test_a_saved_model_touches_no_file_in_any_graph(operator: str, verdict: Verdict) -> None:
    node = field(2, operator)
    honest = field(2, field(2, field(1, field(2, "MatMul"))))
    assert scanned("saved_model.pb", honest + field(2, field(2, field(1, node)))).verdict is verdict
    assert scanned("saved_model.pb", field(2, field(2, field(2, field(1, field(3, node)))))).verdict is verdict


def test_layers_beside_a_saved_model_hold_no_code() -> None:
    layer = json.dumps({"class_name": "Lambda", "config": {"function": "4wEAAAA="}})
    assert scanned("keras_metadata.pb", field(1, field(4, layer))).verdict is Verdict.SUSPICIOUS
    assert scanned("keras_metadata.pb", field(1, field(4, '{"class_name": "Dense"}'))).verdict is Verdict.PASS


def keras(*layers: object) -> bytes:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": layers}}
    return zipped({"config.json": json.dumps(config).encode(), "metadata.json": b"{}", "model.weights.h5": b"numbers"})


@pytest.mark.parametrize(
    ("layer", "verdict"),
    [
        ({"module": "keras.layers", "class_name": "Dense", "config": {}}, Verdict.PASS),
        ({"module": "keras.layers", "class_name": "Lambda", "config": {}}, Verdict.SUSPICIOUS),
        ({"module": "keras.layers", "class_name": "X", "config": [{"class_name": "__lambda__"}]}, Verdict.SUSPICIOUS),
        ({"module": "builtins", "class_name": "function", "config": "exec"}, Verdict.SUSPICIOUS),
        ({"module": "os", "class_name": "function", "config": "system"}, Verdict.SUSPICIOUS),
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, Verdict.SUSPICIOUS),
        ({"module": "keras.src.models.cloning", "class_name": "function", "config": "x"}, Verdict.SUSPICIOUS),
        ({"module": ["os"], "class_name": "x"}, Verdict.SUSPICIOUS),
        ({"module": None, "class_name": "X", "registered_name": "my>X"}, Verdict.SUSPICIOUS),
        ({"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/x"}}, Verdict.SUSPICIOUS),
    ],
)  # fmt: skip
def test_keras_names_nothing_but_its_own(layer: object, verdict: Verdict) -> None:
    report = scanned("model.keras", keras(layer))
    assert report.verdict is verdict, report.findings
    assert report.policy is FormatPolicy.CODE_CAPABLE


@pytest.mark.parametrize(
    ("node", "verdict"),
    [
        ({"__module__": "builtins", "__class__": "dict", "__loader__": "DictNode"}, Verdict.PASS),
        ({"__module__": "os", "__class__": "system", "__loader__": "TypeNode"}, Verdict.MALICIOUS),
        ({"__module__": "my_company", "__class__": "Model", "__loader__": "ObjectNode"}, Verdict.SUSPICIOUS),
        ({"__module__": "builtins", "__class__": "dict", "__loader__": "MethodNode"}, Verdict.SUSPICIOUS),
        ({"__module__": "builtins", "__class__": "dict", "__loader__": ["DictNode"]}, Verdict.SUSPICIOUS),
    ],
)
def test_skops_builds_nothing_but_what_is_listed(node: object, verdict: Verdict) -> None:
    assert scanned("model.skops", zipped({"schema.json": json.dumps({"content": [node]}).encode()})).verdict is verdict


@pytest.mark.parametrize(
    ("name", "members"),
    [("m.skops", ("schema.json",)), ("m.keras", ("config.json", "metadata.json"))],
)
@pytest.mark.parametrize(
    "document",
    [
        b'{"content": [' + b"[]," * 500_000 + b"[]]}",
        b'{"content": "' + b" " * 2**23 + b'"}',
        b'{"content": NaN}',
        b'{"content": 1, "content": 2}',
    ],
)
def test_json_that_is_too_much_or_too_lax_is_inconclusive(name: str, members: tuple[str, ...], document: bytes) -> None:
    report = scanned(name, zipped({members[0]: document, **dict.fromkeys(members[1:], b"{}")}))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert any("cannot be read" in finding.message for finding in report.findings)


def gguf(template: str) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    return (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("tokenizer.chat_template") + struct.pack("<I", 8) + text(template)
    )


HONEST = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m.content | trim }}{% endfor %}{{ bos_token + 'x_' }}"
HARMFUL = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages|attr('__cla'+'ss__') }}",
    "{{ cycler.next }}",
    "{{ x['\\x5f\\x5fclass'] }}",
    "{{ x['__cl' ~ 'ass'] }}",
    "{% include '/etc/passwd' %}",
    "{{ os.popen('true') }}",
)


def test_an_honest_template_passes() -> None:
    report = scanned("model.gguf", gguf(HONEST))
    assert (report.policy, report.verdict) == (FormatPolicy.DATA_ONLY, Verdict.PASS)
    assert scanned("chat_template.jinja", HONEST.encode()).verdict is Verdict.PASS


@pytest.mark.parametrize("template", HARMFUL)
def test_a_template_that_reaches_behind_its_values_does_not(template: str) -> None:
    assert list(template_findings("x", template))
    assert scanned("model.gguf", gguf(template)).verdict is Verdict.MALICIOUS
    assert scanned("chat_template.jinja", template.encode()).verdict is Verdict.MALICIOUS
