"""The life of a session: plan, gates, run, verify, summarise; recovery; the JSON journal."""
