"""The contact centre: telephony, agents, queues, dialer. One folder is one room; see docs/architecture.md."""
