"""Kill the program again and again while it works, let it finish, and check that nothing was lost.

    python -m benchmarks.kills [--kills 1000] [--seed N] [--plain] [--keep FOLDER]

Outlets on loopback publish, copy and edit; a web service and a mail server record what they take and fail
one delivery in twenty; the program is ended by SIGKILL with all its children at random moments, starting up
included. Worlds of a hundred kills follow one another. Exit code 1 when anything was lost, doubled or repeated
without need; the world in which that happened is kept.

The lives are forks of one process that has imported the program, with a clock that is 1,200 times faster, so
that back-off and flood control pass in seconds. --plain runs `python -m monitor run` as it is, by the real clock:
a life is then mostly starting up, and the end may wait for minutes of back-off.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from tests.end_to_end.kills.program import launcher
from tests.end_to_end.kills.world import Result, Terms, run

KILLS_PER_WORLD = 100
PLAIN_DRAIN_S = 900.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kills", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="the bare program by the real clock")
    parser.add_argument("--keep", type=Path, help="keep every world in this folder")
    options = parser.parse_args()
    base = options.keep or Path(tempfile.mkdtemp(prefix="monitor-kills-"))
    sizes = [min(KILLS_PER_WORLD, options.kills - at) for at in range(0, options.kills, KILLS_PER_WORLD)]
    results: list[tuple[int, Result]] = []
    with nullcontext() if options.plain else launcher() as warm, _bar(options.kills) as advance:
        for number, kills in enumerate(sizes):
            seed = options.seed + number
            folder = base / f"world-{seed}"
            folder.mkdir(parents=True)
            terms = Terms(kills, seed, warm, report=lambda _: advance())
            if options.plain:
                terms = Terms(kills, seed, longest_s=4.0, drain_s=PLAIN_DRAIN_S, report=lambda _: advance())
            result = run(folder, terms)
            results.append((seed, result))
            if result.sound and not options.keep:
                shutil.rmtree(folder)
    if not any(base.iterdir()):
        base.rmdir()
    _print(results, base)
    return int(not all(result.sound for _, result in results))


def _print(results: Sequence[tuple[int, Result]], base: Path) -> None:
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    worlds = [result for _, result in results]
    taken = [heard for result in worlds for heard in result.heard if heard.taken]
    ends = sum((result.ends for result in worlds), Counter[str]())
    states = Counter(row.state for result in worlds for row in result.facts.outbox)
    failed = Counter(heard.end for result in worlds for heard in result.heard if heard.end != "ok")
    kills = sum(len(result.killed) for result in worlds)
    by_kill = sum(result.judgement.repeats_by_kill for result in worlds)
    rows = {
        "kills": f"{kills:,} ({', '.join(f'{count} {name}' for name, count in ends.most_common())})",
        "articles published": f"{sum(len(result.published) for result in worlds):,}"
        f" ({sum(result.edits for result in worlds):,} edits)",
        "matches recorded": f"{sum(len(result.facts.matches) for result in worlds):,}",
        "outbox": ", ".join(f"{count:,} {state}" for state, count in states.most_common()),
        "messages taken": f"{len(taken):,}",
        "deliveries that went wrong": ", ".join(f"{count} {end}" for end, count in failed.most_common())
        or "none",
        "messages repeated by a kill": f"{by_kill:,} ({by_kill / max(kills, 1):.2f} a kill)",
        "messages repeated by a fault": f"{sum(result.judgement.repeats_by_fault for result in worlds):,}",
        "alerts in those": f"{sum(result.judgement.repeated_alerts for result in worlds):,}",
        "digests and notices repeated unmarked": f"{sum(result.judgement.unmarked_notes for result in worlds):,}",
        "time": f"{sum(result.elapsed_s for result in worlds):.0f} s",
    }
    table = Table(title="Killed, and checked", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    out.print(table)
    verdicts = Table("fault", "count", "for example", title="What is wrong")
    examples: dict[str, list[str]] = {}
    for seed, result in results:
        for kind, about in _complaints(result):
            examples.setdefault(kind, []).append(f"world {seed}: {about}")
    for kind, found in sorted(examples.items()):
        verdicts.add_row(kind, str(len(found)), found[0])
    if examples:
        out.print(verdicts)
        out.print(f"kept in {base}")
    else:
        out.print("Nothing was lost, doubled or repeated without need.")


def _complaints(result: Result) -> Iterator[tuple[str, str]]:
    yield from ((fault.kind, fault.about) for fault in result.judgement.faults)
    yield from (("uninvited end", words) for words in result.uninvited)
    if not result.drained:
        yield "not drained", "work or alerts were still waiting at the end"


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (
        TextColumn("kills"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("kills", total=total)
        yield lambda: bars.advance(task)


if __name__ == "__main__":
    sys.exit(main())
