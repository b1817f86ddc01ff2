"""Pickles that would do harm, written opcode by opcode. None is ever loaded; what they call would do nothing here.

Each gadget is what `pickle.load` would import and call: a module, a name, and a text as the argument.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Final

GADGETS: Final = (
    ("os", "system"), ("os", "popen"), ("os", "execv"), ("posix", "system"), ("nt", "system"),
    ("subprocess", "Popen"), ("subprocess", "check_output"), ("subprocess", "getoutput"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "compile"), ("builtins", "getattr"), ("builtins", "open"),
    ("builtins", "__import__"), ("__builtin__", "eval"), ("__builtin__", "execfile"), ("__builtin__", "apply"),
    ("importlib", "import_module"), ("importlib._bootstrap", "_call_with_frames_removed"), ("runpy", "run_path"),
    ("runpy", "_run_code"), ("pydoc", "pipepager"), ("pydoc", "locate"), ("timeit", "timeit"), ("timeit", "main"),
    ("ctypes", "CDLL"), ("ctypes.util", "find_library"), ("code", "InteractiveInterpreter"),
    ("codeop", "compile_command"),
    ("uuid", "_get_command_stdout"), ("ensurepip", "_run_pip"), ("pip", "main"), ("pip._internal", "main"),
    ("pkgutil", "resolve_name"), ("torch.hub", "load"), ("torch.hub", "download_url_to_file"),
    ("torch.utils.collect_env", "run"), ("torch.jit", "load"), ("torch", "load"), ("torch.serialization", "load"),
    ("torch._inductor.codecache", "compile_file"), ("logging.config", "_resolve"), ("logging.config", "listen"),
    ("operator", "attrgetter"), ("operator", "methodcaller"), ("_operator", "methodcaller"), ("functools", "partial"),
    ("functools", "reduce"), ("types", "CodeType"), ("types", "FunctionType"), ("types", "ModuleType"),
    ("marshal", "loads"), ("pickle", "loads"), ("_pickle", "loads"), ("dill", "loads"), ("cloudpickle", "loads"),
    ("cloudpickle.cloudpickle", "_make_function"), ("joblib", "load"), ("numpy", "load"), ("pandas", "read_pickle"),
    ("numpy.f2py.crackfortran", "getlincoef"), ("numpy.testing._private.utils", "runstring"),
    ("numpy.core", "_ufunc_reconstruct"), ("shutil", "rmtree"), ("shutil", "move"), ("socket", "create_connection"),
    ("urllib.request", "urlretrieve"), ("http.client", "HTTPSConnection"), ("webbrowser", "open"), ("smtplib", "SMTP"),
    ("pathlib", "Path.write_text"), ("io", "open_code"), ("_io", "FileIO"), ("tempfile", "NamedTemporaryFile"),
    ("multiprocessing.util", "spawnv_passfds"), ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("threading", "Timer"), ("pty", "spawn"), ("platform", "popen"), ("commands", "getoutput"), ("pdb", "run"),
    ("bdb", "Bdb.run"), ("cProfile", "run"), ("profile", "run"), ("trace", "Trace.run"), ("doctest", "debug_script"),
    ("idlelib.pyshell", "ModifiedInterpreter.runcode"), ("lib2to3.pgen2.grammar", "Grammar.loads"),
    ("distutils.file_util", "write_file"), ("zipimport", "zipimporter"), ("venv", "create"), ("site", "main"),
    ("sys", "settrace"), ("sys", "modules"), ("gc", "get_objects"), ("inspect", "currentframe"),
    ("ast", "literal_eval"),
    ("linecache", "getlines"), ("fileinput", "input"), ("glob", "glob"), ("signal", "signal"), ("mmap", "mmap"),
    ("sqlite3", "connect"), ("requests", "get"), ("IPython", "embed"), ("setuptools", "setup"), ("cffi", "FFI"),
    ("yaml", "unsafe_load"), ("jsonpickle", "decode"), ("my_company.models", "Model"), ("sklearn.utils", "os.system"),
    ("torch", "storage._load_from_bytes"), ("torch.storage", "_load_from_bytes"), ("numpy", "sys.modules"),
    ("collections", "abc.sys.modules"), ("copyreg", "sys.modules"), ("sklearn.utils.parallel", "Parallel"),
)  # fmt: skip
"""Modules and names: each is one that scanners have missed, or could."""

INERT: Final = "true"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def short(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


def by_line(module: str, name: str) -> bytes:
    """Protocol 0: `GLOBAL`, `MARK`, `TUPLE`, `REDUCE`."""
    return f"c{module}\n{name}\n(S'{INERT}'\ntR.".encode()


def by_stack(module: str, name: str) -> bytes:
    return b"\x80\x04" + short(module) + short(name) + b"\x93" + short(INERT) + b"\x85R."


def by_framed_stack(module: str, name: str) -> bytes:
    body = by_stack(module, name)[2:]
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def by_instance(module: str, name: str) -> bytes:
    return f"(S'{INERT}'\ni{module}\n{name}\n.".encode()


def by_object(module: str, name: str) -> bytes:
    return f"(c{module}\n{name}\nS'{INERT}'\no.".encode()


def by_new_object(module: str, name: str) -> bytes:
    return b"\x80\x02" + f"c{module}\n{name}\n".encode() + text(INERT) + b"\x85\x81."


def by_keywords(module: str, name: str) -> bytes:
    return b"\x80\x04" + short(module) + short(name) + b"\x93" + short(INERT) + b"\x85}\x92."


def by_memo(module: str, name: str) -> bytes:
    """The texts go into the memo out of order, are dropped, and come back from there."""
    return (
        b"\x80\x04" + text(name) + b"r\x07\x00\x00\x000" + text(module) + b"q\x030" + b"h\x03j\x07\x00\x00\x00\x93"
        + short(INERT) + b"\x85R."
    )  # fmt: skip


def by_counted_memo(module: str, name: str) -> bytes:
    """`MEMOIZE` counts entries, and one of them has a key out of order: the name gets key 1."""
    memoized = short(module) + b"q\x050" + short(name) + b"\x940"
    return b"\x80\x04" + memoized + b"h\x05h\x01\x93" + short(INERT) + b"\x85R."


def by_old_text(module: str, name: str) -> bytes:
    texts = b"U" + bytes([len(module)]) + module.encode() + f"S'{name}'\n".encode()
    return b"\x80\x04" + texts + b"\x93" + short(INERT) + b"\x85R."


def by_escapes(module: str, name: str) -> bytes:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in module)
    hexadecimal = "".join(f"\\x{ord(letter):02x}" for letter in name)
    return b"\x80\x04V" + escaped.encode() + b"\nS'" + hexadecimal.encode() + b"'\n\x93" + short(INERT) + b"\x85R."


def by_duplicates(module: str, name: str) -> bytes:
    """Marks, copies and pops between the texts."""
    return (
        b"\x80\x04(NN1" + short(module) + b"20" + b"(" + b"1" + short(name) + b"2" + b"0\x93" + short(INERT) + b"\x85R."
    )


def built(module: str, name: str) -> bytes:
    """As an attribute of an honest object, never called by the pickle itself."""
    return (
        b"\x80\x02csklearn.pipeline\nPipeline\n)\x81}" + text("predict") + f"c{module}\n{name}\n".encode() + b"sb."
    )  # fmt: skip


def then_broken(module: str, name: str) -> bytes:
    """The call comes first, then an opcode that does not exist."""
    return by_stack(module, name)[:-1] + b"\xff\xff."


def truncated(module: str, name: str) -> bytes:
    return by_stack(module, name)[:-1]


def after_much(module: str, name: str) -> bytes:
    """Behind many harmless opcodes."""
    return b"\x80\x04" + b"N0" * 50_000 + by_stack(module, name)[2:]


def second(module: str, name: str) -> bytes:
    return b"\x80\x04N." + by_stack(module, name)


def within(module: str, name: str) -> bytes:
    """As bytes of a constant: it does nothing until something loads it."""
    inner = by_stack(module, name)
    return b"\x80\x04C" + bytes([len(inner)]) + inner + b"."


def within_text(module: str, name: str) -> bytes:
    """As protocol 2 keeps bytes: a text that `_codecs.encode` makes bytes of."""
    inner = by_stack(module, name).decode("latin-1")
    return b"\x80\x02c_codecs\nencode\n" + text(inner) + text("latin1") + b"\x86R."


def within_by_line(module: str, name: str) -> bytes:
    inner = by_line(module, name)
    return b"\x80\x04B" + struct.pack("<I", len(inner)) + inner + b"."


def joblib_array(tail: bytes, length: int, padding: bytes = b"\x00") -> bytes:
    """An array as joblib writes it, `tail` being its bytes and what follows."""
    dtype = (
        b"cnumpy\ndtype\n"
        + text("u1")
        + b"\x89\x88\x87R(K\x03"
        + text("|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    state = (
        b"}(" + text("subclass") + b"cnumpy\nndarray\n" + text("shape") + b"M" + struct.pack("<H", length) + b"\x85"
        + text("order") + text("C") + text("dtype") + dtype + text("allow_mmap") + b"\x89"
        + (text("numpy_array_alignment_bytes") + b"K\x10" if padding else b"") + b"ub"
    )  # fmt: skip
    return b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + padding + tail


def in_array(module: str, name: str) -> bytes:
    """In the bytes of an array, which `joblib.load` skips and `pickle.load` runs."""
    tail = b"0" + by_line(module, name)
    return joblib_array(tail + b".", len(tail), padding=b"")


def after_array(module: str, name: str) -> bytes:
    return joblib_array(bytes(7) + b"0" + by_stack(module, name)[2:], 7)


WRITTEN: Final[Mapping[str, Callable[[str, str], bytes]]] = {
    way.__name__: way
    for way in (
        by_line, by_stack, by_framed_stack, by_instance, by_object, by_new_object, by_keywords, by_memo,
        by_counted_memo, by_old_text, by_escapes, by_duplicates, built, then_broken, truncated, after_much,
        second, within, within_text,
        within_by_line, in_array, after_array,
    )
}  # fmt: skip
"""Ways to write a gadget down."""
