"""Who an outlet is: the region's sources.yaml, asked by address, and put to what the store returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from monitor.models import (
    ArticleRecord,
    ArticleView,
    DayRecord,
    Entity,
    FeedHealth,
    News,
    Origin,
    Outlet,
    Story,
)
from monitor.stories.origins import Origins
from monitor.stories.status import Status, label
from monitor.stories.topics import topics


class Registry:
    """The outlets of a region, by id and by host."""

    def __init__(self, outlets: Iterable[Outlet], entities: Iterable[Entity]) -> None:
        self.by_id = {outlet.id: outlet for outlet in outlets}
        self._by_host = {host: outlet for outlet in self.by_id.values() for host in outlet.hosts}

        bodies = tuple(entities)
        self._origins = Origins(self.by_id.values(), bodies)
        self._status = Status(self._origins, bodies)
        self._names = {entity.id: entity.name for entity in bodies}
        self._names |= {outlet.id: outlet.name for outlet in self.by_id.values()}

    def at(self, url: str) -> Outlet | None:
        """Return the outlet that publishes at an address: its host and port, its host, or a parent domain."""
        parts = urlsplit(url)
        host = host_of(url)
        if found := self._by_host.get(parts.netloc.lower()):
            return found
        while host:
            if found := self._by_host.get(host):
                return found
            _, _, host = host.partition(".")
        return None

    def foreign(self, feed_url: str, url: str) -> bool:
        """Tell whether a feed belongs to another publisher than the page it links to."""
        feed, page = self.at(feed_url), self.at(url)
        if feed is not None and page is not None:
            return feed.id != page.id
        return site_of(feed_url) != site_of(url)

    def article(self, article: ArticleView) -> ArticleView:
        """Return an article with its outlet's name and kind; the feed's title where nobody knows the outlet.

        Only what was read on a page speaks for the page's outlet; else it is the feed's.
        """
        outlet = self.outlet(article)
        if outlet is None:
            return replace(article, outlet=article.feed)
        return replace(article, outlet=outlet.name, kind=outlet.kind, about_region=outlet.about_region)

    def _id(self, article: ArticleView) -> str:
        outlet = self.outlet(article)
        return outlet.id if outlet else article.outlet or article.feed

    def outlet(self, article: ArticleView | ArticleRecord) -> Outlet | None:
        """Return who publishes an article, as it is stored."""
        own = self.at(article.url) if article.origin is Origin.PAGE else None
        return own or self.by_id.get(article.outlet)

    def story(self, story: Story) -> Story:
        """Return a story with its outlets named, its origins counted, and whose words it gives."""
        articles = tuple(map(self.article, story.articles))
        origins = self._origins.count(self._known(story))
        sides = self._status.sides(articles)
        return replace(
            story,
            articles=articles,
            origins=origins,
            sources=len({article.outlet for article in articles}),
            status=label(origins, sides),
            sides=sides,
            topics=topics(articles),
        )

    def status(self, story: Story) -> tuple[str, int]:
        """Return a story's status and the number of its origins, as `story` does, without what they do not need."""
        origins = self._origins.count(self._known(story))
        # One origin is single-source whoever is heard, and listening is what takes time.
        sides = self._status.sides(map(self.article, story.articles)) if origins > 1 else ()
        return label(origins, sides), origins

    def origins_of(self, story: Story) -> dict[int, str]:
        """Return where each article of a story has its report from, by its number: the name of an outlet or a body."""
        return {article.id: self._name(self._origins.of(article)) for article in self._known(story)}

    def news(self, story: Story, article: int) -> tuple[News, ...]:
        """Return what one article of a story adds to the others."""
        known = self._known(story)
        new = next(one for one in known if one.id == article)
        others = [one for one in known if one.id != article]
        return tuple(replace(one, what=self._name(one.what)) for one in self._status.news(others, new))

    def _known(self, story: Story) -> list[ArticleView]:
        """Return a story's articles with the ids of their outlets."""
        return [replace(article, outlet=self._id(article)) for article in story.articles]

    def _name(self, outlet_or_entity: str) -> str:
        return self._names.get(outlet_or_entity, outlet_or_entity)

    def health(self, feed: FeedHealth) -> FeedHealth:
        """Return a feed's health with what is known of its outlet."""
        outlet = self.by_id.get(feed.outlet)
        if outlet is None:
            return replace(feed, outlet=feed.feed)
        return replace(feed, outlet=outlet.name, kind=outlet.kind, country=outlet.country)

    def day(self, record: DayRecord) -> DayRecord:
        """Return a day's record with every outlet named."""
        return replace(
            record,
            stories=tuple(map(self.story, record.stories)),
            feeds=tuple(map(self.health, record.feeds)),
        )


def host_of(url: str) -> str:
    """Return a URL's host in lower case, without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def site_of(url: str) -> str:
    """Return what names a site: the last two labels of its host (three under co.uk and the like), or an address."""
    parts = urlsplit(url)
    host = host_of(url)
    labels = host.split(".")
    if labels[-1].isdigit() or ":" in host:
        return parts.netloc
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])
