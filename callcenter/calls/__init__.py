"""Calls and their legs: what Asterisk said, what it means, the rows it leaves, and how to act on a call."""
