"""Articles and cases -> how well the one covers the other: what has no case, what has no article, what is old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from callgate.concepts import Case
from callgate.insight.articles import Article

STALE_DAYS = 180
"""Days after which an article that nobody has read through again is stale."""
ISSUES = 50
"""How many recurring issues are looked at."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What `callgate cases knowledge` says. `unused`: articles that no case needs; `issues`: recurring issues (a call
    type or category with its number of cases) that no article answers; `unknown`: (case, article) that do not exist;
    `stale`: article -> days since it was read through; `undated`: articles of which nobody said."""

    articles: int
    issues: int
    unused: tuple[str, ...]
    unanswered: tuple[tuple[str, int], ...]
    unknown: tuple[tuple[str, str], ...]
    stale: tuple[tuple[str, int], ...]
    undated: tuple[str, ...]

    def text(self) -> str:
        """A few lines, the counts first."""
        covered, answered = self.articles - len(self.unused), self.issues - len(self.unanswered)
        lines = [
            f"{covered} of {self.articles} articles have a case",
            *(f"  no case needs {name}" for name in self.unused),
            f"{answered} of the {self.issues} most frequent issues have an article",
            *(f"  no article answers {name} ({count} cases)" for name, count in self.unanswered),
            *(f"  {case} needs {article}, which does not exist" for case, article in self.unknown),
            *(f"  stale: {name}, read through {days} days ago" for name, days in self.stale),
            *(f"  nobody said when {name} was read through (reviewed: DATE)" for name in self.undated),
        ]
        return "\n".join(lines) + "\n"

    @property
    def complete(self) -> bool:
        """Whether nothing is missing; old and undated articles do not count."""
        return not (self.unused or self.unanswered or self.unknown)


def coverage(
    articles: Sequence[Article], cases: Sequence[Case], *, issue: str, today: date, stale_days: int = STALE_DAYS
) -> Coverage:
    """`issue` is the segment that names a recurring issue (call_type, category). An issue is answered by an article
    that names it among its topics, or that a case of the issue needs."""
    live = [article for article in articles if not article.retired]
    names = {article.id for article in live}
    needed = {name for case in cases for name in case.articles}
    frequent = Counter(case.segments[issue] for case in cases if issue in case.segments).most_common(ISSUES)
    answered = {topic for article in live for topic in article.topics}
    answered |= {case.segments.get(issue, "") for case in cases if names & set(case.articles)}
    ages = {a.id: (today - date.fromisoformat(a.reviewed)).days for a in live if a.reviewed}
    return Coverage(
        len(live),
        len(frequent),
        tuple(sorted(names - needed)),
        tuple((name, count) for name, count in frequent if name not in answered),
        tuple(sorted((case.id, name) for case in cases for name in case.articles if name not in names)),
        _oldest(ages, stale_days),
        tuple(sorted(a.id for a in live if not a.reviewed)),
    )


def _oldest(ages: Mapping[str, int], stale_days: int) -> tuple[tuple[str, int], ...]:
    old = [(name, days) for name, days in ages.items() if days > stale_days]
    return tuple(sorted(old, key=lambda entry: (-entry[1], entry[0])))
