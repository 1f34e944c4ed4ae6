"""The supervisor's floor: queues, agents and campaigns live, and the chosen agent's day."""
