"""What a model card is, and what follows from it. Rules only: no I/O."""
