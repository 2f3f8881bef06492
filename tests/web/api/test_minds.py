"""Minds, what they say, remember, care about and have to do, over the API."""

from __future__ import annotations

import pytest

from tests.web.api.living import Api, Json

NOBODY = "GMD-2026-0000-0000"


@pytest.fixture
def mind(api: Api) -> str:
    """The path of a mind of a test's own."""
    return f"/minds/{api.post('/minds', {'name': 'Own'})['gmid']}"


def contents(items: list[Json]) -> list[object]:
    return [item["content"] for item in items]


def test_a_mind_is_born_shown_and_listed(api: Api) -> None:
    born = api.post("/minds", {"name": "  Björn 2 ", "creator": "ann", "primary_purpose": "tests"})
    assert (born["name"], born["creator"], born["status"]) == ("Björn 2", "ann", "active")
    assert born["emotion"] == "calm"
    assert api.get(f"/minds/{born['gmid']}") == born
    listed = {one["gmid"]: one for one in api.walk("/minds", limit=1)}
    assert listed[born["gmid"]] == {k: v for k, v in born.items() if k != "emotion"}
    assert (api.server.kernel.home.minds / f"{born['gmid']}.json").exists()


@pytest.mark.parametrize(
    "name", ["", " ", "\t", "a\nb", "a\0b", "a\u202eb", "\u2066a", "_", "x" * 65, 7, None, "\ud800"]
)
def test_a_name_that_nobody_could_read_is_refused(api: Api, name: object) -> None:
    assert api.status("/minds", {"name": name}) in (400, 422)


@pytest.mark.parametrize("rest", ["", "/messages", "/memories/search?query=a"])
def test_a_name_where_a_gmid_belongs_is_told_how_to_find_that(api: Api, rest: str) -> None:
    answer = api.server.ask(f"/api/minds/Atlas{rest}")
    assert answer.status == 404
    told = str(answer.json()["detail"])
    assert "GMID" in told
    assert "GET /api/minds`" in told
    elsewhere = api.server.ask("/api/jobs/%20none/status").json()
    assert "GMID" not in str(elsewhere["detail"])


def test_a_mind_whose_file_is_damaged_is_still_shown(api: Api, mind: str) -> None:
    file = api.server.kernel.home.minds / f"{mind.removeprefix('/minds/')}.json"
    file.write_text("{")
    assert api.get(mind)["emotion"] is None


def test_messages_are_said_and_read_page_by_page_from_both_ends(api: Api, mind: str) -> None:
    path = f"{mind}/messages"
    said = [
        api.post(path, {"role": "user", "content": f"hello {n}", "user_email": "ann@example.org"})
        for n in range(5)
    ]
    assert api.get(path) == {"items": said, "next": None}
    newest = api.get(path, limit=2)
    assert newest == {"items": said[3:], "next": said[3]["id"]}
    older = api.get(path, limit=2, before=newest["next"])
    assert older == {"items": said[1:3], "next": said[1]["id"]}
    assert api.get(path, limit=2, before=older["next"]) == {"items": said[:1], "next": None}
    assert api.get(path, limit=2, after=said[0]["id"]) == {
        "items": said[1:3], "next": said[2]["id"],
    }  # fmt: skip
    between = api.get(path, after=said[0]["id"], before=said[3]["id"])
    assert between["items"] == said[1:3]
    since = api.get(path, since=said[1]["timestamp"], until=said[3]["timestamp"])
    assert since["items"] == said[1:3]


def test_messages_are_filtered_by_user_environment_and_role(api: Api) -> None:
    path = f"/minds/{api.gmid}/messages"
    api.post(path, {"role": "assistant", "content": "to bob", "user_email": "bob@example.org"})
    assert contents(api.get(path, user_email="bob@example.org")["items"]) == ["to bob"]
    assert contents(api.get(path, role="assistant")["items"]) == ["to bob"]
    assert len(api.get(path, environment_id="room", role="user")["items"]) == 5
    assert api.get(path, user_email="nobody@example.org") == {"items": [], "next": None}


def test_a_message_is_text_whatever_it_looks_like(api: Api, mind: str) -> None:
    text = "<script>alert(1)</script> \u202e \U0001f600 ' \" \\ \r\n"
    said = api.post(f"{mind}/messages", {"role": "user", "content": text, "metadata": {"k": [1]}})
    assert (said["content"], said["metadata"]) == (text, {"k": [1]})
    answer = api.server.ask(f"/api{mind}/messages")
    assert answer.header("content-type") == "application/json"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.json()["items"] == [said]


def test_a_message_is_an_event_and_plugins_are_woken(api: Api, mind: str) -> None:
    wakes = api.server.kernel.delivery.wait(-1, 0)
    before = api.server.events("message.added")
    api.post(f"{mind}/messages", {"role": "user", "content": "hello"})
    assert api.server.events("message.added") == before + 1
    assert api.server.kernel.delivery.wait(-1, 0) > wakes


def test_a_place_that_is_gone_is_said_and_not_taken_for_the_end(api: Api, mind: str) -> None:
    from genesis.minds.conversation import ConversationManager

    said = api.post(f"{mind}/messages", {"role": "user", "content": "hello"})["id"]
    path = f"{mind}/messages"
    assert api.get(path, before=said)["items"] == []
    gmid = mind.removeprefix("/minds/")
    ConversationManager(gmid, api.server.kernel.database).delete_message(int(str(said)))
    assert api.status(path, before=said) == 404
    assert api.status(path, after=said) == 404
    assert api.status(path, before=1) == 404  # another mind's


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"role": "user"}, 422), ({"role": "tool", "content": "x"}, 422),
        ({"role": "user", "content": ""}, 422), ({"role": "user", "content": " \n"}, 422),
        ({"role": "user", "content": "a\0"}, 422), ({"role": "user", "content": 1}, 422),
        ({"role": "user", "content": "x" * 100_001}, 422),
        ({"role": "user", "content": "x", "user_email": ""}, 422),
        ({"role": "user", "content": "x", "metadata": []}, 422),
        ({"role": "user", "content": "x", "timestamp": "2026-01-01T00:00:00Z"}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(api: Api, body: Json, status: int) -> None:
    assert api.status(f"/minds/{api.gmid}/messages", body) == status


def test_nothing_is_said_to_a_mind_that_is_not_there(api: Api) -> None:
    said = {"role": "user", "content": "hello"}
    assert api.status(f"/minds/{NOBODY}/messages", said) == 404
    assert api.status(f"/minds/{NOBODY}/memories", {"content": "x"}) == 404
    concern = {"content": "x", "concern_type": "health"}
    assert api.status(f"/minds/{NOBODY}/concerns", concern) == 404
    assert api.status(f"/minds/{NOBODY}/tasks", {"user_request": "x"}) == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "before=0", "before=x", "after=-1", "since=yesterday",
     "since=2026-02-30T00:00:00Z", "since=2026-01-01T00:00:00", "role=nobody", "offset=5",
     "user_email="],
)  # fmt: skip
def test_a_page_that_cannot_be_is_refused(api: Api, query: str) -> None:
    assert api.server.ask(f"/api/minds/{api.gmid}/messages?{query}").status == 422


def test_a_memory_is_kept_found_by_meaning_and_forgotten(api: Api, mind: str) -> None:
    path = f"{mind}/memories"
    kept = api.post(path, {"content": "Ann likes green tea", "tags": ["tea"], "importance": 0.9})
    api.post(path, {"content": "the weather was bad", "memory_type": "semantic"})
    found = api.get(f"{path}/search", query="who likes tea")["items"]
    assert contents(found) == ["Ann likes green tea", "the weather was bad"]
    assert found[0]["score"] > found[1]["score"]
    assert (found[0]["id"], found[0]["tags"]) == (kept["id"], ["tea"])
    assert contents(api.get(path, memory_type="semantic")["items"]) == ["the weather was bad"]
    same = api.post(path, {"content": "Ann likes green tea", "deduplicate": "exact"})
    assert same["id"] == kept["id"]
    assert api.status(f"{path}/{kept['id']}", method="DELETE") == 204
    assert api.status(f"{path}/{kept['id']}", method="DELETE") == 404
    assert api.status(f"{path}/{kept['id']}") == 404
    assert api.status(path, cursor=kept["id"], limit=5) in (200, 404)


def test_who_asks_sees_what_is_personal_to_them_only(api: Api, mind: str) -> None:
    path = f"{mind}/memories"
    for user in ("ann@example.org", "bob@example.org"):
        api.post(path, {"content": f"a secret of {user}", "user_email": user,
                        "relationship_context": "personal"})  # fmt: skip
    mine = api.get(path, user_email="ann@example.org")["items"]
    assert contents(mine) == ["a secret of ann@example.org"]
    assert api.get(path)["items"] == []
    found = api.get(f"{path}/search", query="secret", user_email="bob@example.org")["items"]
    assert contents(found) == ["a secret of bob@example.org"]


def test_concerns_are_added_due_and_resolved_once(api: Api, mind: str) -> None:
    path = f"{mind}/concerns"
    times = [f"2026-01-0{day}T00:00:00Z" for day in (3, 1, 2)]
    for number, time in enumerate(times):
        api.post(path, {"content": f"c{number}", "concern_type": "health", "next_check_at": time})
    api.post(path, {"content": "later", "concern_type": "task", "priority": "high"})
    assert contents(api.walk(path, limit=1)) == ["later", "c2", "c1", "c0"]
    assert contents(api.walk(f"{path}/due", limit=1)) == ["c1", "c2", "c0"]
    assert contents(api.walk(f"{path}/due", limit=2, at="2026-01-02T12:00:00+01:00")) == [
        "c1", "c2",
    ]  # fmt: skip
    first = api.walk(path)[-1]
    resolved = api.post(f"{path}/{first['concern_id']}/resolve", {"reason": "well again"}, 200)
    assert (resolved["status"], resolved["metadata"]) == ("resolved", {"resolution": "well again"})
    assert api.status(f"{path}/{first['concern_id']}/resolve", {}) == 409
    assert api.status(f"{path}/none/resolve", {}) == 404
    assert contents(api.walk(path, status="resolved")) == ["c0"]
    assert contents(api.walk(path, status="active", limit=2)) == ["later", "c2", "c1"]


def test_paging_through_what_is_due_skips_nothing_that_others_move(api: Api, mind: str) -> None:
    from genesis.minds.concerns import Concerns

    path = f"{mind}/concerns"
    for number in range(4):
        time = f"2026-01-0{number + 1}T00:00:00Z"
        api.post(path, {"content": f"c{number}", "concern_type": "health", "next_check_at": time})
    page = api.get(f"{path}/due", limit=2)
    concerns = Concerns(mind.removeprefix("/minds/"), api.server.kernel.database)
    for concern in page["items"]:
        concerns.check(concern["concern_id"], "2099-01-01T00:00:00Z")
    rest = api.get(f"{path}/due", limit=2, cursor=page["next"])
    assert contents(page["items"] + rest["items"]) == ["c0", "c1", "c2", "c3"]


def test_background_tasks_are_given_listed_and_cancelled(api: Api, mind: str) -> None:
    path = f"{mind}/tasks"
    given = [api.post(path, {"user_request": f"t{n}", "context": {"n": n}}) for n in range(4)]
    assert given[0]["status"] == "pending"
    assert [t["user_request"] for t in api.walk(path, limit=1)] == ["t0", "t1", "t2", "t3"]
    for task in given[:3]:
        cancelled = api.post(f"{path}/{task['task_id']}/cancel", status=200)
        assert cancelled["status"] == "cancelled"
        assert api.status(f"{path}/{task['task_id']}/cancel", method="POST") == 409
    assert [t["user_request"] for t in api.walk(path, limit=1)] == ["t3"]
    ended = [t["user_request"] for t in api.walk(path, limit=1, state="ended")]
    assert ended == ["t2", "t1", "t0"]
    assert api.status(f"{path}/none/cancel", method="POST") == 404
    assert api.status(path, {"user_request": "x", "uploaded_files": ["/etc/passwd"]}) == 422


def test_a_whole_number_may_be_written_with_a_point(api: Api, mind: str) -> None:
    given = api.post(f"{mind}/tasks", {"user_request": "x", "priority": 2.0})
    assert given["priority"] == 2
    assert api.status(f"{mind}/tasks", {"user_request": "x", "priority": 2.5}) == 422
