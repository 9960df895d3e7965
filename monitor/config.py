"""config.yaml as values; every fault is found at once and knows its line and column.

    loaded = read(Path("config.yaml"), os.environ)
    loaded.config        # what could be read, defaults where something was wrong
    loaded.faults        # empty when all is well

This module knows no stage: whether a query parses or a channel's URL means something is asked in check.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from monitor import yamlnodes
from monitor.errors import Fault
from monitor.models import Channel, Grade, Rule, Takes

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS_B = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kKMG]?B)?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PROXY = re.compile(r"(?:https?|socks[45])://[^\s/]+/?$|\$\{")  # or filled in from the environment
_LONGEST_S = 400 * 86400
CONSOLE = "console"


def _duration(value: object) -> float:
    text = str(value or "").strip()
    if not _DURATION.fullmatch(text):
        raise PydanticCustomError("duration", "a duration is written like 30s, 15m, 12h, 7d or 1h30m")
    seconds = sum(
        float(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    )
    if seconds > _LONGEST_S:
        raise PydanticCustomError("duration", "a duration is 400 days at most")
    return seconds


def _size(value: object) -> int:
    found = _SIZE.fullmatch(str(value or "").strip())
    if not found:
        raise PydanticCustomError("size", "a size is written like 500kB, 8MB or 1GB")
    size = int(float(found[1]) * _UNITS_B[found[2] or ""])
    if not 1000 <= size <= 1000**3:
        raise PydanticCustomError("size", "a size here lies between 1kB and 1GB")
    return size


def _clock(value: object) -> str:
    text = str(value or "")
    if not _CLOCK.fullmatch(text):
        raise PydanticCustomError("clock", 'a time of day is written like "06:00"')
    return text


def _quiet(value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    start, dash, end = str(value).partition("-")
    if not dash or not _CLOCK.fullmatch(start.strip()) or not _CLOCK.fullmatch(end.strip()):
        raise PydanticCustomError("quiet", 'quiet hours are written like "22:00-07:00"')
    if start.strip() == end.strip():
        raise PydanticCustomError("quiet", "quiet hours that begin and end at the same time would never end")
    return start.strip(), end.strip()


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError in name only
        raise PydanticCustomError("zone", "no such time zone; one is written like Asia/Karachi") from error
    except KeyError as error:
        raise PydanticCustomError("zone", "no such time zone; one is written like Asia/Karachi") from error
    return value


def _listed(value: object) -> object:
    return [] if value is None else value


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/?#<>\"']+(?:/[^\s?#<>\"']*)?", value):
        raise PydanticCustomError("link", "an address here is written like https://example.org/digests/")
    return value


def _languages(value: tuple[str, ...]) -> tuple[str, ...]:
    for code in value:
        if not re.fullmatch("[a-z]{2,3}", code):
            raise PydanticCustomError("language", "a language is written like en, ur or bal")
    return value


Seconds = Annotated[float, BeforeValidator(_duration)]
Bytes = Annotated[int, BeforeValidator(_size)]
ClockTime = Annotated[str, BeforeValidator(_clock)]
Quiet = Annotated[tuple[str, str] | None, BeforeValidator(_quiet)]
Zone = Annotated[str, AfterValidator(_zone)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PollSettings(_Section):
    """How feeds are polled. Durations in seconds."""

    every: Seconds = 900
    min: Seconds = 300
    max: Seconds = 43200
    per_host: int = Field(default=1, ge=1, le=16)
    host_gap: Seconds = 2
    concurrency: int = Field(default=32, ge=1, le=256)


class ExtractSettings(_Section):
    """How articles are fetched and read. Sizes in bytes, durations in seconds."""

    robots: bool = True
    max_fetch: Bytes = 8_000_000
    max_parse: Bytes = 4_000_000
    deadline: Annotated[Seconds, Field(ge=1, le=120)] = 10


class Examples(_Section):
    """Texts that a rule must match, and texts that it must not."""

    match: Words = ()
    ignore: Words = ()


class RuleSettings(_Section):
    """One rule as written."""

    id: Identifier
    title: str = ""
    query: str = Field(min_length=1)
    priority: Literal["high", "normal", "low"] = "normal"
    min_grade: Grade = Grade.LIKELY
    channels: Words = (CONSOLE,)
    updates: Annotated[
        tuple[Literal["side", "origin", "place", "figure"], ...], BeforeValidator(_listed)
    ] = ()
    examples: Examples = Examples()


class TakesSettings(_Section):
    """What a channel takes of what the rules send it."""

    priority: Literal["high", "normal", "low"] = "low"
    grade: Grade = Grade.CHECK
    languages: Annotated[Words, AfterValidator(_languages)] = ()
    kinds: Words = ()


class ChannelSettings(_Section):
    """One channel as written; secrets not yet filled in."""

    url: str = Field(min_length=1)
    quiet: Quiet = None
    batch: Seconds = 0
    per_hour: int | None = Field(default=None, ge=1)
    takes: Annotated[TakesSettings, BeforeValidator(lambda written: written or {})] = TakesSettings()


class DigestSettings(_Section):
    """When the digest is written, how, and to whom it goes."""

    at: ClockTime = "06:00"
    formats: Annotated[tuple[Literal["md", "html", "jsonl"], ...], BeforeValidator(_listed)] = (
        "md",
        "html",
        "jsonl",
    )
    channels: Words = ()
    link: Annotated[str, AfterValidator(_web_address)] = ""


class EvidenceSettings(_Section):
    """Which raw pages are kept."""

    keep: Literal["none", "matched", "all"] = "matched"


class WebSettings(_Section):
    """Where the review page is served."""

    host: str = "127.0.0.1"
    port: int = Field(default=8017, ge=1, le=65535)


class NetworkSettings(_Section):
    """The way out: a proxy, and private addresses that may be fetched."""

    proxy: str | None = None
    allow_private: Words = ()


class _Written(_Section):
    region: str | None = None
    timezone: Zone = "UTC"
    feeds: str = "feeds.opml"
    data: str = "data/"
    templates: str | None = None
    contact: str = ""
    poll: PollSettings = PollSettings()
    extract: ExtractSettings = ExtractSettings()
    rules: Annotated[tuple[RuleSettings, ...], BeforeValidator(_listed)] = ()
    channels: dict[Identifier, ChannelSettings] = Field(default_factory=dict)
    digest: DigestSettings = DigestSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    web: WebSettings = WebSettings()
    cluster: str | None = None
    network: NetworkSettings = NetworkSettings()


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration in force, paths absolute and secrets filled in."""

    file: Path
    region: Path | None
    zone: ZoneInfo
    feeds: Path
    data: Path
    templates: Path | None
    contact: str
    poll: PollSettings
    extract: ExtractSettings
    rules: tuple[Rule, ...]
    channels: tuple[Channel, ...]  # the console is always among them
    digest: DigestSettings
    evidence: EvidenceSettings
    web: WebSettings
    cluster: str
    proxy: str
    allow_private: tuple[str, ...]

    @property
    def database(self) -> Path:
        """Return where the database is."""
        return self.data / "monitor.db"

    @property
    def digests(self) -> Path:
        """Return the folder of the digests."""
        return self.data / "digests"

    @property
    def alert_record(self) -> Path:
        """Return the file in which console alerts are kept."""
        return self.data / "alerts.jsonl"

    @property
    def console(self) -> Channel:
        """Return the channel that is always there."""
        return next(channel for channel in self.channels if channel.name == CONSOLE)

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name, or None."""
        return next((channel for channel in self.channels if channel.name == name), None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and what is wrong with it."""

    config: Config
    faults: tuple[Fault, ...]
    node: yamlnodes.Node

    def fault(self, path: tuple[str | int, ...], message: str, *, column: int = 0) -> Fault:
        """Return a fault at a value, or at a column (from 1) of its text."""
        scalar = yamlnodes.at(self.node, path)
        line, start = yamlnodes.place(self.node, path)
        if column and isinstance(scalar, yamlnodes.Scalar):
            line, start = yamlnodes.spot(scalar, column - 1)
        return Fault(str(self.config.file), line, start, message)

    def rule_place(self, rule: str) -> tuple[str | int, ...]:
        """Return the path of a rule's query."""
        rules = yamlnodes.at(self.node, ("rules",))
        items = rules.items if isinstance(rules, yamlnodes.Sequence) else ()
        for number, item in enumerate(items):
            name = item.get("id") if isinstance(item, yamlnodes.Mapping) else None
            if isinstance(name, yamlnodes.Scalar) and name.text == rule:
                return ("rules", number, "query")
        return ("rules",)


def read(path: Path, environment: Mapping[str, str]) -> Loaded:
    """Read a configuration file; what is wrong is left out, reported, and its default used instead."""
    faults: list[Fault] = []
    node = yamlnodes.load(path, faults)
    if node is None:
        node = yamlnodes.Mapping((), 0, 0)
    elif not isinstance(node, yamlnodes.Mapping):
        faults.append(Fault(str(path), node.line, node.column, "the configuration is a mapping of keys"))
        node = yamlnodes.Mapping((), 0, 0)
    written = _validate(yamlnodes.data(node), node, str(path), faults)
    faults.extend(
        Fault(str(path), *yamlnodes.place(node, where), message) for where, message in _crossed(written)
    )
    config = _build(path, written, environment)
    _, unset = _expand(written.network.proxy or "", environment)
    if unset:
        where = yamlnodes.place(node, ("network", "proxy"))
        what = f"network.proxy: {', '.join(unset)} not set; without it every request would go out directly"
        faults.append(Fault(str(path), *where, what))
    faults.sort(key=lambda fault: (fault.line, fault.column))
    return Loaded(config, tuple(faults), node)


def _validate(data: Any, node: yamlnodes.Node, file: str, faults: list[Fault]) -> _Written:
    """Validate, leaving out what is wrong until the rest is right; a key with nothing under it is not written."""
    data = {key: value for key, value in data.items() if value is not None}
    reported: set[tuple[str | int, ...]] = set()
    while True:
        try:
            return _Written.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_input=False, include_url=False)
            wrong = [_existing(data, found["loc"]) for found in errors]
            for found, where in zip(errors, wrong, strict=True):
                if found["loc"] not in reported:
                    unknown = found["type"] == "extra_forbidden"
                    place = yamlnodes.place(node, where, key=unknown)
                    faults.append(Fault(file, *place, _words(found["type"], found["msg"], found["loc"])))
                    reported.add(found["loc"])
            for where in wrong:
                if _existing(data, where) == where:
                    _remove(data, where)


def _existing(data: Any, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the part of a location that stands in the data (a missing key does not)."""
    path: list[int | str] = []
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            break
        path.append(step)
    return tuple(path)


def _remove(data: Any, path: tuple[int | str, ...]) -> None:
    """Leave out the value at a path; a rule without id or query leaves a blank, so that places stay right."""
    if path[:1] == ("rules",) and (len(path) == 2 or path[2:] in {("id",), ("query",)}):
        data["rules"][path[1]] = dict(_BLANK_RULE)
        return
    while path and isinstance(path[-1], int):
        path = path[:-1]  # one bad item: the whole list falls back to its default
    if not path:
        data.clear()
        return
    for step in path[:-1]:
        data = data[step]
    del data[path[-1]]


_BLANK_RULE = {"id": "left-out", "query": "left-out", "title": "\0"}


def _words(kind: str, message: str, loc: tuple[int | str, ...]) -> str:
    """Say a validator's finding in the words of this file."""
    name = ".".join(str(step) for step in loc)
    if kind == "extra_forbidden":
        return f"unknown key: {loc[-1]}"
    if kind == "missing":
        return f"{loc[-1]} is missing"
    if kind in {"model_type", "model_attributes_type", "dict_type"}:
        return f"{name} is a mapping of keys, not a single value or a list"
    if kind in {"tuple_type", "list_type"}:
        return f"{name} is a list"
    if kind == "string_pattern_mismatch":
        return f"{name}: an id is made of small letters, digits and - _ . (64 at most)"
    if kind == "string_too_short":
        return f"{name} is empty"
    return f"{name}: {message[0].lower()}{message[1:]}"


def _crossed(written: _Written) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find what is wrong between keys."""
    if not written.poll.min <= written.poll.every <= written.poll.max:
        yield ("poll",), "poll: min, every and max must not decrease in this order"
    proxy = written.network.proxy or ""
    if proxy and not _PROXY.match(proxy):
        yield (
            ("network", "proxy"),
            "network.proxy: a proxy is written like http://host:port or socks5://host:port",
        )
    if written.extract.max_parse > written.extract.max_fetch:
        yield (
            ("extract", "max_parse"),
            "extract.max_parse is above extract.max_fetch: nothing that long comes",
        )
    seen: set[str] = set()
    channels = {CONSOLE, *written.channels}
    for number, rule in enumerate(written.rules):
        if rule.title == "\0":
            continue
        if rule.id in seen:
            yield ("rules", number, "id"), f"rule {rule.id} is written twice"
        seen.add(rule.id)
        for position, name in enumerate(rule.channels):
            if name not in channels:
                yield ("rules", number, "channels", position), _no_channel(name, channels)
    for position, name in enumerate(written.digest.channels):
        if name not in channels:
            yield ("digest", "channels", position), _no_channel(name, channels)


def _no_channel(name: str, channels: set[str]) -> str:
    return f"no channel is called {name}; there are {', '.join(sorted(channels))}"


def _build(path: Path, written: _Written, environment: Mapping[str, str]) -> Config:
    folder = path.absolute().parent
    channels = [_channel(name, settings, environment) for name, settings in written.channels.items()]
    if CONSOLE not in written.channels:
        channels.append(Channel(name=CONSOLE, url="console://"))
    proxy, _ = _expand(written.network.proxy or "", environment)
    return Config(
        file=path,
        region=folder / written.region if written.region else None,
        zone=ZoneInfo(written.timezone),
        feeds=folder / written.feeds,
        data=folder / written.data,
        templates=folder / written.templates if written.templates else None,
        contact=written.contact,
        poll=written.poll,
        extract=written.extract,
        rules=tuple(_rule(rule) for rule in written.rules if rule.title != "\0"),
        channels=tuple(channels),
        digest=written.digest,
        evidence=written.evidence,
        web=written.web,
        cluster=written.cluster or "",
        proxy=proxy,
        allow_private=written.network.allow_private,
    )


def _rule(rule: RuleSettings) -> Rule:
    return Rule(
        id=rule.id,
        title=rule.title or rule.id,
        query=rule.query,
        priority=rule.priority,
        min_grade=rule.min_grade,
        channels=rule.channels,
        updates=rule.updates,
        must_match=rule.examples.match,
        must_ignore=rule.examples.ignore,
    )


def _channel(name: str, settings: ChannelSettings, environment: Mapping[str, str]) -> Channel:
    url, missing = _expand(settings.url, environment)
    return Channel(
        name=name,
        url="" if missing else url,
        quiet=settings.quiet,
        batch_s=int(settings.batch),
        per_hour=settings.per_hour,
        missing=missing,
        takes=Takes(**settings.takes.model_dump()),
    )


def _expand(text: str, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Fill in ${NAME}: the variable itself, or the content of the file that NAME_FILE names."""
    missing: list[str] = []

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not name.endswith("_FILE") and environment.get(name):
            return environment[name]
        file = environment.get(name if name.endswith("_FILE") else f"{name}_FILE")
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                pass  # reported like an unset variable: the channel is off and says which name is missing
        missing.append(name)
        return ""

    return _VARIABLE.sub(value, text), tuple(missing)
