"""The processes: settings, wiring, server, migrations. The only place that knows every concrete class."""
