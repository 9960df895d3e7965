"""Everything that is in force for a run: the configuration and what it refers to, checked and read."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.alerts.templates import BUILT_IN, Templates
from monitor.config import CONSOLE, Config
from monitor.models import Entity, Region, Rule, RuleSource, Subscription
from monitor.registry import Registry


@dataclass(frozen=True, slots=True)
class Setup:
    """One consistent state of config.yaml, the region pack and feeds.opml."""

    config: Config
    region: Region
    registry: Registry
    rules: RuleSource
    subscriptions: tuple[Subscription, ...]
    templates: Templates = BUILT_IN

    @property
    def notice_channels(self) -> tuple[str, ...]:
        """Return where notices about the monitor itself go: with the digest, or to the console."""
        return self.config.digest.channels or (CONSOLE,)

    def notice_channels_without(self, name: str) -> tuple[str, ...]:
        """Return where to tell of a channel in trouble: the other channels of notices, or else all others."""
        others = tuple(channel.name for channel in self.config.channels if not channel.off)
        told = tuple(one for one in self.notice_channels if one in others and one != name)
        return told or tuple(one for one in others if one != name)

    @property
    def rule_by_id(self) -> dict[str, Rule]:
        """Return the rules by id, in the order written."""
        return {rule.id: rule for rule in self.config.rules}

    @property
    def entity_by_id(self) -> dict[str, Entity]:
        """Return the region's entities by id."""
        return {entity.id: entity for entity in self.region.entities}
