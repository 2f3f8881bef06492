"""The way in of a browser: a link that works once, and the cookie that it gives."""

from __future__ import annotations

import logging

import pytest
from genesis.web.token import login_link, seal

from tests.web.serving import Answer, Server

NOBODY = {"Authorization": ""}


def follow(server: Server, path: str, **headers: str) -> Answer:
    """Open a path as a browser does that has nothing yet."""
    return server.ask(path, headers={**NOBODY, **headers})


def path_of(server: Server) -> str:
    link = login_link(server.token, "127.0.0.1", server.port)
    assert server.token not in link
    return link.removeprefix(f"http://{server.host}")


def test_a_link_gives_a_cookie_once(server: Server) -> None:
    path = path_of(server)
    answer = follow(server, path)
    assert (answer.status, answer.header("location")) == (303, "/")
    cookie, *attributes = str(answer.header("set-cookie")).split("; ")
    assert set(attributes) >= {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert cookie.startswith(f"genesis-{server.port}=")
    assert server.token not in cookie
    assert follow(server, "/api/desk/notes", Cookie=cookie).status == 200
    again = follow(server, path)
    assert (again.status, again.header("set-cookie")) == (401, None)
    assert follow(server, "/api/desk/notes", Cookie=cookie).status == 200


def test_a_cookie_writes_from_our_own_pages_only(server: Server) -> None:
    cookie = str(follow(server, path_of(server)).header("set-cookie")).partition(";")[0]
    headers = {**NOBODY, "Cookie": cookie}
    note = {"text": "a"}
    assert server.ask("/api/desk/notes", note, headers=headers).status == 403
    own = {**headers, "Sec-Fetch-Site": "same-origin"}
    assert server.ask("/api/desk/notes", note, headers=own).status == 201


@pytest.mark.parametrize(
    "ticket", ["", "x", "1.2.3", "9999999999.AAAAAAAAAAAAAAAAAAAAAA." + "0" * 64, "%00", "é"]
)
def test_a_forged_link_gives_nothing(server: Server, ticket: str) -> None:
    answer = follow(server, "/login?ticket=" + ticket.replace("é", "%C3%A9"))
    assert (answer.status, answer.header("set-cookie")) == (401, None)


def test_old_links_and_other_seals_give_nothing(server: Server) -> None:
    for ticket in (
        seal(server.token, "ticket", -1),
        seal(server.token, "cookie", 100),
        seal("c" * 43, "ticket", 100),
    ):
        assert follow(server, f"/login?ticket={ticket}").status == 401


def test_looking_at_a_link_does_not_use_it_up(server: Server) -> None:
    path = path_of(server)
    for method in ("HEAD", "OPTIONS"):
        answer = server.ask(path, method=method, headers=NOBODY)
        assert (answer.status, answer.header("allow")) == (405, "GET")
    assert follow(server, path).status == 303


@pytest.mark.parametrize(
    ("wish", "target"),
    [
        ("/team", "/team"), ("/a?b=c%26d", "/a?b=c&d"), ("https://evil.example", "/"),
        ("//evil.example", "/"), ("/%5Cevil.example", "/"), ("javascript:alert(1)", "/"),
        ("/%0D%0ASet-Cookie:a=b", "/"), ("/a%20b", "/"), ("", "/"), ("evil", "/"),
        ("/%09/evil.example", "/"), ("/é", "/"),
    ],
)  # fmt: skip
def test_a_login_leads_to_a_path_of_this_server_only(
    server: Server, wish: str, target: str
) -> None:
    path = f"{path_of(server)}&next={wish.replace('é', '%C3%A9')}"
    answer = follow(server, path)
    assert (answer.status, answer.header("location")) == (303, target)
    assert len([name for name, _ in answer.headers if name == "set-cookie"]) == 1


def test_every_write_leaves_a_line_without_secrets(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "genesis.web.audit")
    server.ask("/api/desk/notes", {"text": "private"})
    server.ask("/api/desk/notes?text=private", {"text": ""})
    server.ask("/api/desk/notes", {"text": "private"}, headers=NOBODY)
    server.ask("/api/desk/notes/one", method="DELETE", headers={"Host": "evil.example"})
    server.ask("/api/desk/notes")
    lines = [record.getMessage() for record in caplog.records if "audit" in record.name]
    # A login of the test before may be written down only now.
    assert [line for line in lines if line != "login by a link"] == [
        "POST /api/desk/notes 201 by token",
        "POST /api/desk/notes 422 by token",
        "POST /api/desk/notes 401 by nobody",
        "DELETE /api/desk/notes/one 421 by nobody",
    ]
    assert server.token not in caplog.text
    assert "private" not in caplog.text
