"""The media type of a file in a model, by the end of its name. Nothing is read, and nothing is asked of the system."""

from typing import Final

_BINARY: Final = "application/octet-stream"
_TYPES: Final = {
    "bin": _BINARY,
    "cfg": "text/plain",
    "csv": "text/csv",
    "gguf": "application/vnd.gguf",
    "gz": "application/gzip",
    "h5": "application/x-hdf5",
    "hdf5": "application/x-hdf5",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "jinja": "text/plain",
    "joblib": "application/vnd.python.joblib",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "keras": "application/vnd.keras",
    "lock": "text/plain",
    "md": "text/markdown",
    "mlmodel": "application/vnd.apple.mlmodel",
    "npy": "application/vnd.numpy.npy",
    "npz": "application/vnd.numpy.npz",
    "onnx": "application/vnd.onnx",
    "parquet": "application/vnd.apache.parquet",
    "pb": "application/protobuf",
    "pickle": "application/vnd.python.pickle",
    "pkl": "application/vnd.python.pickle",
    "png": "image/png",
    "pt": "application/vnd.pytorch",
    "pth": "application/vnd.pytorch",
    "py": "text/x-python",
    "safetensors": "application/vnd.safetensors",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tflite": "application/vnd.tflite",
    "toml": "application/toml",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "ubj": "application/ubjson",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
    "zst": "application/zstd",
}


def media_type_of(path: str) -> str:
    """Return the media type for a path; `application/octet-stream` where the ending says nothing."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return _TYPES.get(ending.lower(), _BINARY) if dot else _BINARY
