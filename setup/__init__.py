"""Makes a fresh clone runnable and testable. Runs on the system's Python: the standard library only."""
