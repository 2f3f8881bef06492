"""The embedder all-MiniLM-L6-v2: it finds memories by meaning and needs no network."""
