"""What runs inside the environment under test.

Copied there as the package `genesis_recorder`: standard library only, Python 3.8 and later, pytest
6 and later. It must never make a suite behave differently, whatever the suite does to `os` or
`time`.
"""
