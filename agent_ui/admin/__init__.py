"""Settings: users, agents, queues, numbers, pause reasons, the audit log, the state of the system."""
