"""OPML: the list of feeds, read and written without losing what this program does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import urlsplit
from xml.parsers import expat

from monitor.errors import NotFoundError, OpmlError
from monitor.models import Subscription
from monitor.sources.urls import fault_of, same_place, shown_url

_MAX_DEPTH = 100  # far beyond any list a person made, and short of Python's own limit
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEED_TYPES = {"rss", "atom", "rss1", "rdf", "pie", "feed"}
_PAUSED = "monitorPaused"  # an attribute of ours, as OPML allows: the list stays the truth of what is polled
_YES = {"true", "yes", "1"}

Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Markup:
    """A comment or processing instruction, kept as it stood."""

    source: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element; where it stood does not count when two are compared."""

    tag: str
    attributes: Attributes = ()
    children: tuple[Element | Markup | str, ...] = ()
    line: int = field(default=0, compare=False)  # from 1
    column: int = field(default=0, compare=False)

    def elements(self, tag: str) -> Iterator[Element]:
        """Yield the child elements of that name, whatever its case."""
        return (child for child in self.children if isinstance(child, Element) and child.tag.lower() == tag)

    def attribute(self, *names: str) -> str:
        """Return the first attribute of these (lower-case) names that is not blank, whatever its case."""
        values = {name.lower(): value.strip() for name, value in reversed(self.attributes)}
        return next((values[name] for name in names if values.get(name)), "")


@dataclass(frozen=True, slots=True)
class Opml:
    """A whole file: its root and the comments around it."""

    root: Element
    before: tuple[Markup, ...] = ()
    after: tuple[Markup, ...] = ()

    @property
    def head(self) -> Element:
        """Return the head, empty when there is none."""
        return next(self.root.elements("head"), Element("head"))

    @property
    def body(self) -> Element:
        """Return the body."""
        return next(self.root.elements("body"))

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the feeds in the file's order; unusable and repeated addresses are left out."""
        seen: set[str] = set()
        found = []
        for outline, folders in _feeds(self.body):
            url = outline.attribute("xmlurl")
            place = same_place(url)
            if fault_of(url) or place in seen:
                continue
            seen.add(place)
            found.append(_subscription(outline, folders))
        return tuple(found)


def read(data: bytes, file: str) -> tuple[Subscription, ...]:
    """Read the feeds of an OPML file; raise OpmlError. `file` is its name in messages."""
    return parse(data, file).subscriptions()


# --- bytes to tree ------------------------------------------------------------------------------


def parse(data: bytes, file: str) -> Opml:
    """Read an OPML file as a tree; raise OpmlError with the place where reading stopped.

    Document types and entities of the file's own are refused: they can name files and grow without end.
    """
    builder = _Builder(file)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise OpmlError(
            f"{file} is not well-formed XML: {expat.ErrorString(error.code)}", error.lineno, error.offset + 1
        ) from None
    except (
        LookupError,
        ValueError,
    ) as error:  # an encoding Python does not have, or not as one byte a letter
        raise OpmlError(f"{file} is in an encoding that cannot be read: {error}", 1, 1) from None
    return builder.finished()


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: Attributes
    line: int
    column: int
    children: list[Element | Markup | str] = field(default_factory=list)


class _Builder:
    """Makes the tree from expat's events, which know their line and column."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._stack: list[_Open] = []
        self._root: Element | None = None
        self._outside: tuple[list[Markup], list[Markup]] = ([], [])
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self._comment
        self.parser.ProcessingInstructionHandler = self._instruction

    def finished(self) -> Opml:
        root = self._root
        if root is None:
            raise OpmlError(f"{self._file} holds no element")
        if root.tag.lower() != "opml":
            raise OpmlError(f"{self._file} is <{root.tag}>, not OPML", root.line, root.column)
        bodies = list(root.elements("body"))
        if len(bodies) != 1:
            place = bodies[1] if bodies else root
            count = "more than one body" if bodies else "no body"
            raise OpmlError(f"{self._file} has {count}", place.line, place.column)
        return Opml(root, tuple(self._outside[0]), tuple(self._outside[1]))

    def _refuse(self, why: str) -> NoReturn:
        raise OpmlError(why, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _doctype(self, *_: object) -> None:
        # expat reports it where its name or its file name ends, so the column says nothing.
        raise OpmlError(
            f"{self._file} declares a document type (DOCTYPE), which is not accepted in OPML",
            self.parser.CurrentLineNumber,
        )

    def _start(self, tag: str, flat: list[str]) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            self._refuse(f"{self._file} nests elements more than {_MAX_DEPTH} deep")
        attributes = tuple(zip(flat[::2], flat[1::2], strict=True))
        place = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        self._stack.append(_Open(tag, attributes, *place))

    def _end(self, _: str) -> None:
        done = self._stack.pop()
        element = Element(done.tag, done.attributes, tuple(done.children), done.line, done.column)
        if self._stack:
            self._stack[-1].children.append(element)
        else:
            self._root = element

    def _text(self, text: str) -> None:
        if self._stack:
            self._stack[-1].children.append(text)

    def _comment(self, text: str) -> None:
        self._keep(Markup(f"<!--{text}-->"))

    def _instruction(self, target: str, text: str) -> None:
        self._keep(Markup(f"<?{target} {text}?>" if text else f"<?{target}?>"))

    def _keep(self, markup: Markup) -> None:
        if self._stack:
            self._stack[-1].children.append(markup)
        else:
            self._outside[self._root is not None].append(markup)


# --- tree to bytes ------------------------------------------------------------------------------


def serialise(opml: Opml) -> bytes:
    """Write the tree as UTF-8; parsing it again gives the same tree."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines += [markup.source for markup in opml.before]
    lines.append(_element_source(opml.root))
    lines += [markup.source for markup in opml.after]
    return ("\n".join(lines) + "\n").encode()


def _element_source(element: Element) -> str:
    attributes = "".join(f' {name}="{_escaped(value, quoted=True)}"' for name, value in element.attributes)
    if not element.children:
        return f"<{element.tag}{attributes}/>"
    inside = []
    for child in element.children:
        match child:
            case Element():
                inside.append(_element_source(child))
            case Markup():
                inside.append(child.source)
            case _:
                inside.append(_escaped(child, quoted=False))
    return f"<{element.tag}{attributes}>{''.join(inside)}</{element.tag}>"


def _escaped(text: str, *, quoted: bool) -> str:
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    if quoted:  # bare line ends and tabs in an attribute would come back as spaces
        text = text.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return text


# --- outlines and subscriptions -----------------------------------------------------------------


def _feeds(parent: Element, folders: tuple[str, ...] = ()) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Yield every outline that has an xmlUrl, with the names of the outlines around it."""
    for outline in parent.elements("outline"):
        if outline.attribute("xmlurl"):
            yield outline, folders
        name = _name(outline)
        yield from _feeds(outline, (*folders, name) if name else folders)


def _name(outline: Element) -> str:
    return outline.attribute("text", "title")


def _subscription(outline: Element, folders: tuple[str, ...]) -> Subscription:
    url = outline.attribute("xmlurl")
    return Subscription(
        url=url,
        title=_name(outline) or (urlsplit(url).hostname or url),
        site_url=outline.attribute("htmlurl"),
        language=outline.attribute("language", "lang", "xml:lang").lower(),
        folders=folders,
        attributes=outline.attributes,
        line=outline.line,
        paused=_is_paused(outline),
    )


def _is_paused(outline: Element) -> bool:
    return outline.attribute(_PAUSED.lower()).lower() in _YES


def faults(opml: Opml) -> tuple[tuple[int, int, str], ...]:
    """List what keeps outlines from being polled, as (line, column, message), in the file's order."""
    found = []
    seen: dict[str, Element] = {}
    for outline, _ in _feeds(opml.body):
        url = outline.attribute("xmlurl")
        name = _name(outline) or "a feed without a name"
        place = same_place(url)
        why = fault_of(url)
        if why:
            found.append((outline.line, outline.column, f"{name}: its xmlUrl {why}"))
        elif place in seen:
            first = seen[place]
            found.append((outline.line, outline.column, f"{name}: the same feed as on line {first.line}"))
        else:
            seen[place] = outline
    found += [
        (
            outline.line,
            outline.column,
            f"{_name(outline) or 'an outline without a name'}: a feed without xmlUrl",
        )
        for outline in _outlines(opml.body)
        if outline.attribute("type").lower() in _FEED_TYPES and not outline.attribute("xmlurl")
    ]
    return tuple(sorted(found))


def _outlines(parent: Element) -> Iterator[Element]:
    for outline in parent.elements("outline"):
        yield outline
        yield from _outlines(outline)


def write(subscriptions: tuple[Subscription, ...], title: str) -> bytes:
    """Write subscriptions as a new OPML file in their order; reading it gives them back, line numbers apart."""
    head = Element("head", children=("\n    ", Element("title", children=(title,)), "\n  "))
    body = Element("body", children=("\n  ",))
    root = Element("opml", (("version", "2.0"),), ("\n  ", head, "\n  ", body, "\n"))
    for subscription in subscriptions:
        body = _inserted(body, subscription.folders, outline_of(subscription), last_only=True)
    return serialise(Opml(replace(root, children=("\n  ", head, "\n  ", body, "\n"))))


def outline_of(subscription: Subscription) -> Element:
    """Make a feed's outline: its attributes as they stood, unless the record says something newer."""
    outline = Element("outline", subscription.attributes)
    if _is_paused(outline) != subscription.paused:
        outline = _with_attribute(outline, _PAUSED, "true" if subscription.paused else "")
    for names, value in (
        (("type",), outline.attribute("type") or "rss"),
        (("text", "title"), subscription.title),
        (("xmlUrl",), subscription.url),
        (("htmlUrl",), subscription.site_url),
        (("language", "lang", "xml:lang"), subscription.language),
    ):
        lowered = [name.lower() for name in names]
        present = outline.attribute(*lowered)
        implied = bool(subscription.attributes) and not present and names[0] == "text"
        implied = implied and value == (urlsplit(subscription.url).hostname or subscription.url)
        if implied or present == value or (names[0] == "language" and present.lower() == value):
            continue
        kept = [(name, old) for name, old in outline.attributes if name.lower() not in lowered]
        spelled = next((name for name, _ in outline.attributes if name.lower() in lowered), names[0])
        if value:
            position = next(
                (n for n, (name, _) in enumerate(outline.attributes) if name.lower() in lowered), len(kept)
            )
            kept.insert(position, (spelled, value))
        outline = replace(outline, attributes=tuple(kept))
    return outline


def merge(opml: Opml, other: Opml) -> tuple[Opml, int]:
    """Add the feeds of `other` whose address is not in `opml` yet, in their folders; return how many came.

    Nothing that is there is changed, and nothing but feeds and the folders they need is taken over.
    """
    known = {same_place(subscription.url) for subscription in opml.subscriptions()}
    body, added = opml.body, 0
    declared = dict(opml.root.attributes)
    prefixes = tuple(
        (name, value)
        for name, value in other.root.attributes
        if name.startswith("xmlns:") and declared.get(name) != value
    )
    for subscription in other.subscriptions():
        if same_place(subscription.url) not in known:
            outline = Element("outline", _with_prefixes(subscription.attributes, prefixes))
            body = _inserted(body, subscription.folders, outline, last_only=False)
            added += 1
    return _with_body(opml, body), added


def _with_prefixes(attributes: Attributes, declared: Attributes) -> Attributes:
    """Return an outline's attributes with the declarations of the prefixes they use, which stood elsewhere."""
    names = {name for name, _ in attributes}
    used = {name.partition(":")[0] for name in names if ":" in name}
    missing = ((name, value) for name, value in declared if name not in names and name[6:] in used)
    return (*attributes, *missing)


# --- one feed at a time -------------------------------------------------------------------------


def find(opml: Opml, url: str) -> Element | None:
    """Return the outline of the feed at an address, whichever of its spellings is given; None when none is."""
    place = same_place(url)
    return next(
        (one for one, _ in _feeds(opml.body) if place and same_place(one.attribute("xmlurl")) == place), None
    )


def add(opml: Opml, subscription: Subscription) -> Opml:
    """Put a feed at the end of its folder, which is made where it is missing; raise OpmlError.

    An address that nothing could be fetched from, or that is there already in any spelling, is refused.
    """
    _refuse(opml, subscription.url)
    outline = outline_of(subscription)
    return _with_body(opml, _inserted(opml.body, subscription.folders, outline, last_only=False))


def remove(opml: Opml, url: str) -> Opml:
    """Take a feed out; what stands inside its outline stays, as a folder. Raise NotFoundError."""

    def emptied(outline: Element) -> Element | None:
        if not any(isinstance(child, Element) for child in outline.children):
            return None
        kept = (one for one in outline.attributes if one[0].lower() not in {"xmlurl", "htmlurl", "type"})
        return replace(outline, attributes=tuple(kept))

    return _changed(opml, url, emptied)


def readdress(opml: Opml, url: str, new: str) -> Opml:
    """Give a feed another address and leave all else as it is; raise NotFoundError or OpmlError."""
    if same_place(new) != same_place(url):
        _refuse(opml, new)
    return _changed(opml, url, lambda outline: _with_attribute(outline, "xmlUrl", new))


def pause(opml: Opml, url: str, *, paused: bool) -> Opml:
    """Mark a feed as paused, or take the mark off; raise NotFoundError."""

    def marked(outline: Element) -> Element:
        if _is_paused(outline) == paused:
            return outline
        return _with_attribute(outline, _PAUSED, "true" if paused else "")

    return _changed(opml, url, marked)


def _refuse(opml: Opml, url: str) -> None:
    if fault := fault_of(url):
        raise OpmlError(f"the address {shown_url(url)} {fault}")
    if known := find(opml, url):
        name = _name(known) or "a feed without a name"
        raise OpmlError(f"{shown_url(url)} is on the list already: {name}", known.line)


def _changed(opml: Opml, url: str, change: Callable[[Element], Element | None]) -> Opml:
    """Return the list with the feed at an address changed, or taken out where the change is None."""
    place = same_place(url)

    def walked(parent: Element) -> Element:
        children: list[Element | Markup | str] = []
        for child in parent.children:
            if not isinstance(child, Element) or child.tag.lower() != "outline":
                children.append(child)
                continue
            after: Element | None = walked(child)
            if after is not None and same_place(after.attribute("xmlurl")) == place:
                after = change(after)
            if after is not None:
                children.append(after)
            elif children and isinstance(children[-1], str) and not children[-1].strip():
                children.pop()  # the line it stood on
        same = len(children) == len(parent.children) and all(
            a is b for a, b in zip(children, parent.children, strict=True)
        )
        return parent if same else replace(parent, children=tuple(children))

    if not place or find(opml, url) is None:
        raise NotFoundError(f"no feed on the list has the address {shown_url(url)}")
    return _with_body(opml, walked(opml.body))


def _with_attribute(element: Element, name: str, value: str) -> Element:
    """Return the element with an attribute set in its place, or without it when the value is empty."""
    attributes = [
        (old, value if old.lower() == name.lower() else text)
        for old, text in element.attributes
        if value or old.lower() != name.lower()
    ]
    if value and all(old.lower() != name.lower() for old, _ in attributes):
        attributes.append((name, value))
    return replace(element, attributes=tuple(attributes))


def _with_body(opml: Opml, body: Element) -> Opml:
    children = tuple(body if child is opml.body else child for child in opml.root.children)
    return replace(opml, root=replace(opml.root, children=children))


def _inserted(
    parent: Element, folders: tuple[str, ...], outline: Element, *, last_only: bool, depth: int = 1
) -> Element:
    """Return the parent with the outline at the end of the named folder, which is made where it is missing.

    last_only: only a folder that stands last is added to, so that the order of feeds is kept.
    """
    if not folders:
        return _appended(parent, outline, depth)
    same = [child for child in parent.elements("outline") if _name(child) == folders[0]]
    present = [child for child in same if not child.attribute("xmlurl")]
    last = next((child for child in reversed(parent.children) if isinstance(child, Element)), None)
    if last_only:
        present = [child for child in present if child is last]
    if not present:
        folder = Element("outline", (("text", folders[0]),))
        made = _inserted(folder, folders[1:], outline, last_only=last_only, depth=depth + 1)
        return _appended(parent, made, depth)
    folder = present[-1]
    filled = _inserted(folder, folders[1:], outline, last_only=last_only, depth=depth + 1)
    return replace(parent, children=tuple(filled if child is folder else child for child in parent.children))


def _appended(parent: Element, child: Element, depth: int) -> Element:
    """Return the parent with one more child, on a line of its own where the file has lines."""
    children = parent.children
    closing = f"\n{'  ' * depth}"
    if children and isinstance(children[-1], str) and not children[-1].strip():
        closing, children = children[-1], children[:-1]
    lead = next((text for text in children if isinstance(text, str) and not text.strip()), f"{closing}  ")
    return replace(parent, children=(*children, lead, child, closing))
