"""The nouns of this program, all frozen. This module imports nothing of ours.

Every datetime is aware and in UTC. Every span is [start, end) in code points of the original text,
and `text == original[start:end]` holds for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Grade(StrEnum):
    """How sure a match is. Ordered: strong > likely > check."""

    STRONG = "strong"
    LIKELY = "likely"
    CHECK = "check"

    @property
    def rank(self) -> int:
        """3 for strong, 2 for likely, 1 for check."""
        return {"strong": 3, "likely": 2, "check": 1}[self.value]

    def lower(self) -> Grade:
        """Return the next weaker grade; check stays check."""
        return {"strong": Grade.LIKELY, "likely": Grade.CHECK, "check": Grade.CHECK}[self.value]


class Verdict(StrEnum):
    """How much of an article was obtained."""

    FULL = "full"  # the page gave the article's text
    TEASER = "teaser"  # the page gave less than the feed did, or only a beginning
    WALL = "wall"  # a log-in, payment or consent page stood in the way
    BLOCKED = "blocked"  # a challenge page or 401, 403, 451 and the like
    LIST = "list"  # the page is an index, not an article
    EMPTY = "empty"  # the page was read and held no article
    TOO_LARGE = "too-large"  # the page is larger than what is parsed
    UNREACHABLE = "unreachable"  # no page after every try
    REFUSED = "refused"  # robots.txt or the address policy forbids it
    NO_PAGE = "no-page"  # the entry has no link


class Origin(StrEnum):
    """Where an article's body text came from."""

    PAGE = "page"
    FEED = "feed"  # the feed carried the content
    SUMMARY = "summary"  # only the feed's summary
    TITLE = "title"  # only the headline


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as somebody gave it. `at` is None when it could not be read: no date is a fact too."""

    raw: str
    at: datetime | None
    zone: str = ""  # as written or assumed: "+05:00", "PKT", "UTC"; empty when unknown
    calendar: str = "gregorian"  # gregorian | jalali | hijri
    source: str = "feed"  # feed | page | url
    confidence: str = "exact"  # exact | day | inferred | doubtful | none
    note: str = ""  # what is odd about it: "in the future", "1 January"


# --- sources ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who publishes: one entry of the region's sources.yaml."""

    id: str
    name: str
    kind: str  # state | private | party | exile | rights-group | wire | think-tank | aggregator | …
    country: str = ""  # ISO 3166 alpha-2, where it publishes from
    languages: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # host names without "www."
    family: str = ""  # the owner's name where several outlets share one
    note: str = ""
    original: str = ""  # its name in its own script
    credits: tuple[str, ...] = ()  # other names others credit it by: AFP, اے ایف پی
    location: str = ""  # inside | outside the region
    url: str = ""
    feeds_seen: str = ""  # what is known of its feeds, and how
    verified: bool = False  # somebody has checked this entry against the outlet itself

    @property
    def about_region(self) -> bool:
        """Tell whether it writes about the region first of all: made there, or by those who left it."""
        return self.location == "inside" or self.kind in {"exile", "group-media"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed of feeds.opml."""

    url: str
    title: str
    site_url: str = ""
    language: str = ""
    folders: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()  # every attribute as it stood, in order
    line: int = 0
    paused: bool = False  # kept in the list, and not polled


OFFLINE = "offline"  # the problem of a feed that was asked while nothing at all could be reached


@dataclass(frozen=True, slots=True)
class Feed:
    """A subscription and all that its polls have taught."""

    id: int
    url: str
    title: str
    language: str = ""
    folders: tuple[str, ...] = ()
    outlet: str = ""  # Outlet.id, or empty when the registry does not know the host
    etag: str = ""
    last_modified: str = ""
    body_sha256: str = ""
    next_due: datetime | None = None  # None: due now
    interval_s: int = 0  # the present gap between polls; 0 until the first poll
    failures: int = 0  # in a row
    first_polled: datetime | None = None
    last_polled: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None
    last_full: datetime | None = None  # the last unconditional GET that succeeded
    guid_policy: str = "guid"  # guid | link: what identifies this feed's entries
    problem: str = ""  # kind of the present failure: FetchError.kind, "http-404", "not-a-feed", …
    detail: str = ""  # the same in words
    paused: bool = False
    moved_to: str = ""  # where it permanently redirects to
    moved_since: datetime | None = None
    moved_polls: int = 0  # in a row that said so and gave this feed


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, body decoded from its transfer and content encodings."""

    requested_url: str
    url: str  # after redirects
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes
    fetched_at: datetime
    truncated: bool = False  # the body ended early: keep what parsed, store no validators
    moved_to: str = ""  # set when every hop was permanent (301, 308)
    elapsed_ms: int = 0

    def header(self, name: str) -> str:
        """Return the first header of that (lower-case) name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed said about one article, as plain text with entities decoded."""

    guid: str  # empty when the feed gave none
    url: str  # absolute http(s), or empty
    title: str
    summary: str = ""  # plain text
    content: str = ""  # plain text of content:encoded and the like, when longer than the summary
    author: str = ""
    published: Stamp | None = None
    updated: Stamp | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What entries of one document are compared by: hashes of 16 hex digits, empty where there is nothing."""

    guid: str
    place: str  # of the page, see sources.identity
    title: str


@dataclass(frozen=True, slots=True)
class KnownItem:
    """An item of a feed whose text was parsed before, and what came of it."""

    digest: str  # of its text
    entry: int  # the id of its entry; 0 while that is being written: the next of the new ones
    traits: Traits
    dated: bool
    characters: int  # of text


@dataclass(frozen=True, slots=True)
class Recall:
    """What a feed's last document held: of the next one, only items that are not in here are parsed.

    It holds only what parsed without any doubt; `frame` and `policy` tell whether it still means the same.
    """

    frame: str = ""  # digest of what items take their meaning from: namespaces, base, language
    policy: str = "guid"  # Feed.guid_policy
    items: tuple[KnownItem, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A parsed feed."""

    title: str
    language: str
    entries: tuple[Entry, ...]  # in the feed's order, without those recalled
    ttl_s: int | None = None  # what the feed asks for between polls
    note: str = ""  # what had to be repaired, or was cut
    partial: bool = False  # it ends inside an entry, or before its end
    dialect: str = ""  # rss20, atom10, json11 …
    traits: tuple[Traits, ...] = ()  # of each entry
    recalled: tuple[KnownItem, ...] = ()  # items that stand in it as they stood in the last one
    frame: str = ""  # Recall.frame; empty when the next document is to be parsed whole
    digests: tuple[str, ...] = ()  # KnownItem.digest of each entry; empty as the frame is


@dataclass(frozen=True, slots=True)
class Page:
    """What extraction got out of one page."""

    text: str
    title: str
    verdict: Verdict
    author: str = ""
    published: Stamp | None = None
    language: str = ""  # the page's own word (html lang), lower case, or empty
    canonical_url: str = ""
    site_name: str = ""
    extractor: str = ""  # "trafilatura 2.3.1"
    note: str = ""


# NewEntry.held_reason of known entries that came under new names
REGENERATED = "most of the feed's entries looked new at once: identifiers regenerated"
BACKFILL = "backfill"  # NewEntry.held_reason of what was fetched from a feed's older pages


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that no earlier poll of its feed has shown."""

    entry: Entry
    keys: tuple[tuple[str, str], ...]  # (kind, key): what it will be recognised by
    identity: str  # of its article: the canonical URL, or the feed and guid where there is none
    may_alert: bool = True
    held_reason: str = ""


@dataclass(frozen=True, slots=True)
class PollRecord:
    """All that one poll changes, written in one transaction."""

    feed: Feed  # as it is to be stored: validators, due time, failures, policy
    at: datetime
    outcome: str  # changed | unchanged | failed
    status: int | None = None
    size: int = 0  # bytes of the body
    elapsed_ms: int = 0
    entries: int = 0
    undated: int = 0  # entries without a date
    characters: int = 0  # of text in the median entry
    new: tuple[NewEntry, ...] = ()
    # of known entries of which the feed says something else now: id, entry, keys
    edited: tuple[tuple[int, Entry, tuple[tuple[str, str], ...]], ...] = ()
    recall: Recall | None = None  # for the next poll; None forgets what there is


@dataclass(frozen=True, slots=True)
class Job:
    """An article whose page is to be read."""

    article: int
    feed_url: str
    outlet: str
    attempts: int
    first_tried: datetime | None
    context: PageContext  # host and kind not yet filled in
    may_alert: bool
    held_reason: str


# --- rules --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """One way an entity is written."""

    text: str
    language: str  # en ur fa ps bal sd ar hi roman; "abbr" and "label" are kinds of their own
    verified: bool = True  # False: matches at grade check at most


class Side(StrEnum):
    """Whose words a report gives."""

    OFFICIAL = "official"  # any state's: government, forces, courts, administration
    ARMED = "armed group"
    PARTY = "party"
    CIVIL = "civil society"  # rights groups, unions, protesters
    INTERNATIONAL = "international"  # bodies of many states
    FAMILY = "family"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something the region pack knows by name."""

    id: str
    name: str
    type: str
    parent: str = ""
    names: tuple[Name, ...] = ()
    require: tuple[str, ...] = ()  # context of which one must stand near, "@" sets resolved
    exclude: tuple[str, ...] = ()  # context that must not
    not_of: tuple[str, ...] = ()  # whose it is not, where such a word stands directly beside it
    level: str = "low"  # how ambiguous the names are: low | medium | high | very_high
    spelled: str = (
        ""  # the same of abbreviations spelled in the names of letters (بی ایل اے); empty: as the others
    )
    latin: str = ""  # the same of names in Latin letters; empty: as the others
    note: str = ""
    status: str = ""  # where it is in doubt or has changed: "approved June 2022, notification not seen"
    valid: tuple[str, str] = ("", "")  # since and until, as YYYY, YYYY-MM or YYYY-MM-DD; empty: not said
    side: Side | None = None  # whose words its are, where its type does not tell: a person's
    country: str = ""  # of a place: ISO 3166 alpha-2
    languages: tuple[str, ...] = ()  # of a place: what its country's press writes
    lat: float | None = None  # of a place: degrees
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a researcher wants to be told about."""

    id: str
    title: str
    query: str
    priority: str = "normal"  # high | normal | low
    min_grade: Grade = Grade.LIKELY
    channels: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()  # kinds of news for which a story that was told is told again
    must_match: tuple[str, ...] = ()
    must_ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSource:
    """All a process needs to compile the rules; small, and pickles (a compiled automaton does not)."""

    rules: tuple[Rule, ...]
    entities: tuple[Entity, ...]
    digest: str  # sha256 of rules and entities, hex; stored with every match


@dataclass(frozen=True, slots=True)
class Document:
    """What rules read: one article, field by field, in its original characters."""

    fields: tuple[tuple[str, str], ...]  # ("title", …), ("summary", …), ("body", …) in this order
    language: str = ""
    host: str = ""  # without "www."
    kind: str = ""  # the outlet's kind
    about_region: bool = False  # the outlet writes about the region first of all
    origin: Origin = Origin.PAGE  # anything but PAGE lowers grades by one

    def field(self, name: str) -> str:
        """Return the named field's original text, empty when there is none."""
        return next((text for key, text in self.fields if key == name), "")


@dataclass(frozen=True, slots=True)
class Span:
    """A cited stretch of one field."""

    field: str
    start: int
    end: int
    text: str
    alias: str = ""  # the name, word or pattern that matched, as written in the rule or pack
    entity: str = ""  # Entity.id, empty for plain words


@dataclass(frozen=True, slots=True)
class Context:
    """A word that decided about a span: it supports or excludes."""

    field: str
    start: int
    end: int
    text: str
    role: str  # requires | excludes
    scope: str  # title | sentence | near | paragraph | document
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity found in a text, whatever the rules ask for."""

    entity: str
    grade: Grade
    span: Span
    context: tuple[Context, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fires on a document, and why."""

    rule: str
    grade: Grade
    spans: tuple[Span, ...]  # in reading order, at least one unless the query has only filters
    context: tuple[Context, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that nearly fired, and what was missing."""

    rule: str
    why: str


# --- articles and stories -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known about an article before its page is read; picklable."""

    url: str  # after redirects; empty when there is no page
    title: str
    summary: str
    content: str
    author: str
    published: Stamp | None
    language: str  # the feed's word, or empty
    host: str
    kind: str
    about_region: bool = False  # the outlet writes about the region first of all
    content_type: str = ""
    status: int = 0
    foreign: bool = False  # the feed is not of the site that publishes the page
    failure: Verdict | None = None  # set when no page could be had: the feed's text stands alone
    note: str = ""
    boilerplate: frozenset[int] = frozenset()  # fingerprints of sentences that are no article's own


@dataclass(frozen=True, slots=True)
class Signature:
    """What an article says happened, in terms that do not depend on its language."""

    lead: frozenset[str] = frozenset()  # narrow places of its title and first lines
    lead_in: frozenset[str] = frozenset()  # the narrow places that those lie in
    title: frozenset[str] = frozenset()  # narrow places of its title
    title_in: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()  # entities that may take part: groups, bodies, persons, projects
    figures: frozenset[str] = frozenset()  # numbers of its head, in western digits
    all_figures: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()  # that its first lines name
    themes: frozenset[str] = frozenset()  # of its first lines
    first_themes: frozenset[str] = frozenset()  # of its title and first sentence
    words: frozenset[int] = frozenset()  # hashes of its head's words


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one article gave: the result of the heavy work, picklable and small."""

    title: str
    text: str
    language: str
    verdict: Verdict
    origin: Origin
    author: str
    published: Stamp | None
    mentions: tuple[Mention, ...]
    matches: tuple[Match, ...]
    sketch: tuple[int, ...]  # bottom-k sketch of the folded words, ascending
    signature: Signature = Signature()  # what it says happened
    own_words: bool = False  # title and date are the page's: the feed that listed it is somebody else's
    canonical_url: str = ""
    extractor: str = ""
    raw_sha256: str = ""
    text_sha256: str = ""
    note: str = ""
    aside: tuple[tuple[int, int], ...] = ()  # stretches of the text that rules did not read: not its own
    given_up: tuple[str, ...] = ()  # rules with a regular expression that took too long on it
    index_words: tuple[str, ...] = ()  # folded, ascending: what a search finds it by
    fingerprints: tuple[int, ...] = ()  # of its sentences


@dataclass(frozen=True, slots=True)
class IndexWord:
    """A folded word that an article must hold; with `prefix`, one that begins so."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Needs that must all be met; without any, every article will do."""

    parts: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Needs of which one must be met; without any, no article will do."""

    parts: tuple[Need, ...] = ()


Need = IndexWord | AllOf | AnyOf  # what an article must hold for a query to be worth trying on it


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article with what tells whether another belongs with it."""

    article: int
    story: int | None  # None: it stands in none yet
    language: str
    title: str
    sketch: tuple[int, ...]
    signature: Signature
    at: datetime  # when it was published; when it was first seen where that is not known


@dataclass(frozen=True, slots=True)
class Placement:
    """Which story an article belongs to, and how that was decided."""

    story: int | None  # None: it begins a story of its own
    how: str  # first | near copy | contained | same title | same event | by hand
    absorbs: tuple[int, ...] = ()  # other stories that turn out to be this one


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One page at one outlet, as it is shown."""

    id: int
    url: str
    feed: str  # the feed's title
    outlet: str  # Outlet.name, or the feed's title
    kind: str
    title: str
    language: str
    published: Stamp | None
    first_seen: datetime
    verdict: Verdict
    origin: Origin
    text: str
    summary: str
    author: str = ""
    text_sha256: str = ""
    matches: tuple[Match, ...] = ()
    how: str = ""  # Placement.how, once it stands in a story
    mentions: tuple[Mention, ...] = ()  # every entity found, whatever the rules ask for
    fetched_at: datetime | None = None  # when its page was retrieved; None: the feed's text stands alone
    aside: tuple[tuple[int, int], ...] = ()  # stretches of the text that rules do not read: not its own
    about_region: bool = False  # its outlet writes about the region first of all


@dataclass(frozen=True, slots=True)
class Story:
    """A cluster of articles about the same thing."""

    id: int
    title: str
    first_seen: datetime
    articles: tuple[ArticleView, ...]  # in the order they were told; the first is the head
    rules: tuple[str, ...]
    origins: int  # independent origins of the report
    sources: int  # outlets
    status: str = ""  # single-source | one-side | several
    sides: tuple[Side, ...] = ()  # whose words its articles give
    topics: tuple[str, ...] = ()  # headings it belongs under
    muted_until: datetime | None = None  # a person wants no alert about it until then


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are asked for: those first seen in [since, until) that one of the rules matches."""

    since: datetime | None = None
    until: datetime | None = None
    rules: tuple[str, ...] = ()  # none: whichever
    every: bool = False  # all that were read, matched or not


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """All that an export says of one article. What nobody has recorded is empty or None."""

    id: int
    url: str  # as the feed links to it
    canonical_url: str  # the form that its variants share; empty where it has no address of its own
    final_url: str  # where the link led
    guid: str
    feed: str  # the feed's title
    outlet: str  # Outlet.id; empty when the registry does not know the host
    title: str
    author: str
    language: str
    published: Stamp | None
    first_seen: datetime
    fetched_at: datetime | None  # when its page was retrieved
    origin: Origin
    word_count: int
    matches: tuple[Match, ...]
    mentions: tuple[Mention, ...]
    raw_sha256: str
    text_sha256: str
    extractor: str
    ruleset: str  # digest of the rules that last read it
    story: int | None = None
    # what the registry knows of its outlet
    outlet_name: str = ""  # or the feed's title
    kind: str = ""
    country: str = ""
    languages: tuple[str, ...] = ()
    day: date | None = None  # of publication, in the zone in which it was dated
    # what its story tells
    status: str = ""  # Story.status
    origins: int | None = None  # Story.origins
    report_of: str = ""  # the outlet or body that its report comes from
    copy_of: int | None = None  # the article whose text it repeats
    # what the region pack knows of the entities named in it
    entities: tuple[str, ...] = ()  # ids; without those of grade check
    places: tuple[str, ...] = ()
    place_countries: tuple[str, ...] = ()
    archive_path: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What an article adds to a story that was told before."""

    kind: str  # side | origin | place | figure
    what: str  # a side; the name of an outlet, a body or a place; digits


# --- alerts -------------------------------------------------------------------------------------


class AlertState(StrEnum):
    """Where an alert stands in the outbox."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"  # by a guard or by quiet hours
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Takes:
    """What a channel wants of what the rules send it; empty: everything."""

    priority: str = "low"  # of the rule, at least
    grade: Grade = Grade.CHECK  # of the match, at least
    languages: tuple[str, ...] = ()  # of the article
    kinds: tuple[str, ...] = ()  # of its outlet


@dataclass(frozen=True, slots=True)
class Channel:
    """Where alerts go."""

    name: str
    url: str = ""  # an apprise URL with its secrets filled in; never shown
    quiet: tuple[str, str] | None = None  # local times "HH:MM", may pass midnight
    batch_s: int = 0
    per_hour: int | None = None
    missing: tuple[str, ...] = ()  # names of unset environment variables: the channel is off
    takes: Takes = Takes()

    @property
    def off(self) -> bool:
        """Tell whether a variable it needs is not set."""
        return bool(self.missing)


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to be put in the outbox."""

    rule: str
    channel: str
    state: AlertState = AlertState.PENDING
    reason: str = ""  # why it is held, or why this channel and not the configured one
    body: str = ""  # of an update: what is new, a line each
    not_before: datetime | None = None  # of an update: when it may go


@dataclass(frozen=True, slots=True)
class ToldBy:
    """A rule and a channel by which a story was told, and when the channel last had word of it."""

    rule: str
    channel: str
    last: datetime | None  # None: it is being told


@dataclass(frozen=True, slots=True)
class Alert:
    """One row of the outbox."""

    id: int
    key: str  # six hex digits that stand in the message, so that a repeat can be recognised
    kind: str  # story | update | digest | notice | test
    story: int | None
    rule: str
    channel: str
    state: AlertState
    attempts: int
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    title: str
    url: str
    reason: str = ""
    last_error: str = ""
    possible_repeat: bool = False  # an earlier try may have been delivered
    article: int | None = None  # the article that raised it
    body: str = ""  # of a notice, what it says; of an update, what is new, a line each


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell once about the monitor itself."""

    key: str  # what is told once
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an article with the matched words in it."""

    field: str
    text: str
    marks: tuple[tuple[int, int], ...]  # spans inside text


@dataclass(frozen=True, slots=True)
class AlertItem:
    """Everything a message says about one story on one channel."""

    alerts: tuple[Alert, ...]  # one per rule
    story: int
    title: str
    language: str
    url: str
    outlet: str
    kind: str
    author: str
    published: Stamp | None
    first_seen: datetime
    rules: tuple[tuple[str, str, Grade, str], ...]  # id, title, grade, why
    quotes: tuple[Quote, ...]
    origin: Origin
    verdict: Verdict
    sources: int = 1
    others: tuple[str, ...] = ()  # names of other outlets with the story
    origins: int = 1  # Story.origins
    sides: tuple[Side, ...] = ()  # Story.sides
    priority: str = "normal"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a mail."""

    name: str
    subtype: str  # of text/…
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed to a channel: inert text, and HTML of the same content."""

    title: str
    text: str
    html: str
    alert_ids: tuple[int, ...]
    headers: tuple[tuple[str, str], ...] = ()  # for mail
    parts: tuple[tuple[Alert, str], ...] = ()  # each alert, and the text about its story
    attachments: tuple[Attachment, ...] = ()  # for mail


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery went."""

    kind: str  # ok | failed (not delivered) | unknown (may have been) | permanent
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """What the store remembers of a channel between runs."""

    name: str
    failures: int = 0
    retry_at: datetime | None = None  # no try before this
    last_sent: datetime | None = None
    sent_last_hour: int = 0
    down_since: datetime | None = None


# --- the day ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FreshHour:
    """An hour of the clock in which polls of a feed found something new."""

    before: datetime  # the last poll before it that worked, and found nothing or older news
    first: datetime
    last: datetime
    polls: int


@dataclass(frozen=True, slots=True)
class Specimen:
    """What the entries of a feed were like in one document."""

    at: datetime
    entries: int
    undated: int
    characters: int  # of text in the median entry


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """What a feed's polls had shown by an instant: all that its health is judged from."""

    since: datetime | None = None  # what follows was observed from here; None: the feed was never read
    last_ok: datetime | None = None
    last_change: datetime | None = None  # the last poll that gave other bytes than the one before
    not_modified: int = 0  # polls since then that were answered with 304
    fresh: tuple[FreshHour, ...] = ()  # without the first poll and without regenerated entries
    blind: tuple[tuple[datetime, datetime], ...] = ()  # when the feed should have been polled and was not
    specimens: tuple[Specimen, ...] = ()  # oldest first: a sample of the past, and the last three
    polls: int = 0  # in the window that is asked about
    paused: bool = False
    problem: str = ""  # of the last poll; empty when it worked
    status: int | None = None
    detail: str = ""
    failing_since: datetime | None = None
    failures: int = 0  # in a row
    not_feeds: int = 0  # of these, the ones that gave something other than a feed
    moved_to: str = ""
    moved_since: datetime | None = None
    moved_polls: int = 0

    @property
    def last_new(self) -> datetime | None:
        """Return when the feed last had something new."""
        return self.fresh[-1].last if self.fresh else None


@dataclass(frozen=True, slots=True)
class Health:
    """How a feed does, in the finest words there are, and why."""

    condition: str  # ok silent stale undated shrinking failing parked blocked gone moved paused unpolled
    state: str  # the same, coarse: ok | silent | failing | blocked | paused | unpolled
    why: str = ""
    since: datetime | None = None  # when the episode began
    lasting: bool = False  # it is no passing trouble
    last_new: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The last thing that was said about a feed's condition."""

    condition: str  # of Health, or "back"
    at: datetime


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """What could be seen of one feed in a window of time."""

    feed: str
    url: str
    outlet: str
    language: str
    kind: str
    country: str
    state: str  # ok | failing | silent | blocked | paused | unpolled
    detail: str
    polls: int
    failures: int
    entries: int
    new_entries: int
    last_ok: datetime | None
    held: int = 0  # entries of a first poll that were not alerted
    condition: str = ""  # finer than the state, which see: stale, parked, undated …
    since: datetime | None = None  # when that began


@dataclass(frozen=True, slots=True)
class FeedDays:
    """What a feed gave in each of some local days."""

    feed: str
    matched: tuple[int, ...]  # articles with a match that could have raised an alert
    seen: tuple[bool, ...]  # it was read, and not silent against its own rhythm
    throughout: bool  # it was followed all the time
    added: date | None = None  # where that was on one of the days
    removed: date | None = None
    lost: date | None = None  # since when it is failing or silent, where that began on one of the days


@dataclass(frozen=True, slots=True)
class Month:
    """The local days up to the digest's, and what was found on them."""

    days: tuple[date, ...]  # the last is the digest's; fewer where the monitor has not run so long
    feeds: tuple[FeedDays, ...]
    rules: tuple[tuple[str, tuple[int, ...]], ...]  # articles that each rule matched, day by day
    rules_changed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class MapOutline:
    """Land and borders to draw places on; degrees, as (longitude, latitude)."""

    west: float
    south: float
    east: float
    north: float
    land: tuple[tuple[str, tuple[tuple[tuple[float, float], ...], ...]], ...]  # a country's name, its rings
    credit: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A feed that says something else of an article than before."""

    article: int
    at: datetime
    url: str
    feed: str
    before: str  # the headline; where it is the same after, the summary changed
    after: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Articles that earlier digests had in another story."""

    story: int  # where they stood
    into: int
    how: str  # Placement.how
    articles: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in what earlier digests said."""

    edits: tuple[Edit, ...] = ()
    moved: tuple[Moved, ...] = ()
    withdrawn: int = 0  # matches that later rules no longer find


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What the store holds of one closed local day: the digest's raw material."""

    start: datetime
    end: datetime
    stories: tuple[Story, ...]  # with a match recorded in the window
    feeds: tuple[FeedHealth, ...]
    entries: int
    articles: int
    matches: int
    verdicts: tuple[tuple[str, int], ...]  # how many articles by verdict
    notices: tuple[tuple[datetime, str, str], ...]  # at, subject, text
    channels_off: tuple[tuple[str, str], ...] = ()  # name, why
    ruleset: str = ""
    month: Month | None = None
    changes: Changes = Changes()


@dataclass(frozen=True, slots=True)
class Counts:
    """What one cycle did; the fields of `once --json`."""

    polled: int = 0
    unchanged: int = 0
    failed: int = 0
    entries_new: int = 0
    articles_new: int = 0
    matches: int = 0
    stories_new: int = 0
    alerts_sent: int = 0
    alerts_pending: int = 0
    digests_written: int = 0


@dataclass(frozen=True, slots=True)
class Region:
    """The region pack as read from disk."""

    entities: tuple[Entity, ...] = ()
    outlets: tuple[Outlet, ...] = ()
    name: str = ""
    folder: str = ""
    contexts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    timezones: tuple[str, ...] = ()  # the zones its people live in, for digests
    outline: MapOutline | None = None
