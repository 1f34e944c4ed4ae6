"""Benchmarks: `make bench` prints one JSON document. Ratios are measured side by side in one run."""
