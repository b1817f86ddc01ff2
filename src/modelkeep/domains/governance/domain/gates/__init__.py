"""Gates: one fact each that a move asks about. Every kind is a module with one class, and all of them are pure."""
