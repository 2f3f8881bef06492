"""Carry attempts: in a thread of the kernel or in a child process."""
