"""Text that tries to be more than text, wherever a digest shows foreign words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from monitor.models import Changes, DayRecord, Edit, FeedDays, Grade, Month, Moved, Origin, Rule, Verdict
from tests.digest.days import DAY, article, feed, record, story

TITLES = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '"><svg/onload=alert(1)>',
    "</style></title><h1>owned",
    "[press](javascript:alert(1)) and ![pixel](https://tracker.example/p.gif)",
    "<https://auto.example/> and https://bare.example/ and www.bare.example",
    "# heading",
    "1. list\n2. list\n\n---\n\n> quote\n\n    code",
    "| a | b |\n|---|---|\n| c | d |",
    "**bold** _em_ ~~gone~~ `code` ``` fence",
    "[ref]: https://definition.example/",
    "[ref] [^1] [x][ref]",
    "{{ 7*7 }} {% raw %} ${7*7} %s {0}",
    "&lt;b&gt; &copy; &#x202e; &amp;amp;",
    "right \u202eto\u2066 left \u2069\u200f and \ufeffback",
    "line\u2028sep\u0085nel\x0btab\x1b[31mred\x00nul\r\nBcc: a@example.org",
    "ends with a backslash \\",
    "*",
    "گوادر <b>بلوچستان</b> \u202b(الف)",
    "",
)

URLS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://ok.example/a?x=1&copy=2&lt;=3",
    "https://ok.example/b c)<d>\"e'f`g",
    "https://ok.example/\u202egpj.exe",
    "https://user:pass@ok.example/",
    "//no-scheme.example/",
    "https://ok.example/(paren)[bracket]*star_under",
    "file:///etc/passwd",
    "https://ok.example/%E0%A4%A",
    "https://xn--mgbg.example/گوادر",
    "ftp://ok.example/",
    " https://ok.example/space ",
    "https:\\\\ok.example\\back",
    "https://ok.example/#frag'\"><script>",
    "HTTPS://OK.EXAMPLE/upper",
    "https://ok.example:8443/port",
    " ",
    "https://[::1]/v6",
    "https://ok.example/a|b~c~~d",
)

RULES = {"r": Rule("r", "a *rule* <b>title</b> [x](https://rule.example/)", "x")}


def hostile_day() -> DayRecord:
    """Return a day of stories, single mentions and checks in which every foreign word is hostile."""
    stories = []
    for number, (title, url) in enumerate(zip(TITLES, URLS, strict=True), start=1):
        grade = Grade.CHECK if number % 5 == 0 else Grade.STRONG
        body = f"{title} before Gwadar{title}Gwadar and after. {title}"
        first = article(
            number, f"Outlet {title}", title, body, {"r": ["Gwadar"]},
            url=url, author=title, kind=title[:12], language=title[:9] or "ur",
            grade=grade, why=f"because {title}",
        )  # fmt: skip
        second = replace(
            first, id=number + 100, title=f"other {title}", outlet=f"Second {title}", url=URLS[-number],
            published=None, origin=Origin.SUMMARY, verdict=Verdict.WALL, summary=body, text="",
            matches=(), mentions=(),
        )  # fmt: skip
        stories.append(story(number, first, second))
    feeds = [feed(title or "none", state, language=title[:7], kind=title[:9], detail=title, held=3)
             for title in TITLES for state in ("ok", "failing", "odd<state>")]  # fmt: skip
    notices = tuple((stories[0].first_seen, title, title) for title in TITLES)
    dates = tuple(DAY - timedelta(days=back) for back in reversed(range(10)))
    followed = tuple(
        FeedDays(
            title, (3,) * 10, (True,) * 8 + (False, True), throughout=True, added=dates[1], lost=dates[8]
        )
        for title in TITLES
    )
    rules = (("r", (1,) * 10), *((title, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)) for title in TITLES if title))
    return record(
        stories,
        feeds,
        notices=notices,
        channels_off=tuple((title, title) for title in TITLES),
        month=Month(dates, followed, rules, frozenset(dates[3:4])),
        changes=Changes(
            edits=tuple(
                Edit(number, stories[0].first_seen, url, title, title, f"{title} now")
                for number, (title, url) in enumerate(zip(TITLES, URLS, strict=True), start=1)
            ),
            moved=(Moved(3, 1, "by hand", 2),),
            withdrawn=4,
        ),
    )
