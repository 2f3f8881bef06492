"""Failures that logs of many programs report in the same words, and what usually causes them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """`text` says what is usually behind it and where to look first. `is_failure` is for words
    that mean a failure even where the line names no level."""

    text: str
    is_failure: bool = True


_CAUSES = tuple(
    (re.compile(pattern, re.IGNORECASE), Cause(text, is_failure))
    for pattern, text, is_failure in (
        (r"out of memory|oom-kill|cannot allocate memory|\bMemoryError\b|OutOfMemoryError",
         "The machine or the process's limit ran out of memory: see what grew before it.", True),
        (r"no space left on device|disk full|\bENOSPC\b",
         "A file system is full: `df -h` and `df -i` say which, in bytes or in files.", True),
        (r"too many open files|\bEMFILE\b",
         "Files or sockets are not closed, or the limit is low: compare `ls /proc/PID/fd` with "
         "`ulimit -n`.", True),
        (r"segfault at|segmentation fault|\bSIGSEGV\b|core dumped",
         "A program or a native library of it crashed: its core dump has the place.", True),
        (r"read-only file system|I/O error, dev|Buffer I/O error|EXT4-fs error",
         "The kernel reports a failing or read-only disk: look at `dmesg` and `smartctl`.", True),
        (r"database is locked|lock wait timeout|deadlock (?:detected|found)",
         "Two writers wait for each other: keep transactions short and in one order.", True),
        (r"connection refused|\bECONNREFUSED\b",
         "Nothing listened at that address: the service was down or not yet up.", False),
        (r"connection reset|\bECONNRESET\b|broken pipe|\bEPIPE\b",
         "The other side went away in the middle: a restart, a timeout of a proxy, or a client "
         "that left.", False),
        (r"too many connections|remaining connection slots|pool (?:exhausted|timeout)|QueuePool",
         "More connections than the server or the pool allows: one is not given back, or the "
         "load has grown.", True),
        (r"timed? ?out|\bETIMEDOUT\b|deadline exceeded",
         "No answer in time: the other side was slow or not reachable.", False),
        (r"certificate (?:has )?expired|certificate verify failed|self[- ]signed certificate",
         "A TLS certificate is not valid: look at its dates and at who signed it.", True),
        (r"name or service not known|temporary failure in name resolution|\bENOTFOUND\b|"
         r"could not resolve host",
         "A host name has no address: a typing error, or the resolver did not answer.", False),
        (r"permission denied|\bEACCES\b|access denied",
         "The process's user may not do it: compare its user with the file's owner and mode.",
         False),
        (r"address already in use|\bEADDRINUSE\b",
         "Another process has the port: `ss -ltnp` names it.", True),
        (r"no such table|undefined table|relation <text> does not exist|unknown column",
         "The schema and the code differ: a migration has not run here.", True),
        (r"duplicate key|unique constraint", "The same thing was written twice: a retry, or two "
         "writers at once.", False),
        (r"\bModuleNotFoundError\b|cannot find module|\bImportError\b|ClassNotFoundException",
         "A package is missing in the environment that ran: compare it with the lock file.", True),
        (r"rate limit|too many requests|\b429\b",
         "A service refuses more requests: wait longer between them.", False),
    )
)  # fmt: skip


def likely_cause(text: str) -> Cause | None:
    """The usual cause of what a message says, if it is a well-known one."""
    head = text[:1000]
    return next((cause for pattern, cause in _CAUSES if pattern.search(head)), None)
