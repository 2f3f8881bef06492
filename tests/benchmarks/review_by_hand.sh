#!/bin/sh
# The tools that lie under the team's review, one after another over one repository, as somebody
# would run them by hand: review_by_hand.sh REPOSITORY FOLDER RULES
# FOLDER receives what they print; RULES are those that ruff is asked for. Everything is on PATH.
here=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 2
ruff check --isolated --no-cache --exit-zero --quiet --output-format json --select "$3" . > "$2/ruff.json" || exit 1
vulture --min-confidence 60 . > "$2/vulture.txt"
[ $? -le 3 ] || exit 1
lizard -C 20 -w -t 2 . > "$2/lizard.txt"
detect-secrets scan --all-files --no-verify . > "$2/secrets.json" || exit 1
git log --since="1 year ago" --name-only --format= > "$2/changes.txt" || exit 1
python "$here/review_by_hand.py" . > "$2/parsed.txt" || exit 1
