"""Bringing the data of older systems into a home: recognise, read, clean, write, report."""
