"""A simulated campaign in which any pacing can be tried at thousands of times real speed. Pure."""
