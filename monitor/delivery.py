"""Sends what the outbox holds: claim, commit, send, commit. One serial sender for each channel.

A run that dies between sending and the second commit leaves its alerts claimed; the next run gives them back
marked as a possible repeat. So nothing is lost, and at most one message per channel is sent twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TextIO

from monitor import daily
from monitor.alerts import message as messages
from monitor.alerts import policy
from monitor.alerts.items import item
from monitor.alerts.send import Sender, open_channel
from monitor.models import (
    Alert,
    AlertItem,
    AlertState,
    Channel,
    ChannelState,
    Message,
    Outcome,
)
from monitor.setup import Setup
from monitor.writer import Writer

DEADLINE_S = 30.0  # of one delivery
LEASE = timedelta(seconds=4 * DEADLINE_S)

log = logging.getLogger(__name__)


class Delivery:
    """The channels of a configuration, and what waits for them."""

    def __init__(
        self,
        setup: Setup,
        writer: Writer,
        clock: Callable[[], datetime],
        chance: random.Random,
        out: TextIO,
    ) -> None:
        self._setup = setup
        self._write = writer
        self._store = writer.store
        self._clock = clock
        self._chance = chance
        self._out = out
        self._senders: dict[str, Sender] = {}

    async def send_due(self) -> int:
        """Send what is due on every channel; return how many alerts were sent."""
        waiting = await self._write(self._store.waiting, self._clock())
        sent = await asyncio.gather(*(self._channel(name) for name in waiting))
        return sum(sent)

    async def _channel(self, name: str) -> int:
        """Send one channel's alerts, message after message, until its plan is empty."""
        channel = self._setup.config.channel(name)
        if channel is None or channel.off:
            # What was queued before a channel left the configuration, or lost its address.
            channel = self._setup.config.console
        sent = 0
        while True:
            now = self._clock()
            alerts = (await self._write(self._store.waiting, now)).get(name, ())
            state = await self._write(self._store.channel_state, name, now)
            plan = policy.due(
                channel, state, alerts, self._setup.config.zone, now, rules=self._setup.rule_by_id
            )
            if plan.quiet and plan.not_before:
                ids = [alert.id for alert in alerts]
                await self._write(self._store.hold, ids, plan.not_before, plan.reason)
            if not plan.batches:
                return sent
            by_id = {alert.id: alert for alert in alerts}
            for batch in plan.batches:
                delivered, working = await self._batch(channel, [by_id[number] for number in batch])
                sent += delivered
                if not working:
                    return sent

    async def _batch(self, channel: Channel, alerts: Sequence[Alert]) -> tuple[int, bool]:
        """Send what belongs in one message, in as many as its length needs.

        Return how many alerts were sent, and whether the channel works: a message refused for good says
        nothing against the next one.
        """
        sender = await self._sender(channel)
        sent = 0
        for message, own in await self._compose(sender, alerts):
            state = await self._write(self._store.channel_state, alerts[0].channel, self._clock())
            outcome = await self._send(sender, message, own, state)
            if outcome.kind == "ok":
                sent += len(own)
            elif outcome.kind != "permanent":
                return sent, False
        return sent, True

    async def _send(
        self, sender: Sender, message: Message, alerts: Sequence[Alert], state: ChannelState
    ) -> Outcome:
        await self._write(self._store.claim, [alert.id for alert in alerts], self._clock(), LEASE)
        outcome = await asyncio.to_thread(sender.deliver, message, DEADLINE_S, self._clock())
        now = self._clock()
        settled = policy.after(outcome, alerts, state, now, self._chance.random())
        trouble = policy.trouble(settled, outcome, now)
        told = self._setup.notice_channels_without(state.name)
        await self._write(self._store.settle, settled.channel, outcome, settled.alerts, now, trouble, told)
        if outcome.kind != "ok":
            log.warning("channel %s: %s", state.name, outcome.detail)
        return outcome

    async def _sender(self, channel: Channel) -> Sender:
        if channel.name not in self._senders:
            # In a thread: the first one loads every service that is known.
            self._senders[channel.name] = await asyncio.to_thread(
                open_channel, channel, out=self._out, record=self._setup.config.alert_record
            )
        return self._senders[channel.name]

    async def _compose(self, sender: Sender, alerts: Sequence[Alert]) -> list[tuple[Message, list[Alert]]]:
        """Write the messages of a batch, each with the alerts it carries."""
        zone, region, templates = self._setup.config.zone, self._setup.region.name, self._setup.templates
        composed = [
            (await self._write(self._note, sender, alert), [alert]) for alert in alerts if alert.story is None
        ]
        items = await self._write(self._items, alerts)
        size, style = sender.limit, sender.style
        for run in messages.split(items, zone=zone, limit=size, style=style, templates=templates):
            message = messages.compose(
                run, zone=zone, limit=size, region=region, style=style, templates=templates
            )
            composed.append((message, [alert for item in run for alert in item.alerts]))
        return composed

    def _items(self, alerts: Sequence[Alert]) -> list[AlertItem]:
        stories: dict[int, list[Alert]] = {}
        for alert in alerts:
            if alert.story is not None:
                stories.setdefault(alert.story, []).append(alert)
        items = []
        for number, own in stories.items():
            story = self._store.story(number)
            if story is not None:
                items.append(item(self._setup.registry.story(story), own, self._setup.rule_by_id))
        return items

    def _note(self, sender: Sender, alert: Alert) -> Message:
        """Write a message that is about no story."""
        region = self._setup.region.name
        if alert.kind == "digest":
            letter = daily.letter(self._store, self._setup, date.fromisoformat(alert.rule))
            return messages.note(alert, letter.lines, region=region, style=sender.style, page=letter.page)
        return messages.note(alert, [alert.body], region=region, style=sender.style)


def send_test(setup: Setup, channel: Channel, now: datetime, out: TextIO) -> Outcome:
    """Send a test message to a channel at once, past the outbox."""
    alert = Alert(
        id=0,
        key="test00",
        kind="test",
        story=None,
        rule="",
        channel=channel.name,
        state=AlertState.SENDING,
        attempts=1,
        created_at=now,
        next_at=None,
        sent_at=None,
        title="Test of the monitor's channel",
        url="",
    )
    sender = open_channel(channel, out=out, record=setup.config.alert_record)
    text = (
        "If you can read this, alerts will reach you here. یہ ایک آزمائشی پیغام ہے۔ این یک پیام آزمایشی است."
    )
    message = messages.note(alert, [text], region=setup.region.name, style=sender.style)
    return sender.deliver(message, DEADLINE_S, now)
