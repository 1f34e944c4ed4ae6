"""The demo company: seeded data, colleagues who work by themselves, customers who call. `make run`."""
