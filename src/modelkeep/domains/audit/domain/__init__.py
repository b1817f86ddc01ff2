"""The rules of the audit log: leaves, the vocabulary of events, repeated requests. No I/O."""
