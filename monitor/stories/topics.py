"""Under which headings of a daily digest a story belongs, told from the themes of its articles' beginnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from monitor.models import ArticleView
from monitor.stories.themes import themes
from monitor.text.fold import fold, words

_THEMES = {
    "security": "blast shooting attack clash killing militants operation claim seizure police",
    "rights and civil society": "abduction protest arrest execution internet",
    "politics and parliament": "election parliament",
    "courts": "court execution",
    "economy and projects": "project trade port fishing mine gas power",
    "cross-border": "border refugee fuel",
    "disasters and health": "flood quake health weather water road train injury",
    "culture, schools and sport": "culture school sport",
}
TOPICS = (*_THEMES, "other")
_OF_THEME = {
    theme: tuple(topic for topic, listed in _THEMES.items() if theme in listed.split())
    for theme in " ".join(_THEMES.values()).split()
}
_LEAD = 150  # characters of the body
_MOST = 2  # topics of one story


def topics(articles: Iterable[ArticleView]) -> tuple[str, ...]:
    """Return the one or two headings of a story, in the order of TOPICS; a headline counts twice."""
    points: Counter[str] = Counter()
    for article in articles:
        lead = (article.text or article.summary)[:_LEAD]
        for text, weight in ((article.title, 2), (lead, 1)):
            for theme in themes(words(fold(text))):
                for topic in _OF_THEME.get(theme, ()):
                    points[topic] += weight
    best = max(points.values(), default=0)
    found = [topic for topic, count in points.most_common(_MOST) if 2 * count > best]
    return tuple(topic for topic in TOPICS if topic in found) or ("other",)
