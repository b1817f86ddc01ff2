"""The protocols: each folder translates one of them to the same use cases."""
