"""Agents: the state machine, the roster that owns every agent's state, and what an agent may do to a call."""
