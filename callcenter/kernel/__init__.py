"""Words every room shares: events, bus, database, transaction, actor, audit, web edge."""
