"""Homes as genesis-minds 0.1 and be-agents-service left them, by their documented schemas."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ATLAS = "GMD-2026-B361-F5F0"
NOVA = "GMID-12345678"
LOST = "GMD-2025-0000-DEAD"

MINDS_SCHEMA = """
CREATE TABLE minds (gmid VARCHAR PRIMARY KEY, name VARCHAR, creator VARCHAR, birth_date DATETIME,
  last_active DATETIME, status VARCHAR, template VARCHAR, primary_role VARCHAR,
  storage_path VARCHAR, gen_balance FLOAT, current_emotion VARCHAR);
CREATE TABLE environments (env_id VARCHAR PRIMARY KEY, name VARCHAR, owner_gmid VARCHAR,
  env_type VARCHAR, description VARCHAR, atmosphere VARCHAR, is_public BOOLEAN, is_shared BOOLEAN,
  created_at DATETIME, last_accessed DATETIME, access_count INTEGER, current_inhabitants JSON,
  extra_metadata JSON);
CREATE TABLE relationships (id INTEGER PRIMARY KEY, from_gmid VARCHAR, to_gmid VARCHAR,
  relationship_type VARCHAR, closeness FLOAT, trust_level FLOAT, affection FLOAT,
  started_at DATETIME, last_interaction DATETIME, interaction_count INTEGER,
  positive_interactions INTEGER, negative_interactions INTEGER, shared_experiences JSON);
CREATE TABLE conversation_messages (id INTEGER PRIMARY KEY, mind_gmid VARCHAR,
  user_email VARCHAR, environment_id VARCHAR, role VARCHAR, content TEXT, timestamp DATETIME,
  extra_data JSON);
CREATE INDEX ix_mind_time ON conversation_messages (mind_gmid, timestamp);
CREATE TABLE concerns (concern_id VARCHAR PRIMARY KEY, mind_gmid VARCHAR, user_email VARCHAR,
  concern_type VARCHAR, content TEXT, context TEXT, priority VARCHAR, confidence FLOAT,
  status VARCHAR DEFAULT 'active', created_at DATETIME, last_checked_at DATETIME,
  next_check_at DATETIME, resolved_at DATETIME, check_count INTEGER, follow_up_message TEXT,
  extra_data JSON);
CREATE TABLE background_tasks (task_id VARCHAR PRIMARY KEY, mind_gmid VARCHAR,
  user_email VARCHAR, user_request TEXT, status VARCHAR, progress FLOAT, created_at DATETIME,
  started_at DATETIME, completed_at DATETIME, result JSON, error TEXT, retry_count INTEGER,
  max_retries INTEGER, context JSON, extra_data JSON);
CREATE TABLE thoughts (id INTEGER PRIMARY KEY, mind_gmid VARCHAR, content TEXT);
CREATE TABLE metaverse_state (id INTEGER PRIMARY KEY, total_minds INTEGER);
CREATE TABLE users (id INTEGER PRIMARY KEY, username VARCHAR);
"""
_PLAIN = (
    "experiments", "patterns", "metrics", "rewards", "user_commands", "automation_candidates",
    "lessons_learned", "campaigns", "leads", "content", "llm_usage", "xp_transactions",
    "achievement_definitions", "agent_achievements", "leaderboard_cache",
)  # fmt: skip
SERVICE_TABLES = {
    "teams": "id TEXT PRIMARY KEY, name TEXT UNIQUE, domain TEXT, description TEXT, "
    "created_at TIMESTAMP, updated_at TIMESTAMP",
    "agents": "id TEXT PRIMARY KEY, team_id TEXT, name TEXT, role TEXT, emoji TEXT, "
    "llm_preference TEXT, success_rate REAL, total_tasks_completed INTEGER, "
    "total_tasks_failed INTEGER, avg_duration_seconds REAL, is_active BOOLEAN, "
    "created_at TIMESTAMP, updated_at TIMESTAMP, UNIQUE (team_id, name)",
    "sessions": "id TEXT PRIMARY KEY, team_id TEXT, status TEXT, target_repo TEXT, "
    "priority_file TEXT, branch_name TEXT, pr_url TEXT, iteration_count INTEGER, "
    "started_at TIMESTAMP, completed_at TIMESTAMP, duration_seconds REAL, exit_code INTEGER",
    "tasks": "id TEXT PRIMARY KEY, session_id TEXT, agent_id TEXT, description TEXT, status TEXT, "
    "priority TEXT, llm_used TEXT, started_at TIMESTAMP, completed_at TIMESTAMP, "
    "duration_seconds REAL, error_message TEXT, retry_count INTEGER",
    "repositories": "id TEXT PRIMARY KEY, name TEXT UNIQUE, path TEXT UNIQUE, github_url TEXT, "
    "team_id TEXT, is_active BOOLEAN, last_synced_at TIMESTAMP, created_at TIMESTAMP",
    **dict.fromkeys(_PLAIN, "id TEXT PRIMARY KEY, name TEXT, value REAL, created_at TIMESTAMP"),
    "agent_levels": "agent_id TEXT PRIMARY KEY, level INTEGER, total_xp INTEGER",
    "agent_streaks": "agent_id TEXT PRIMARY KEY, current_streak INTEGER",
    "level_thresholds": "level INTEGER PRIMARY KEY, xp_required INTEGER, title TEXT",
}  # fmt: skip


def mind_document(gmid: str, name: str, **more: object) -> dict[str, object]:
    """A newborn's file, as 0.1.5 writes it."""
    return {
        "identity": {
            "gmid": gmid, "name": name, "digital_fingerprint": "AB12:34CD",
            "birth_timestamp": "2026-01-04T09:30:00.123456", "birth_location": "localhost",
            "creator": "tester", "creator_email": "tester@example.org",
            "template": "base/curious_explorer", "primary_purpose": None, "status": "alive",
            "gens": 100.0, "genesis_version": "0.1.5",
        },
        "intelligence": {
            "reasoning_model": "some/model", "default_temperature": 0.7, "max_tokens": 8000,
            "api_keys": {"vendor": "sk-SECRET-IN-CLEAR-TEXT"},
        },
        "autonomy": {"proactive_actions": False, "initiative_level": "medium"},
        "state": {"status": "idle", "current_thought": "hello", "consciousness_active": False},
        "emotional_state": {
            "primary_emotion": "curiosity", "intensity": 0.6, "emotions": {"joy": 0.2},
            "mood": "content", "mood_stability": 0.7, "arousal": 0.5, "valence": 0.6,
            "last_updated": "2026-01-04T09:31:00.000001", "trigger": None,
        },
        "memory": {"mind_id": gmid, "total_memories": 2, "working_memory_ids": [],
                   "memory_types_count": {"episodic": 2}},
        "config": {"plugins": [{"name": "tasks", "version": "1.0.0", "config": {}}]},
        "plugins": {"tasks": {"open": []}, "somebodys_own": {"kept": True}},
        **more,
    }  # fmt: skip


def write_mind(home: Path, document: dict[str, object], name: str | None = None) -> Path:
    """Put a mind's file into a home."""
    identity = document["identity"]
    assert isinstance(identity, dict)
    path = home / "minds" / (name or f"{identity['gmid']}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2))
    return path


def make_minds_home(home: Path, messages: int = 6) -> Path:
    """A clean home with two minds, and one that was deleted: its rows have stayed behind."""
    write_mind(home, mind_document(ATLAS, "Atlas"))
    write_mind(home, mind_document(NOVA, "Nova"))
    database = home / "genesis.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executescript(MINDS_SCHEMA)
        for gmid, name in ((ATLAS, "Atlas"), (NOVA, "Nova")):
            add(connection, "minds", gmid=gmid, name=name, creator="tester", status="active",
                birth_date="2026-01-04 08:30:00.123456", gen_balance=100.0)  # fmt: skip
        for number in range(messages):
            add(
                connection, "conversation_messages",
                mind_gmid=(ATLAS, NOVA)[number % 2], user_email="user@example.org",
                environment_id=None, role=("user", "assistant")[number // 2 % 2],
                content=f"message {number}",
                timestamp=f"2026-01-05 10:{number // 60 % 60:02}:{number % 60:02}.000000",
                extra_data=json.dumps({"n": number}) if number % 3 else "null",
            )  # fmt: skip
        add(connection, "environments", env_id="env-1", name="Library", owner_gmid=ATLAS,
            env_type="digital", is_public=1, is_shared=0, atmosphere="quiet",
            created_at="2026-01-04 08:31:00.000000", access_count=3, current_inhabitants="[]",
            extra_metadata='{"shelves": 4}')  # fmt: skip
        add(connection, "relationships", from_gmid=ATLAS, to_gmid=NOVA, closeness=0.4,
            relationship_type="friend", trust_level=0.6, affection=0.2, interaction_count=5,
            started_at="2026-01-04 08:32:00", shared_experiences='["first"]')  # fmt: skip
        add(connection, "concerns", concern_id="con-1", mind_gmid=ATLAS, concern_type="health",
            user_email="user@example.org", content="a headache", priority="high",
            status="active", created_at="2026-01-05 10:00:00", confidence=0.5, check_count=1,
            next_check_at="2026-01-06 10:00:00.000000", extra_data='{"urgency": 0.8}')  # fmt: skip
        add(connection, "background_tasks", task_id="task-done", mind_gmid=ATLAS,
            user_request="write a poem", status="completed", progress=1.0,
            created_at="2026-01-05 11:00:00", started_at="2026-01-05 11:00:01",
            completed_at="2026-01-05 11:00:09", result='{"poem": "..."}', retry_count=0,
            max_retries=2, context="{}", extra_data="{}")  # fmt: skip
        add(connection, "background_tasks", task_id="task-open", mind_gmid=ATLAS,
            user_request="send the letter", status="running", progress=0.4,
            created_at="2026-01-05 12:00:00", started_at="2026-01-05 12:00:01", retry_count=0,
            max_retries=2, context="{}")  # fmt: skip
        add(connection, "metaverse_state", total_minds=2)
    return home


def add(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """Write one row."""
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def change(database: Path, statement: str, *values: object) -> None:
    """Run one statement in an older database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def make_chroma(folder: Path, collections: dict[str, list[dict[str, object]]]) -> Path:
    """A Chroma folder, made by Chroma itself in a process of its own."""
    folder.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", _CHROMA, str(folder), json.dumps(collections)], check=True,
        capture_output=True,
    )  # fmt: skip
    return folder


_CHROMA = """
import json, sys
import chromadb
from chromadb.config import Settings
client = chromadb.PersistentClient(sys.argv[1], settings=Settings(anonymized_telemetry=False))
for name, rows in json.loads(sys.argv[2]).items():
    collection = client.get_or_create_collection(name)
    for place, row in enumerate(rows):
        collection.add(ids=[row["id"]], documents=[row["document"]] if "document" in row else None,
                       embeddings=[[1.0, float(place), 0.5]], metadatas=[row["metadata"]])
"""


def memory_row(name: str, text: str, **metadata: object) -> dict[str, object]:
    """A memory as VectorStore.add_memory wrote it."""
    base = {
        "type": "episodic", "timestamp": "2026-01-05T10:00:00.000001", "importance": 0.5,
        "emotion": "joy", "tags": "a,b", "user_email": "user@example.org", "access_count": 0,
    }  # fmt: skip
    return {"id": name, "document": text, "metadata": {**base, **metadata}}


def make_service(folder: Path, sessions: int = 2) -> Path:
    """A `.compound-state` with its database of 23 tables and one session's folder."""
    folder.mkdir(parents=True)
    now = "2026-02-08 23:26:00"
    with closing(sqlite3.connect(folder / "agent-service.db")) as connection, connection:
        for table, columns in SERVICE_TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        for team in ("engineering", "marketing"):
            add(connection, "teams", id=team, name=team.title(), domain=team, created_at=now,
                updated_at=now)  # fmt: skip
        for number in range(4):
            add(connection, "agents", id=f"agent-{number}", team_id="engineering",
                name=f"Agent {number}", role="works", emoji="X", llm_preference="sonnet",
                success_rate=0.9, is_active=1, created_at=now, updated_at=now)  # fmt: skip
        add(connection, "repositories", id="repo-1", name="shop", path="/srv/shop",
            team_id="engineering", is_active=1, created_at=now)  # fmt: skip
        for number in range(sessions):
            status = ("completed", "in_progress")[number % 2]
            add(connection, "sessions", id=f"session-{1770592000 + number}", status=status,
                team_id="engineering", target_repo="/srv/shop", priority_file="blog.md",
                iteration_count=1, started_at=now, exit_code=0,
                completed_at="2026-02-08 23:40:00" if status == "completed" else None)  # fmt: skip
            add(connection, "tasks", id=f"task-{number}", agent_id=f"agent-{number % 4}",
                session_id=f"session-{1770592000 + number}", description="do it", status=status,
                priority="high", llm_used="sonnet", started_at=1770592000000 + number,
                retry_count=1)  # fmt: skip
        for table in ("metrics", "leads", "xp_transactions"):
            for number in range(3):
                add(connection, table, id=f"{table}-{number}", name="n", value=number / 2,
                    created_at=now)  # fmt: skip
        add(connection, "agent_levels", agent_id="agent-1", level=3, total_xp=300)
    state = folder / "session-20260208-232600"
    state.mkdir()
    (state / "orchestrator.json").write_text('{"status": "completed", "phase": "done"}')
    (state / "verification.json").write_text('{"passed": true}')
    return folder


def state_of(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file and folder below one: mode, time of change, content."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns if path.is_file() else 0,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


def counted(database: Path, table: str, where: str = "1") -> int:
    """How many rows of a table fulfil a condition."""
    with closing(sqlite3.connect(database)) as connection:
        query = f"SELECT count(*) FROM {table} WHERE {where}"
        return int(connection.execute(query).fetchone()[0])
