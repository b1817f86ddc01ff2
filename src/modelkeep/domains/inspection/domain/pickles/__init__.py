"""What a pickle would import and call, found by walking its opcodes; nothing is ever imported, called or built."""
