"""Figures for managers: wallboard and reports."""
