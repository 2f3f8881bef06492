"""The HTTP server of a home: the guard, the routes of kernel and plugins, their one document."""
