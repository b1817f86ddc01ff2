"""The rules of the catalog: names, records, versions, aliases. No I/O, no clock, no ORM."""
