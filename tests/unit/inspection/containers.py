"""Files that a pickle comes in."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def npy(data: bytes, descr: str = "'|O'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def torch(pickle: bytes) -> bytes:
    return zipped({"archive/data.pkl": pickle, "archive/version": b"3\n", "archive/data/0": bytes(64)})


CONTAINERS: Final[Mapping[str, Callable[[bytes], tuple[str, bytes]]]] = {
    "bare": lambda pickle: ("model.pkl", pickle),
    "under another name": lambda pickle: ("model.joblib", pickle),
    "gzip": lambda pickle: ("model.pkl.gz", gzip.compress(pickle)),
    "zlib": lambda pickle: ("model.joblib", zlib.compress(pickle)),
    "bzip2": lambda pickle: ("model.joblib", bz2.compress(pickle)),
    "xz": lambda pickle: ("model.joblib", lzma.compress(pickle)),
    "lzma": lambda pickle: ("model.joblib", lzma.compress(pickle, lzma.FORMAT_ALONE)),
    "gzip twice": lambda pickle: ("model.pkl.gz.gz", gzip.compress(gzip.compress(pickle))),
    "PyTorch": lambda pickle: ("pytorch_model.bin", torch(pickle)),
    "packed PyTorch": lambda pickle: ("m.pt", zipped({"a/data.pkl": pickle}, zipfile.ZIP_DEFLATED)),
    "a member": lambda pickle: ("m.zip", zipped({"readme.txt": b"read me", "weights.pkl": pickle})),
    "a zip in a zip": lambda pickle: ("m.zip", zipped({"inner.zip": torch(pickle)})),
    "npy": lambda pickle: ("array.npy", npy(pickle)),
    "npz": lambda pickle: ("arrays.npz", zipped({"x.npy": npy(pickle)})),
    "a structure of npy": lambda pickle: ("array.npy", npy(pickle, "[('a', '<f8'), ('b', '|O')]")),
    "tar": lambda pickle: ("model.tar", tarred({"model.pkl": pickle})),
    "tar.gz": lambda pickle: ("model.tar.gz", gzip.compress(tarred({"deep/model.pkl": pickle}))),
}
