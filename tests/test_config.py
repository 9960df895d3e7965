"""config.yaml: defaults, every fault with its place, secrets from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import Loaded, read
from monitor.models import Grade


def load(tmp_path: Path, text: str, **environment: str) -> Loaded:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path, environment)


def faults(tmp_path: Path, text: str) -> list[str]:
    return [str(fault).removeprefix(f"{tmp_path}/config.yaml:") for fault in load(tmp_path, text).faults]


def test_every_key_has_a_default(tmp_path: Path) -> None:
    loaded = load(tmp_path, "")
    assert loaded.faults == ()
    config = loaded.config
    assert config.data == tmp_path / "data"
    assert (config.poll.every, config.poll.min, config.poll.max) == (900, 300, 43200)
    assert config.extract.max_fetch == 8_000_000
    assert [channel.name for channel in config.channels] == ["console"]


def test_partial_mappings_keep_the_other_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, "poll: {every: 1h30m}").config
    assert config.poll.every == 5400
    assert config.poll.host_gap == 2


def test_a_rule_is_read_whole(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
rules:
  - id: water
    title: Water
    query: 'water OR پانی'
    priority: high
    min_grade: strong
    channels: [console]
    examples: {match: [water], ignore: [fire]}
""",
    )
    assert loaded.faults == ()
    (rule,) = loaded.config.rules
    assert (rule.id, rule.title, rule.query, rule.priority) == ("water", "Water", "water OR پانی", "high")
    assert rule.min_grade is Grade.STRONG
    assert (rule.must_match, rule.must_ignore) == (("water",), ("fire",))


def test_yaml_does_not_turn_words_into_other_things(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, "rules:\n  - {id: 010, query: NO, title: 12:30, channels: []}").config.rules
    assert (rule.id, rule.query, rule.title) == ("010", "NO", "12:30")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colour: red", "1:1: unknown key: colour"),
        ("poll: {evry: 5m}", "1:8: unknown key: evry"),
        ("poll: {every: soon}", "1:15: poll.every: a duration is written like 30s, 15m, 12h, 7d or 1h30m"),
        ("poll: {every: 9999d}", "1:15: poll.every: a duration is 400 days at most"),
        ("poll: {min: 1h, every: 5m}", "1:7: poll: min, every and max must not decrease in this order"),
        ("poll: 5", "1:7: poll is a mapping of keys, not a single value or a list"),
        ("timezone: Mars/Olympus", "1:11: timezone: no such time zone; one is written like Asia/Karachi"),
        ("timezone: ../../etc/passwd", "1:11: timezone: no such time zone; one is written like Asia/Karachi"),
        ("extract: {max_fetch: 8 apples}", "1:22: extract.max_fetch: a size is written like 500kB, 8MB or 1GB"),
        ("digest: {at: '25:00'}", '1:14: digest.at: a time of day is written like "06:00"'),
        ("digest: {channels: [fax]}", "1:21: no channel is called fax; there are console"),
        ("rules: [{id: a, query: x, channels: [slack]}]", "1:38: no channel is called slack; there are console"),
        ("rules: [{query: x}]", "1:9: id is missing"),
        ("rules: [{id: a}]", "1:9: query is missing"),
        ("rules: [{id: a, query: ''}]", "1:24: rules.0.query is empty"),
        ("rules: [{id: A b, query: x}]", "1:14: rules.0.id: an id is made of small letters, digits and - _ . (64 at most)"),
        ("rules: [{id: a, query: x}, {id: a, query: y}]", "1:33: rule a is written twice"),
        ("channels: {s: {url: 'slack://x', quiet: 22-07}}", '1:41: channels.s.quiet: quiet hours are written like "22:00-07:00"'),
        ("web: {port: 1}\nweb: {port: 2}", "2:1: 'web' is written twice (first on line 1)"),
        ("network: {proxy: proxy.example}", "1:18: network.proxy: a proxy is written like http://host:port or socks5://host:port"),
        ("- a list", "1:1: the configuration is a mapping of keys"),
        ("web: {port: 1\npoll: {}", "2:5: not YAML: while parsing a flow mapping, did not find expected ',' or '}'"),
    ],
)  # fmt: skip
def test_a_fault_is_shown_at_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert faults(tmp_path, text) == [expected]


def test_every_fault_is_found_at_once_in_file_order(tmp_path: Path) -> None:
    text = "timezone: nowhere\npoll: {every: x, bad: 1}\nrules:\n  - {id: a, query: y, channels: [fax]}\nfoo: 1\n"
    assert [fault.split(":")[0] for fault in faults(tmp_path, text)] == ["1", "2", "2", "4", "5"]


def test_what_is_right_is_kept_beside_what_is_wrong(tmp_path: Path) -> None:
    loaded = load(tmp_path, "poll: {every: x, concurrency: 3}\nrules: [{id: a}, {id: b, query: y}]")
    assert loaded.config.poll.concurrency == 3
    assert [rule.id for rule in loaded.config.rules] == ["b"]


def test_a_fault_inside_a_query_is_shown_at_its_column(tmp_path: Path) -> None:
    loaded = load(tmp_path, "rules:\n  - id: a\n    query: 'x AND'\n  - {id: b, query: y}")
    assert str(loaded.fault(loaded.rule_place("a"), "!", column=3)).endswith("config.yaml:3:15: !")
    assert str(loaded.fault(loaded.rule_place("b"), "!", column=1)).endswith("config.yaml:4:20: !")


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("slack://from-file\n")
    text = "channels: {a: {url: '${HOOK}'}, b: {url: '${HOOK_FILE}'}, c: {url: 'json://${HOST}/x'}}"
    by_file = load(tmp_path, text, HOOK_FILE=str(tmp_path / "secret"), HOST="h").config
    assert [channel.url for channel in by_file.channels[:3]] == [
        "slack://from-file",
        "slack://from-file",
        "json://h/x",
    ]
    direct = load(tmp_path, text, HOOK="slack://direct").config
    assert direct.channels[0].url == "slack://direct"


def test_a_channel_whose_variable_is_unset_is_off_and_no_fault(tmp_path: Path) -> None:
    loaded = load(tmp_path, "channels: {slack: {url: '${HOOK}'}}", HOOK="")
    assert loaded.faults == ()
    channel = loaded.config.channel("slack")
    assert channel is not None
    assert channel.off
    assert channel.missing == ("HOOK",)


def test_no_file_is_one_fault(tmp_path: Path) -> None:
    (fault,) = read(tmp_path / "nothing.yaml", {}).faults
    assert str(fault) == f"{tmp_path}/nothing.yaml: cannot be read: No such file or directory"
