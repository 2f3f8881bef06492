"""What the db-architect looks at: SQL files and migrations, queries, SQLite files."""
