"""trial -> scores. A rule is a pure function of what was seen; a judge is two; one's own graders run apart.

To add a rule: a function in rules/, a line in registry.py, its words in packs/, its examples in tests/graders/.
"""
