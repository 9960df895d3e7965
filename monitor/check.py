"""Everything that is wrong with a configuration, found at once: the file, region pack, feeds, rules, channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor import config as configuration
from monitor.alerts.send import check_url
from monitor.alerts.templates import Templates
from monitor.errors import ConfigError, Fault, InputError, OpmlError
from monitor.models import Entity, Region, Rule, Subscription
from monitor.registry import Registry
from monitor.rules.entities import load_region
from monitor.rules.matcher import check_rules, rule_source
from monitor.rules.outlets import KINDS
from monitor.setup import Setup
from monitor.sources import opml
from monitor.sources.address import parse_allowed


def load(path: Path, environment: Mapping[str, str]) -> Setup:
    """Read and check a configuration; raise ConfigError with every fault found."""
    setup, faults = check(path, environment)
    if faults:
        raise ConfigError(faults)
    return setup


def check(
    path: Path, environment: Mapping[str, str], *, examples: bool = True
) -> tuple[Setup, tuple[Fault, ...]]:
    """Read a configuration and all it names; return what could be read, and every fault."""
    loaded = configuration.read(path, environment)
    faults = list(loaded.faults)
    before = len(faults)
    region = _region(loaded, faults)
    known = len(faults) == before
    subscriptions = _subscriptions(loaded, faults)
    rules = loaded.config.rules
    faults += _rule_faults(loaded, region.entities, examples=examples and known, names=known)
    faults.extend(
        loaded.fault(("channels", channel.name, "url"), f"channel {channel.name}: {why}")
        for channel in loaded.config.channels
        if not channel.off and (why := check_url(channel.url))
    )
    faults.extend(
        loaded.fault(
            ("channels", channel.name, "takes", "kinds", number),
            f"there is no kind {kind}; there are {', '.join(KINDS)}",
        )
        for channel in loaded.config.channels
        for number, kind in enumerate(channel.takes.kinds)
        if kind not in KINDS
    )
    templates = Templates(loaded.config.templates)
    faults.extend(templates.faults())
    for number, entry in enumerate(loaded.config.allow_private):
        try:
            parse_allowed(entry)
        except InputError as error:
            faults.append(loaded.fault(("network", "allow_private", number), str(error)))
    setup = Setup(
        config=loaded.config,
        region=region,
        registry=Registry(region.outlets, region.entities),
        rules=rule_source(rules, region.entities),
        subscriptions=subscriptions,
        templates=templates,
    )
    own = sorted(
        (fault for fault in faults if fault.file == str(path)), key=lambda fault: (fault.line, fault.column)
    )
    return setup, (*own, *(fault for fault in faults if fault.file != str(path)))


def _region(loaded: configuration.Loaded, faults: list[Fault]) -> Region:
    folder = loaded.config.region
    if folder is None:
        return Region()
    if not folder.is_dir():
        faults.append(loaded.fault(("region",), f"no region pack at {folder}"))
        return Region()
    try:
        return load_region(folder)
    except ConfigError as error:
        faults.extend(error.faults)
        return Region()


def _rule_faults(
    loaded: configuration.Loaded, entities: Sequence[Entity], *, examples: bool, names: bool = True
) -> list[Fault]:
    return [
        loaded.fault(loaded.rule_place(rule_id), f"rule {rule_id}: {message}", column=column)
        for rule_id, message, column in check_rules(
            loaded.config.rules, entities, examples=examples, names=names
        )
    ]


def _subscriptions(loaded: configuration.Loaded, faults: list[Fault]) -> tuple[Subscription, ...]:
    file = loaded.config.feeds
    try:
        data = file.read_bytes()
    except OSError as error:
        faults.append(loaded.fault(("feeds",), f"{file} cannot be read: {error.strerror}"))
        return ()
    try:
        tree = opml.parse(data, str(file))
    except OpmlError as error:
        faults.append(Fault(str(file), error.line, error.column, error.args[0]))
        return ()
    faults.extend(Fault(str(file), line, column, message) for line, column, message in opml.faults(tree))
    return tree.subscriptions()


def rules_of(path: Path, environment: Mapping[str, str], entities: Sequence[Entity]) -> tuple[Rule, ...]:
    """Return the rules of another configuration, to be read with these entities; raise ConfigError."""
    loaded = configuration.read(path, environment)
    faults = list(loaded.faults)
    faults += _rule_faults(loaded, entities, examples=False)
    if faults:
        raise ConfigError(tuple(faults))
    return loaded.config.rules
