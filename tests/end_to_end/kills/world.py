"""One world: outlets, channels and the program in a folder; killed so many times, then left to finish."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.end_to_end.kills import checker
from tests.end_to_end.kills.channels import (
    CHANNELS,
    MAIL,
    WEB,
    Heard,
    Record,
    mail_channel,
    read_record,
    serving,
    web_channel,
)
from tests.end_to_end.kills.moments import Moment, Watch, draw
from tests.end_to_end.kills.press import RULES, Press, Report
from tests.end_to_end.kills.program import FastClock, Plain, Program, Warm, kill, outlived

OUTLETS = ("courier", "gazette", "herald")
STEP_S = 0.05
EVENING = datetime(2026, 2, 2, 22, tzinfo=UTC)  # two hours and a half before the day's digest is due
Configure = Callable[[int], Path]  # for a life, which the channels' addresses name
Draw = Callable[[random.Random, float], Moment]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to happen in a world. A launcher: warm lives, with its clock and wakings; none: the bare program."""

    kills: int
    seed: int
    launcher: subprocess.Popen[bytes] | None = None
    longest_s: float = 1.2  # of a life
    faults: float = 0.05  # share of deliveries
    speed: float = 1200.0
    wake_s: float = 0.15
    drain_s: float = 60.0  # in which it must have finished
    broken: str = ""
    draw: Draw = draw
    report: Callable[[int], None] = lambda done: None


@dataclass(frozen=True, slots=True)
class Result:
    """What happened, and what the checker says to it."""

    published: tuple[Report, ...]
    heard: tuple[Heard, ...]
    facts: checker.Facts
    killed: frozenset[int]
    judgement: checker.Judgement
    drained: bool
    ends: Counter[str]  # what ended the killed lives
    edits: int
    elapsed_s: float
    uninvited: tuple[str, ...] = ()  # ends that nobody brought about, and children that did not end

    @property
    def sound(self) -> bool:
        return self.drained and not self.judgement.faults and not self.uninvited


@dataclass
class _Lives:
    killed: set[int] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)
    uninvited: list[str] = field(default_factory=list)
    left_alone: list[int] = field(default_factory=list)  # whose children were not killed


def run(folder: Path, terms: Terms) -> Result:
    """Run a world to its end in a folder that exists."""
    began = time.monotonic()
    chance = random.Random(terms.seed)
    clock = _clock(terms)
    press, watch = Press(OUTLETS, random.Random(terms.seed + 1), clock), Watch()
    lives = _Lives()
    with ExitStack() as stack:
        file = stack.enter_context((folder / "record.jsonl").open("w", encoding="utf-8"))
        record = Record(file, random.Random(terms.seed + 2), terms.faults)
        urls = {WEB: stack.enter_context(web_channel(record, watch))}
        urls[MAIL] = stack.enter_context(mail_channel(record, watch))
        ports = [stack.enter_context(_outlet(name, press, watch)) for name in OUTLETS]
        configure = partial(_write_config, folder, ports, urls)
        program = _program(stack, folder, configure(0), terms, clock)
        press.publish(3)
        for number in range(terms.kills):
            _one_life(program, press, watch, lives, chance, terms, configure)
            terms.report(number + 1)
        drained = _drain(
            folder / "data" / "monitor.db", program, press, watch, lives, terms.drain_s, configure
        )
    published, heard = press.published(), read_record(folder / "record.jsonl")
    facts, killed = checker.read_facts(folder / "data" / "monitor.db"), frozenset(lives.killed)
    judgement = checker.judge(published, heard, facts, killed)
    return Result(
        published=published,
        heard=heard,
        facts=facts,
        killed=killed,
        judgement=judgement,
        drained=drained,
        ends=lives.ends,
        edits=press.edits,
        elapsed_s=time.monotonic() - began,
        uninvited=tuple(lives.uninvited),
    )


def _one_life(
    program: Program,
    press: Press,
    watch: Watch,
    lives: _Lives,
    chance: random.Random,
    terms: Terms,
    configure: Configure,
) -> None:
    """Publish, let the program live until its moment, publish once more on the way."""
    moment = terms.draw(chance, terms.longest_s)
    press.publish(chance.randint(1, 2))
    watch.begin()
    configure(watch.life)
    pid = program.start()
    watch.arm(moment, lambda: kill(pid, alone=moment.alone))
    code = program.ended(moment.seconds / 2)
    if code is None:
        press.publish(chance.randint(0, 1))
        code = program.ended(moment.seconds / 2)
    by_deed = code is not None
    if code is None:
        kill(pid, alone=moment.alone)
        code = program.ended(30)
    lives.left_alone += [pid] if moment.alone else []
    if code == -signal.SIGKILL:
        lives.killed.add(watch.life)
        lives.ends[(moment.deed or "by itself") if by_deed else "clock"] += 1
    else:
        lives.uninvited.append(f"life {watch.life} ended with {code}")


def _drain(
    database: Path,
    program: Program,
    press: Press,
    watch: Watch,
    lives: _Lives,
    within_s: float,
    configure: Configure,
) -> bool:
    """Let the program finish undisturbed, then stop it; tell whether it finished."""
    press.close()
    watch.begin()
    configure(watch.life)
    pid = program.start()
    left = within_s
    code = None
    while code is None and left > 0 and not (watch.busy and _finished(database, press)):
        code = program.ended(STEP_S)
        left -= STEP_S
    if code is None:
        os.kill(pid, signal.SIGTERM)
        code = program.ended(30)
    if code != 0:
        kill(pid)
        lives.uninvited.append(f"the last life ended with {code}")
        if code is None:
            program.ended(30)
    for gone in lives.left_alone:
        if outlived(gone):
            lives.uninvited.append(f"children of the process {gone} outlived it")
    return left > 0


def _finished(database: Path, press: Press) -> bool:
    """Tell whether all is stored, or will never be, and nothing waits in the store."""
    if not database.exists():
        return False
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
        if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'outbox'").fetchone() == (0,):
            return False
        stored, left = db.execute(
            "SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM job)"
            " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending') OR next_at IS NOT NULL)"
        ).fetchone()
    return left == 0 and (stored >= len(press.published()) or press.read_by_all())


def _clock(terms: Terms) -> FastClock:
    """Return the world's clock: the machine's for the bare program."""
    now = time.time()
    if terms.launcher is None:
        return FastClock(now, 1, datetime.fromtimestamp(now, UTC))
    return FastClock(now, terms.speed, EVENING)


def _program(stack: ExitStack, folder: Path, config: Path, terms: Terms, clock: FastClock) -> Program:
    log = folder / "program.log"
    if terms.launcher is None:
        return Plain(config, stack.enter_context(log.open("ab")))
    hooks: dict[str, object] = {
        "started": clock.started,
        "speed": clock.speed,
        "at": clock.at.isoformat(),
        "wake": terms.wake_s,
        "broken": terms.broken,
    }
    return Warm(terms.launcher, config, log, hooks)


@contextmanager
def _outlet(name: str, press: Press, watch: Watch) -> Iterator[int]:
    """Serve one outlet's feed and pages."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/robots.txt":
                watch.see("poll" if self.path == "/feed" else "page")
            answer = press.answer(name, self.path, self.headers.get("If-None-Match", ""))
            try:
                self.send_response(answer.status)
                if answer.content_type:
                    self.send_header("Content-Type", answer.content_type)
                if answer.tag:
                    self.send_header("ETag", answer.tag)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except ConnectionError:  # whoever asked was killed
                return

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as port:
        press.open(name, f"http://127.0.0.1:{port}")
        yield port


def _write_config(folder: Path, ports: Sequence[int], urls: dict[str, str], life: int) -> Path:
    outlines = "".join(
        f'<outline text="{name.capitalize()}" language="en" xmlUrl="http://127.0.0.1:{port}/feed"/>'
        for name, port in zip(OUTLETS, ports, strict=True)
    )
    (folder / "feeds.opml").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head/><body>{outlines}</body></opml>',
        encoding="utf-8",
    )
    names = ", ".join(CHANNELS)
    rules = [f"  - {{id: {rule}, query: '{query}', channels: [{names}]}}" for rule, query in RULES.items()]
    channels = [f"  {name}: {{url: '{urls[name].replace('LIFE', str(life))}'}}" for name in CHANNELS]
    lines = [
        "contact: https://example.org/tests",
        "poll: {every: 0s, min: 0s, max: 0s, host_gap: 0s}",
        "network: {allow_private: [127.0.0.1]}",
        f"digest: {{at: '00:30', channels: [{names}]}}",
        "rules:",
        *rules,
        "channels:",
        *channels,
    ]
    config = folder / "config.yaml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config
