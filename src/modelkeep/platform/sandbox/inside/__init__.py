"""What runs in the process of a guest: the standard library only, imported before the door closes."""
