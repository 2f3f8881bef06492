"""When versions of languages, systems and databases stop getting fixes.

Dates are those of the projects' own release pages as collected by endoflife.date, read in 2026:
the last day of free security support, of Debian that of its LTS team. A version that is not in the
table counts as supported; so does one whose date is still to come.
"""

from __future__ import annotations

import datetime
import re

_DATES = """
python 2.6 2013-10-29, 2.7 2020-01-01, 3.2 2016-02-20, 3.3 2017-09-29, 3.4 2019-03-18
python 3.5 2020-09-13, 3.6 2021-12-23, 3.7 2023-06-27, 3.8 2024-10-07, 3.9 2025-10-31
python 3.10 2026-10-31, 3.11 2027-10-31, 3.12 2028-10-31, 3.13 2029-10-31, 3.14 2030-10-31
node 0 2016-12-31, 4 2018-04-30, 5 2016-06-30, 6 2019-04-30, 7 2017-06-30, 8 2019-12-31
node 9 2018-06-30, 10 2021-04-30, 11 2019-06-30, 12 2022-04-30, 13 2020-06-01, 14 2023-04-30
node 15 2021-06-01, 16 2023-09-11, 17 2022-06-01, 18 2025-04-30, 19 2023-06-01, 20 2026-04-30
node 21 2024-06-01, 22 2027-04-30, 23 2025-06-01, 24 2028-04-30, 25 2026-06-01
debian 7 2018-05-31, 8 2020-06-30, 9 2022-07-01, 10 2024-06-30, 11 2026-08-31, 12 2028-06-30
ubuntu 12.04 2017-04-28, 14.04 2019-04-02, 16.04 2021-04-02, 18.04 2023-05-31, 19.10 2020-07-06
ubuntu 20.04 2025-05-31, 20.10 2021-07-22, 21.04 2022-01-20, 21.10 2022-07-14, 22.04 2027-04-01
ubuntu 22.10 2023-07-20, 23.04 2024-01-20, 23.10 2024-07-12, 24.10 2025-07-10, 25.04 2026-01-17
ubuntu 18.10 2019-07-18, 19.04 2020-01-23, 17.10 2018-07-19, 24.04 2029-05-31, 25.10 2026-07-01
alpine 3.0 2016-05-01, 3.1 2016-11-01, 3.2 2017-05-01, 3.3 2017-11-01, 3.4 2018-05-01
alpine 3.5 2018-11-01, 3.6 2019-05-01, 3.7 2019-11-01, 3.8 2020-05-01, 3.9 2020-11-01
alpine 3.10 2021-05-01, 3.11 2021-11-01, 3.12 2022-05-01, 3.13 2022-11-01, 3.14 2023-05-01
alpine 3.15 2023-11-01, 3.16 2024-05-23, 3.17 2024-11-22, 3.18 2025-05-09, 3.19 2025-11-01
alpine 3.20 2026-04-01, 3.21 2026-11-01, 3.22 2027-05-01, 3.23 2027-11-01
centos 5 2017-03-31, 6 2020-11-30, 7 2024-06-30, 8 2021-12-31
postgres 9 2021-11-11, 10 2022-11-10, 11 2023-11-09, 12 2024-11-21, 13 2025-11-13
postgres 14 2026-11-12, 15 2027-11-11, 16 2028-11-09, 17 2029-11-08
mysql 5.5 2018-12-31, 5.6 2021-02-28, 5.7 2023-10-31, 8.0 2026-04-30
mongo 3.6 2021-04-30, 4.0 2022-04-30, 4.2 2023-04-30, 4.4 2024-02-29, 5.0 2024-10-31
php 5.6 2018-12-31, 7.0 2019-01-10, 7.1 2019-12-01, 7.2 2020-11-30, 7.3 2021-12-06
php 7.4 2022-11-28, 8.0 2023-11-26, 8.1 2025-12-31, 8.2 2026-12-31, 8.3 2027-12-31
ruby 2.4 2020-03-31, 2.5 2021-03-31, 2.6 2022-03-31, 2.7 2023-03-31, 3.0 2024-04-23
ruby 3.1 2025-03-31, 3.2 2026-03-31, 3.3 2027-03-31, 3.4 2028-03-31
golang 1.15 2021-08-16, 1.16 2022-03-15, 1.17 2022-08-02, 1.18 2023-02-01, 1.19 2023-08-08
golang 1.20 2024-02-06, 1.21 2024-08-13, 1.22 2025-02-11, 1.23 2025-08-12
"""
_CODENAMES = {
    "debian": {"wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11",
               "bookworm": "12"},
    "ubuntu": {"precise": "12.04", "trusty": "14.04", "xenial": "16.04", "bionic": "18.04",
               "focal": "20.04", "jammy": "22.04", "noble": "24.04"},
    "node": {"argon": "4", "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12",
             "fermium": "14", "gallium": "16", "hydrogen": "18", "iron": "20", "jod": "22"},
}  # fmt: skip
_TITLES = {
    "python": "Python", "node": "Node.js", "debian": "Debian", "ubuntu": "Ubuntu",
    "alpine": "Alpine", "centos": "CentOS", "postgres": "PostgreSQL", "mysql": "MySQL",
    "mongo": "MongoDB", "php": "PHP", "ruby": "Ruby", "golang": "Go",
}  # fmt: skip


def _read(text: str) -> dict[str, dict[str, datetime.date]]:
    found: dict[str, dict[str, datetime.date]] = {}
    for row in text.strip().split("\n"):
        product, _, rest = row.partition(" ")
        for pair in rest.split(","):
            version, day = pair.split()
            found.setdefault(product, {})[version] = datetime.date.fromisoformat(day)
    return found


DATES = _read(_DATES)


def today() -> datetime.date:
    """The day in UTC against which dates are held."""
    return datetime.datetime.now(datetime.UTC).date()


def ended(product: str, version: str, day: datetime.date) -> tuple[str, datetime.date] | None:
    """The title with version, and the date, of a version that is past its end of life on a day.

    `version` is as precise as its writer was: `3.8.10`, `3.8`, `16-alpine`, `buster-slim`. None for
    a supported one, and for what the table does not know, `3` and `latest` among it.
    """
    word = re.split(r"[-_+]", version.lower().removeprefix("v"))[0]
    word = _CODENAMES.get(product, {}).get(word, word)
    numbers = word.split(".")
    dates = DATES.get(product, {})
    for known in (".".join(numbers[:2]), numbers[0]):
        if known in dates and dates[known] < day:
            return f"{_TITLES[product]} {known}", dates[known]
        if known in dates:
            return None
    return None


def codenames(title: str) -> list[str]:
    """The names that go with the version of a title such as `Debian 10`: `buster`."""
    product, _, version = title.lower().partition(" ")
    named = _CODENAMES.get(product, {})
    return [name for name, number in named.items() if number == version]


def supported(product: str, day: datetime.date) -> list[str]:
    """The versions of the table that are still supported on a day."""
    return [version for version, date in DATES.get(product, {}).items() if date >= day]
