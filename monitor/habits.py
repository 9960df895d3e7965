"""What the pages of each site have in common: learned while a run lasts, begun from what is stored."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from monitor.models import Job, PageContext, Reading
from monitor.sources.boilerplate import LONGEST, WINDOW, Learned, fingerprints, site_of, spans
from monitor.writer import Writer

_SITES = 500  # some 15 kB each


class Habits:
    """The sentences that each site repeats, for the sites seen last."""

    def __init__(self, writer: Writer) -> None:
        self._write = writer
        self._sites: OrderedDict[str, Learned] = OrderedDict()
        self._loading = asyncio.Lock()

    async def boilerplate(self, context: PageContext) -> frozenset[int]:
        """Return the sentences that are not an article's own, should they stand on its page."""
        learned = await self._of(site_of(context.url))
        return learned.boilerplate(title=context.title)

    async def learn(self, job: Job, url: str, reading: Reading) -> dict[int, frozenset[int]]:
        """Learn from an article just read; return the articles to look at again, with what is not their own.

        These are earlier ones that hold what only now is known to be repeated, and the article itself where
        it was read beside those that taught it.
        """
        site = site_of(url or job.context.url)
        if not site or not reading.fingerprints:
            return {}
        learned = await self._of(site)
        again = learned.add(job.article, reading.title, reading.fingerprints)
        own = learned.boilerplate(job.article, reading.title)
        about = f"{reading.title}\n{job.context.summary}"
        if own.intersection(reading.fingerprints) and (
            set(spans(reading.text, own, about)) - set(reading.aside)
        ):
            again = (*again, job.article)
        return {article: learned.boilerplate(article) for article in again}

    async def _of(self, site: str) -> Learned:
        async with self._loading:
            if site not in self._sites:
                self._sites[site] = await self._write(self._begun, site)
            self._sites.move_to_end(site)
            if len(self._sites) > _SITES:
                self._sites.popitem(last=False)
        return self._sites[site]

    def _begun(self, site: str) -> Learned:
        """Learn from the texts that are stored; their articles were looked at when they were read."""
        learned = Learned()
        if site:
            for article, title, text in self._write.store.last_texts(site, WINDOW, LONGEST):
                learned.add(article, title, fingerprints(text))
        return learned
