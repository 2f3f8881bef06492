"""The mind that a program holds: who it is, how it feels, and the file that keeps it."""
