"""Tests of how the code is built: imports, sizes, the public surface, the hook reference."""
