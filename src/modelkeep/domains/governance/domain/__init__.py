"""The rules of governance: pure values and decisions."""
