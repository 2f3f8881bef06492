"""Failures of the machine on which tests run: no network, no server, no IPv6, run as root."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from genesis_engineering.verification.missing_modules import lacking_modules
from genesis_engineering.verification.records import CollectionError, RecordedTest, Records
from genesis_engineering.verification.rights import OTHER_USER
from genesis_engineering.verification.surroundings import (
    IPV6,
    NETWORK,
    lack_of_connection,
    listens_on,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.verifying import facts, make_repository, verify, write


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def nobody_listens(_port: int) -> bool:
    return False


def lack(text: str) -> str | None:
    return lack_of_connection(text, nobody_listens)


REFUSED = [
    (
        "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on '127.0.0.1' "
        '([Errno 111] Connection refused)")',
        "a server (MySQL at 127.0.0.1)",
    ),
    (
        "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/tmp/mysql.sock'",
        "a server (MySQL)",
    ),
    (
        'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 '
        "failed: Connection refused",
        "a server (PostgreSQL at localhost:5432)",
    ),
    (
        "psycopg2.OperationalError: could not connect to server: Connection refused",
        "a server (PostgreSQL)",
    ),
    (
        'OperationalError: connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: '
        "No such file or directory",
        "a server (PostgreSQL)",
    ),
    (
        "OSError: Multiple exceptions: [Errno 111] Connect call failed ('::1', 5432, 0, 0)",
        "a server (PostgreSQL at ::1:5432)",
    ),
    (
        "redis.exceptions.ConnectionError: Error 111 connecting to localhost:16379. Connection "
        "refused.",
        "a server (Redis at localhost:16379)",
    ),
    ("Error: connect ECONNREFUSED 127.0.0.1:6379", "a server (Redis at 127.0.0.1:6379)"),
    ("Error: connect ECONNREFUSED ::1:27017", "a server (MongoDB at ::1:27017)"),
    (
        "ServerSelectionTimeoutError: localhost:27018: [Errno 111] Connection refused",
        "a server (MongoDB at localhost:27018)",
    ),
    ("dial tcp 127.0.0.1:2379: connect: connection refused", "a server (etcd at 127.0.0.1:2379)"),
    (
        "urllib3.exceptions.MaxRetryError: HTTPConnectionPool(host='localhost', port=9200): Max "
        "retries exceeded ([Errno 111] Connection refused)",
        "a server (Elasticsearch at localhost:9200)",
    ),
    ("dial tcp database:8081: connect: connection refused", "a server (database:8081)"),
    (
        "pika.exceptions.AMQPConnectionError: [Errno 111] Connection refused",
        "a server (RabbitMQ)",
    ),
    ("kafka.errors.NoBrokersAvailable: NoBrokersAvailable", "a server (Kafka)"),
    (
        "ConnectionRefusedError: [Errno 111] Connection refused\n"
        'it.py:9: in f\n    connect(("127.0.0.1", 11211))\nE   ConnectionRefusedError: refused',
        "a server (memcached at 127.0.0.1:11211)",
    ),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_a_refused_connection_names_the_server_that_is_lacking(text: str, expected: str) -> None:
    assert lack(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "Error: connect ECONNREFUSED 127.0.0.1:8080",
        "Error: connect ECONNREFUSED 127.0.0.1:43123",
        "OperationalError: (2003, \"Can't connect to MySQL server on '127.0.0.1:40001'\")",
        "KeyError: 6379",
        "redis.exceptions.ResponseError: unknown command at localhost:6379",
        'OperationalError: connection to server at "localhost", port 5432 failed: FATAL: password',
        "test_it.py:3306: ConnectionRefusedError: Connection refused",
        "ValueError: 5432 is no port",
    ],
)
def test_what_may_be_the_repository_s_own_server_or_is_no_refusal_stays_a_failure(
    text: str,
) -> None:
    assert lack(text) is None


def test_a_port_on_which_a_file_of_the_repository_listens_is_its_own_server(
    tmp_path: Path,
) -> None:
    repository = make_repository(tmp_path / "repository", own=False)
    files = {
        "client.py": "PORT = 6379\nfor message in subscription.listen():\n    pass\n",
        "models.py": "event.listen(engine, 'connect', 5432)\n",
        "server.js": "createServer().listen(27017)\n",
        "server.py": "PORT = 3306\nsocketserver.TCPServer(('', PORT), Handler)\n",
        "main.go": 'package main\nvar _ = http.ListenAndServe("localhost:9200", nil)\n',
        "docs.md": "`net.Listen(11211)`\n",
    }
    write(repository, files)
    ports = (6379, 5432, 27017, 3306, 9200, 11211)
    assert [port for port in ports if listens_on(repository, port)] == [27017, 3306, 9200]
    text = "connect ECONNREFUSED localhost:3306"
    assert lack_of_connection(text, lambda port: listens_on(repository, port)) is None


def test_a_folder_that_is_no_repository_listens_on_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"server.js": "createServer().listen(27017)\n"})
    assert not listens_on(tmp_path, 27017)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error: listen EADDRNOTAVAIL: address not available ::1", IPV6),
        (
            "OSError: [Errno 99] error while attempting to bind on address ('::1', 0, 0, 0): "
            "cannot assign requested address",
            IPV6,
        ),
        ("listen tcp6 [::1]:0: bind: cannot assign requested address", IPV6),
        ("socket.gaierror: [Errno -9] Address family for hostname not supported", IPV6),
        ("OSError: [Errno 97] Address family not supported by protocol (AF_INET6)", IPV6),
        ("OSError: [Errno 99] Cannot assign requested address: 10.0.0.1", None),
        ("OSError: [Errno 98] Address already in use: ('::1', 80)", None),
        ("dial tcp: lookup example.org: no such host", NETWORK),
        ("std::vector is no IPv6 address", None),
    ],
)
def test_addresses_of_ipv6_that_the_machine_lacks_are_told_from_others(
    text: str, expected: str | None
) -> None:
    assert lack(text) == expected


@given(st.text(max_size=300), st.sampled_from([one for one, _ in REFUSED]))
@settings(deadline=None, max_examples=200)
def test_any_text_is_read_and_what_follows_an_error_does_not_hide_it(text: str, error: str) -> None:
    assert isinstance(lack(text), str | None)
    assert lack(f"{error}\nE   more: {text.replace(chr(13), '')}"[:8000]) is not None


MYSQL = """
import socket
def connect():
    raise ConnectionError("Can't connect to MySQL server on '127.0.0.1' (Connection refused)")
def test_a(): connect()
def test_b(): connect()
def test_c(): open("no-certificate.pem")
"""


def test_tests_that_want_a_server_are_told_once_as_low_with_their_counts(own: Path) -> None:
    write(own, {"test_it.py": MYSQL, "test_other.py": "def test_d(): assert 1 == 2\n"})
    result = verify(own)
    found = {(one.rule, str(one.severity), one.file) for one in result.findings}
    assert found == {
        ("test-needs-server", "low", "test_it.py"),
        ("test-environment-incomplete", "low", "test_it.py"),
        ("test-failed", "high", "test_other.py"),
    }
    (server,) = [one for one in result.findings if one.rule == "test-needs-server"]
    assert server.message.startswith("2 tests failed for lack of a server (MySQL at 127.0.0.1), as")
    assert "Can't connect to MySQL server" in server.message
    assert (facts(result)["failed"], facts(result)["verdict"]) == (4, "failed")


def test_a_suite_that_fails_only_for_lack_of_a_server_is_incomplete(own: Path) -> None:
    write(own, {"test_it.py": MYSQL.replace('open("no-certificate.pem")', "connect()")})
    result = verify(own)
    assert [one.rule for one in result.findings] == ["test-needs-server"]
    assert (facts(result)["failed"], facts(result)["verdict"]) == (3, "incomplete")
    assert "a server (MySQL at 127.0.0.1), which the environment lacks" in str(
        facts(result)["reason"]
    )


def test_a_server_that_the_test_itself_starts_and_that_does_not_answer_is_a_failure(
    own: Path,
) -> None:
    text = "import socket\ndef test_a():\n    with socket.socket() as server:\n"
    text += "        server.bind(('127.0.0.1', 0))\n"
    text += "        socket.create_connection(server.getsockname(), 5)\n"
    write(own, {"test_it.py": text})
    assert [(one.rule, str(one.severity)) for one in verify(own).findings] == [
        ("test-failed", "high")
    ]


def test_a_file_of_tests_that_wants_a_server_when_it_is_loaded_is_told_as_such(own: Path) -> None:
    write(own, {"test_it.py": MYSQL + "connect()\n", "test_ok.py": "def test_a(): pass\n"})
    result = verify(own)
    assert [(one.rule, str(one.severity)) for one in result.findings] == [
        ("test-needs-server", "low")
    ]
    assert (
        "they need a server (MySQL at 127.0.0.1), which is not here" in result.findings[0].message
    )


# fmt: off
CHMOD = """
import os, pytest
def test_a(tmp_path):
    path = tmp_path / "a"
    path.write_text("a")
    os.chmod(path, 0o000)
    with pytest.raises(OSError):
        path.read_text()

def test_b(tmp_path):
    path = tmp_path / "a"
    path.write_text("a")
    path.chmod(0)
    refused = False
    try:
        path.read_text()
    except OSError:
        refused = True
    assert refused

def test_c(tmp_path):
    path = tmp_path / "a"
    path.write_text("a")
    path.chmod(0o755)
    assert path.read_text() == "b"

def test_d(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "a").chmod(0o400)
    raise KeyError("a")
"""
# fmt: on


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone reads what nobody may read")
def test_tests_that_root_cannot_pass_are_told_once_as_low(own: Path) -> None:
    write(own, {"test_it.py": CHMOD})
    result = verify(own)
    found = [(one.rule, str(one.severity), one.line) for one in result.findings]
    assert sorted(found) == [
        ("test-failed", "high", 25),
        ("test-failed", "high", 30),
        ("test-fails-as-root", "low", None),
    ]
    (as_root,) = [one for one in result.findings if one.rule == "test-fails-as-root"]
    assert as_root.message.startswith("2 tests failed because they ran as root")
    assert "as root every file can be read" in as_root.message
    assert facts(result)["failed"] == 4


def as_root(tmp_path: Path, message: str, source: str, euid: int, file: str = "test_it.py") -> bool:
    """Whether a test that fails in the last line of `source` is one that root cannot pass."""
    (tmp_path / file).write_text(source, encoding="utf-8")
    line = source.count("\n")
    test = RecordedTest("t", "failed", ended=True, file=file, line=line, message=message)
    records = Records(tests={"t": test})
    return lacking_modules(records, tmp_path, euid=euid) == {"t": OTHER_USER}


REFUSALS = [
    ("test_it.py", "Failed: DID NOT RAISE <class 'PermissionError'>", "def test_a():\n    f()\n"),
    ("test_it.py", "AssertionError: PermissionError not raised", "def test_a(self):\n    f()\n"),
    (
        "test_it.py",
        "AssertionError: assert 0 == 1",
        "def test_a():\n    os.chmod('a', 0o444)\n    assert f() == 1\n",
    ),
    (
        "test_it.py",
        "AssertionError: OSError not raised",
        "def test_a():\n    os.chmod('a', stat.S_IREAD)\n    f()\n",
    ),
    (
        "test_it.py",
        "AssertionError: assert not True",
        'def test_a():\n    run(["chmod", "-w", "a"])\n    assert not f()\n',
    ),
    ("a_test.go", "expected an error, got nil", "func TestA(t) {\n\tos.Chmod(p, 0o000)\n\tf()\n"),
    (
        "a.test.js",
        "Missing expected rejection.",
        "test('a', () => {\n  chmodSync('a', 0o000);\n  f();\n",
    ),
]


@pytest.mark.parametrize(("file", "message", "source"), REFUSALS)
def test_a_refusal_that_does_not_come_is_root_s_alone(
    tmp_path: Path, file: str, message: str, source: str
) -> None:
    assert as_root(tmp_path, message, source, 0, file)
    assert not as_root(tmp_path, message, source, 1000, file)


@pytest.mark.parametrize(
    ("message", "source"),
    [
        (
            "AssertionError: assert 1 == 2",
            "def test_a():\n    os.chmod('a', 0o755)\n    assert f()\n",
        ),
        (
            "AssertionError: assert 1 == 2",
            "def test_a():\n    p.chmod(0o600)\n    assert f() == 404\n",
        ),
        (
            "AssertionError: assert 1 == 2",
            "def test_a():\n    p.chmod(0)\n\ndef test_b():\n    assert f()\n",
        ),
        ("KeyError: 'a'", "def test_a():\n    os.chmod('a', 0)\n    f()\n"),
        (
            "AssertionError: ValueError not raised",
            "def test_a():\n    os.chmod('a', stat.S_IRUSR | stat.S_IWUSR)\n    f()\n",
        ),
        ("PermissionError: [Errno 13] Permission denied: 'a'", "def test_a():\n    f()\n"),
    ],
)
def test_files_that_their_owner_may_read_and_write_are_none_of_root_s(
    tmp_path: Path, message: str, source: str
) -> None:
    assert not as_root(tmp_path, message, source, 0)


def test_a_package_of_go_that_cannot_be_downloaded_for_lack_of_a_network_is_no_fault(
    tmp_path: Path,
) -> None:
    text = "dial tcp: lookup proxy.example.org: no such host"
    records = Records(collection_errors=[CollectionError("go", "go.mod", text, text)])
    assert lacking_modules(records, tmp_path) == {"go": NETWORK}


def test_the_check_of_a_test_that_wants_a_server_runs_that_test(own: Path) -> None:
    write(own, {"test_it.py": MYSQL})
    server = next(one for one in verify(own).findings if one.rule == "test-needs-server")
    again = subprocess.run(server.check, shell=True, cwd=own, capture_output=True, text=True)
    assert "1 failed" in again.stdout
