"""Asterisk as a program: finding or unpacking one, rendering its configuration, running instances."""
