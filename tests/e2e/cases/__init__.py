"""The cases, grouped by subject."""
