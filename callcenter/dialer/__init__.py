"""Calls the house makes itself: campaigns, lists, leads, do-not-call, the gate, the engine."""
