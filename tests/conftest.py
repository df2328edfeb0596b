"""Puts this folder on the path: `loopback` is for all tests."""
