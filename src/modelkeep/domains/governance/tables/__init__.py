"""How governance is stored. Rows never leave the repository."""
