"""Our append and our background tasks beside other frameworks, in one run: `make bench-peers`."""
