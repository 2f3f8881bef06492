"""What the next release of a repository is: its changes, its version, and what is not ready.

`kit.prepare_release` is the tool; `tags` and `commits` read the history, `api` compares the public
names of Python packages, `advice` chooses the version, `versions` and `documents` find what lags
behind, `changelog` and `notes` write. Nothing is written to the repository and nothing is sent.
"""
