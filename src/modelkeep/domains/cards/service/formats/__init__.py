"""Other formats of cards: what they are written as, and what they lose."""
