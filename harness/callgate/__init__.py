"""Callgate: answers before rollout whether a changed prompt broke calls, and for whom."""
