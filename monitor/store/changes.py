"""What changed on a day in what earlier digests said: feeds' words edited, stories joined or parted, matches gone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from monitor.models import Changes, Edit, Moved
from monitor.store import codec

if TYPE_CHECKING:
    from monitor.store.queries import Queries


def changes(store: Queries, start: datetime, end: datetime) -> Changes:
    """Return what changed in [start, end) of articles that had a match before, as it stood at the end."""
    window = {"start": codec.instant(start), "end": codec.instant(end)}
    edits = store.db.execute(
        """
        SELECT v.article_id, v.at, a.url, f.title,
               coalesce((SELECT title FROM article_version o WHERE o.article_id = v.article_id AND o.id < v.id
                         ORDER BY o.id DESC LIMIT 1), a.title), v.title
        FROM article_version v JOIN article a ON a.id = v.article_id JOIN feed f ON f.id = a.feed_id
        WHERE v.at >= :start AND v.at < :end AND EXISTS (
            SELECT 1 FROM match m WHERE m.article_id = v.article_id AND m.live AND m.found < v.at
            AND (m.withdrawn IS NULL OR m.withdrawn >= :end))
        ORDER BY v.at, v.id
        """,
        window,
    )
    moved = store.db.execute(
        """
        SELECT was.story_id, now.story_id,
               CASE WHEN max(now.how = 'by hand') THEN 'by hand' ELSE max(now.how) END, count(*)
        FROM story_article was JOIN story_article now ON now.article_id = was.article_id AND now.at = was.left_at
        WHERE was.left_at >= :start AND was.left_at < :end AND was.at < :start
        GROUP BY was.story_id, now.story_id, now.at ORDER BY was.story_id, now.story_id, now.at
        """,
        window,
    )
    withdrawn = store.db.execute(
        "SELECT count(*) FROM match WHERE live AND found < :start AND withdrawn >= :start AND withdrawn < :end"
        " AND NOT EXISTS (SELECT 1 FROM match later WHERE later.article_id = match.article_id"
        " AND later.rule = match.rule AND later.at = match.withdrawn)",
        window,
    ).fetchone()[0]
    return Changes(
        edits=tuple(
            Edit(article, codec.known_instant(at), url, feed, before, after)
            for article, at, url, feed, before, after in edits
        ),
        moved=tuple(Moved(*row) for row in moved),
        withdrawn=withdrawn,
    )
