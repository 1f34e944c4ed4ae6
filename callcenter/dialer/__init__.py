"""Outbound: campaigns, lists and leads, do-not-call, the gate before every dial, the engine."""
