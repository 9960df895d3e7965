"""The program with one thing wrong: what the checker must not let pass. Each variant patches a life of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.alerts import policy
from monitor.alerts.send import Sender
from monitor.delivery import DEADLINE_S, LEASE, Delivery
from monitor.models import Alert, ChannelState, Message, Outcome, PollRecord
from monitor.store import codec, polls
from monitor.store.store import Store


def sent_first() -> None:
    """Commit "sent" before sending, as if what is sent could not be lost."""

    async def send(
        self: Delivery, sender: Sender, message: Message, alerts: Sequence[Alert], state: ChannelState
    ) -> Outcome:
        await self._write(self._store.claim, [alert.id for alert in alerts], self._clock(), LEASE)
        now, outcome = self._clock(), Outcome("ok")
        settled = policy.after(outcome, alerts, state, now, 0.5)
        await self._write(self._store.settle, settled.channel, outcome, settled.alerts, now)
        await asyncio.to_thread(sender.deliver, message, DEADLINE_S, now)
        return outcome

    Delivery._send = send  # type: ignore[method-assign]


def silent_repeats() -> None:
    """Give back what a dead run was sending without saying that it may be a repeat."""

    def recover_leases(self: Store, now: datetime) -> int:
        with self._write() as db:
            done = db.execute(
                "UPDATE outbox SET state = 'pending', lease_until = NULL, next_at = ? WHERE state = 'sending'",
                [codec.instant(now)],
            )
        return done.rowcount

    Store.recover_leases = recover_leases  # type: ignore[method-assign]


def validators_first() -> None:
    """Commit a feed's validators before the entries they stand for, and die in between: not at a feed's first poll."""
    whole = Store.save_polls

    def save_polls(self: Store, records: Sequence[PollRecord]) -> list[int]:
        with self._write() as db:
            for record in records:
                polls.update_feed(db, record.feed)
        if any(record.new and record.feed.first_polled != record.at for record in records):
            os.killpg(0, signal.SIGKILL)
        return whole(self, records)

    Store.save_polls = save_polls  # type: ignore[method-assign]


def twice() -> None:
    """Send every message twice."""
    whole = Delivery._send

    async def send(
        self: Delivery, sender: Sender, message: Message, alerts: Sequence[Alert], state: ChannelState
    ) -> Outcome:
        await asyncio.to_thread(sender.deliver, replace(message), DEADLINE_S, self._clock())
        return await whole(self, sender, message, alerts, state)

    Delivery._send = send  # type: ignore[method-assign]


VARIANTS: Mapping[str, Callable[[], None]] = {
    "sent first": sent_first,
    "silent repeats": silent_repeats,
    "validators first": validators_first,
    "twice": twice,
}
