"""The durable record: engines, writer, migrations, tables, events and the queue."""
