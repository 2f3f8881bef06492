"""The plugin host: discovery, selection, loading, dispatch and faults."""
