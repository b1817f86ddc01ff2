"""How rows, bytes and work are kept: knows no product rule."""
