"""Reviews of what a browser gets: pages and templates, style sheets, scripts and their files."""
