"""Tell a failure of the machine (no network, no server, no IPv6) from one of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from genesis_engineering.files import list_files
from genesis_engineering.verification.programs import is_program
from genesis_engineering.verification.rights import OTHER_USER

NETWORK, IPV6 = "the network", "IPv6"
_SERVER = "a server ("
_NO_NETWORK = re.compile(
    r"Network is unreachable|No route to host|Name or service not known|Could not resolve host"
    r"|Temporary failure in name resolution|No address associated with hostname|no such host"
    r"|nodename nor servname|getaddrinfo (failed|E\w+)|ENETUNREACH|EHOSTUNREACH"
    r"|NameResolutionError|failed to lookup address information",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(
    r"cannot assign requested address|EADDRNOTAVAIL|address family not supported|EAFNOSUPPORT",
    re.IGNORECASE,
)
_NO_FAMILY = re.compile(r"address family for hostname not supported", re.IGNORECASE)
_IPV6 = re.compile(r"(?<![\w:])::1?(?![\w:])|IPv6|AF_INET6|ip6-localhost|tcp6", re.IGNORECASE)
_REFUSED = re.compile(
    r"connection refused|ECONNREFUSED|connect call failed|actively refused"
    r"|server[^\n]{0,200}no such file or directory|Can't connect to (local )?(MySQL|MariaDB) server"
    r"|NoBrokersAvailable|Can't contact LDAP server|Cannot connect to the Docker daemon",
    re.IGNORECASE,
)
_ERROR_LINE = re.compile(r"^(?:E\s|[A-Za-z_][\w.]*(?:Error|Exception|Timeout|Refused|Available)\b)")
_PORTS = (
    re.compile(r"host='?(?P<host>[\w.:-]+?)'?, port=(?P<port>\d{2,5})"),
    re.compile(r"\([\"'](?P<host>[\w.:-]+)[\"'], ?(?P<port>\d{2,5})\b"),
    re.compile(
        r"(?P<host>\[?::1\]?|(?<![\w.:-])[A-Za-z0-9][\w.-]*):(?P<port>\d{2,5})(?!\d|[:.]\d)"
    ),
    re.compile(r'(?:at|on host) "(?P<host>[\w.:-]+)"[^?]{0,80}?port (?P<port>\d{2,5})'),
)
_HOST = re.compile(r"\b(?:at|on|to) [\"'](?P<host>[\w.:-]+)[\"']")
_OF_SOURCE = re.compile(r"\.(py|[cm]?[jt]sx?|go|rs)$")
_THIS_MACHINE = re.compile(r"localhost|127\.[\d.]+|0\.0\.0\.0|\[?::1?\]?", re.IGNORECASE)
# From here on the system gives ports to those who ask for any.
_FIRST_EPHEMERAL = 32768
_LISTENS = re.compile(
    r"(?<!event)\.listen\((?!\))|(HTTP|TCP|UDP|Unix)Server\(|\bcreate_server\(|\bcreateServer\("
    r"|\bstart_server\(|\bserve_forever\(|\bListenAndServe|\bnet\.Listen\(|TcpListener::bind"
)
_MOST_FILES = 5000


class _Kind(NamedTuple):
    """A kind of server: the ports it has everywhere (the usual one first), and what its clients
    say when there is none."""

    name: str
    ports: tuple[int, ...]
    words: str = "(?!)"


_KINDS = (
    _Kind("MySQL", (3306, 33060), "MySQL|MariaDB"),
    _Kind("PostgreSQL", (5432,), r"psycopg|asyncpg|PGSQL|connect(ion)? to server( at| on|:) "),
    _Kind("Redis", (6379, 26379), r"\bredis\b|Error \d+ connecting to "),
    _Kind("MongoDB", (27017,), r"ServerSelection\w*Error|MongoNetworkError|pymongo"),
    _Kind("RabbitMQ", (5672, 5671), r"AMQP|kombu|pika"),
    _Kind("Elasticsearch", (9200, 9300), "elastic|opensearch"),
    _Kind("Kafka", (9092,), "NoBrokersAvailable|kafka"),
    _Kind("LDAP", (389, 636), "LDAP"),
    _Kind("Docker", (2375,), "Docker daemon"),
    _Kind("memcached", (11211,), "memcache"),
    _Kind("Cassandra", (9042,), "NoHostAvailable"),
    _Kind("ZooKeeper", (2181,)), _Kind("SQL Server", (1433,)), _Kind("Oracle", (1521,)),
    _Kind("NATS", (4222,)), _Kind("MQTT", (1883,)), _Kind("etcd", (2379,)),
    _Kind("Consul", (8500,)), _Kind("CouchDB", (5984,)), _Kind("Neo4j", (7687,)),
    _Kind("InfluxDB", (8086,)), _Kind("SSH", (22,)), _Kind("SMTP", (25,)),
    _Kind("ActiveMQ", (61613, 61616)),
)  # fmt: skip

Listens = Callable[[int], bool]
"""Whether code of the repository listens on a port."""


def is_server(lack: str) -> bool:
    """Whether what a test lacks is a server."""
    return lack.startswith(_SERVER)


def is_of_machine(lack: str) -> bool:
    """Whether what a test lacks is nothing to install, but a part of the machine."""
    return lack in (NETWORK, IPV6, OTHER_USER) or is_server(lack) or is_program(lack)


def lack_of_connection(text: str, listens: Listens) -> str | None:
    """What is lacking on the machine (NETWORK, IPV6, a server) when an error says that it is.

    A server is lacking when a connection was refused and the client or the port says of what kind
    of server (3306 is MySQL's everywhere), or another machine's name was called. It stays a failure
    when the server can be the repository's own: on a port that the system gives to whoever asks for
    any, on one that is no kind's, or where a file of the repository that listens names the port.
    """
    errors = "\n".join(_error_lines(text))
    if _NO_FAMILY.search(errors) or (_NO_ADDRESS.search(errors) and _IPV6.search(text)):
        return IPV6
    if _NO_NETWORK.search(errors):
        return NETWORK
    if not _REFUSED.search(errors):
        return None
    host, port = _address("\n".join(filter(_REFUSED.search, errors.split("\n"))))
    is_far = port > 0 and not _THIS_MACHINE.fullmatch(host)
    if not port:
        # Named elsewhere, it is the one in question when it is that of a server.
        told = [one for one in map(_address, (errors, text)) if _kind("", one[1])]
        host, port = told[0] if told else (_host(errors), 0)
    kind = _kind(errors, port)
    known = kind.ports if kind else ()
    if (kind is None and not is_far) or (port >= _FIRST_EPHEMERAL and port not in known):
        return None
    if listens(port or known[0]):
        return None
    where = f"{host}:{port}" if host and port else host or (f"port {port}" if port else "")
    name = kind.name if kind else ""
    return f"{_SERVER}{f'{name} at {where}' if name and where else name or where})"


def _error_lines(text: str) -> list[str]:
    """What says what went wrong. Where nothing marks it, as in Go and JavaScript, it is all."""
    first, *rest = text.split("\n")[:2000]
    marked = [line for line in rest if _ERROR_LINE.match(line)]
    return [first, *(marked or rest)]


def _address(errors: str) -> tuple[str, int]:
    """The host and port that an error names first; "" and 0 where it does not."""
    for pattern in _PORTS:
        for match in pattern.finditer(errors):
            if not _OF_SOURCE.search(match["host"]):
                return match["host"], int(match["port"])
    return "", 0


def _host(errors: str) -> str:
    match = _HOST.search(errors)
    return match["host"] if match else ""


def _kind(errors: str, port: int) -> _Kind | None:
    of_port = (one for one in _KINDS if port in one.ports)
    told = (one for one in _KINDS if re.search(one.words, errors, re.IGNORECASE))
    return next(of_port, None) or next(told, None)


def listens_on(repository: Path, port: int) -> bool:
    """Whether a file of the repository that listens names the port; False when git lists none."""
    try:
        files = list_files(repository)
    except OSError:
        return False
    number = re.compile(rf"(?<![\w.]){port}(?![\w.])")
    for file in files[:_MOST_FILES]:
        if file.suffix in (".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".rs"):
            text = file.read_text() or ""
            if number.search(text) and _LISTENS.search(text):
                return True
    return False
