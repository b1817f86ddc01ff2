"""The schema and its history. `migrate` brings a database to the newest revision, one process at a time."""
