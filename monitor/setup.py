"""Everything that is in force for a run: the configuration and what it refers to, checked and read."""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def notice_channels(self) -> tuple[str, ...]:
        """Return where notices about the monitor itself go: with the digest, or to the console."""
        return self.config.digest.channels or (CONSOLE,)

    @property
    def rule_by_id(self) -> dict[str, Rule]:
        """Return the rules by id, in the order written."""
        return {rule.id: rule for rule in self.config.rules}

    @property
    def entity_by_id(self) -> dict[str, Entity]:
        """Return the region's entities by id."""
        return {entity.id: entity for entity in self.region.entities}
