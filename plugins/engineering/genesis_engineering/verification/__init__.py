"""Run a repository's own tests and report what each of them did.

What is contained, without root and with the means of a user's own processes:

- Tests run in a copy of the checkout (`working_copy`), with a home, a folder for temporary files
  and an environment of their own (`child_environment`: a list of names, so no secret is handed on).
  What they delete, write or commit by any path relative to themselves is the copy's.
- A supervisor (`supervisor`) is their parent, and dies for ours. It ends the whole tree, also what
  detached itself, at the end, at the limit, or when Genesis itself is killed.
- Limits hold for wall time, memory of each process and of all, number of processes, size of a file
  and space left on the disk; there are no core dumps, and of the output 2 MB are kept (`limits`).

What is not: tests run as the user, with the user's rights. A suite that means harm can write by
absolute path wherever the user can, the checkout and its `.git` included, read the user's files,
use the network, signal any process of the user, and, since it runs beside its recorder, forge its
own results. As root, the system's own limit on processes does not hold; the supervisor's does,
twice a second. Where suites are not to be trusted, run Genesis as a user of its own or in a
container. Elsewhere than on Linux, processes that detach themselves can outlive their suite.
"""

from genesis_engineering.verification.run import run_tests

__all__ = ["run_tests"]
