"""Decisions and runs -> understanding: search, causes, runbooks."""
