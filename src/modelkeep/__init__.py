"""Modelkeep, an AI model registry. `modelkeep.connect()` is the way in."""
