"""Reads model files without ever running them: format, tensors, signature, findings."""
