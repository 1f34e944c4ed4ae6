"""The frame around every page: sign-in, preferences, static files, the strings of the scripts."""
