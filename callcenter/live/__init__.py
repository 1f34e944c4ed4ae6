"""The live board: one snapshot and numbered deltas of agents, queues, calls and campaigns."""
