"""When a life of the program ends: after so many seconds, or when it does something for the n-th time."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

# poll, page: it asks for a feed, an article. begun: a channel hears it before it takes the message;
# taken: the channel has the message and has not said so; told: it has said so.
Deed = Literal["poll", "page", "begun", "taken", "told"]


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of one life: at the latest after `seconds`, earlier at the n-th deed.

    With all its children at once, or `alone`: then these have to notice it themselves.
    """

    seconds: float
    deed: Deed | None = None
    count: int = 1
    alone: bool = False


def draw(chance: random.Random, longest_s: float) -> Moment:
    """Draw a moment: half of them by the clock alone (starting up included), half while at work."""
    alone = chance.random() < 0.25
    if chance.random() < 0.5:
        return Moment(chance.uniform(0.02, 1) ** 1.5 * longest_s, alone=alone)
    deed: Deed = chance.choice(("poll", "page", "page", "begun", "begun", "taken", "taken", "told", "told"))
    most = {"poll": 6, "page": 12}.get(deed, 6)
    return Moment(longest_s, deed, chance.randint(1, most), alone)


class Watch:
    """Counts deeds of the present life, and kills at its moment, in the very thread that saw the deed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moment: Moment | None = None
        self._kill: Callable[[], None] | None = None
        self._seen: Counter[str] = Counter()
        self.life = 0

    @property
    def busy(self) -> bool:
        """Whether the present life has done anything yet."""
        return bool(self._seen)

    def begin(self) -> None:
        """Begin to count a new life's deeds."""
        with self._lock:
            self.life += 1
            self._seen.clear()
            self._moment = self._kill = None

    def arm(self, moment: Moment, kill: Callable[[], None]) -> None:
        """Say when to kill the life that has begun, and how."""
        with self._lock:
            self._moment, self._kill = moment, kill
            late = moment.deed is not None and self._seen[moment.deed] >= moment.count
        if late:
            kill()

    def see(self, deed: Deed) -> bool:
        """Note a deed; tell whether it was the last."""
        with self._lock:
            self._seen[deed] += 1
            moment, kill = self._moment, self._kill
            last = moment is not None and moment.deed == deed and self._seen[deed] == moment.count
        if last and kill is not None:
            kill()
        return last
