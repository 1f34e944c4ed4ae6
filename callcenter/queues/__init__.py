"""Queues: who waits, who is free, who gets whom, and the figures of it."""
