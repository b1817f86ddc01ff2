"""Rules of trusted publishing: which CI jobs get a token for an identity token of their own, and what for."""
