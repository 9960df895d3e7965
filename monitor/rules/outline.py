"""Read a region pack's map.json: land and borders to draw places on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from monitor.errors import Fault
from monitor.models import MapOutline

_LARGEST = 1_000_000  # bytes: the outline stands in every digest
_Point = tuple[float, float]


def read_outline(file: Path, faults: list[Fault]) -> MapOutline | None:
    """Return the outline of a pack; None where it has none, or one that is at fault."""
    if not file.exists():
        return None
    place, what = (1, 1), ""
    try:
        if file.stat().st_size <= _LARGEST:
            return _outline(json.loads(file.read_bytes()))
        what = f"larger than {_LARGEST:,} bytes, and it stands in every digest"
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except json.JSONDecodeError as error:
        place, what = (error.lineno, error.colno), f"not JSON: {error.msg}"
    except (KeyError, TypeError, ValueError, RecursionError):
        what = (
            "not a map: it has credit, west, south, east and north in degrees, and land with rings of"
            " [longitude, latitude] by country"
        )
    faults.append(Fault(str(file), *place, what))
    return None


def _outline(written: Any) -> MapOutline:
    west, south, east, north = (float(written[edge]) for edge in ("west", "south", "east", "north"))
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise ValueError
    land = tuple(
        (str(country), tuple(tuple(map(_point, ring)) for ring in rings))
        for country, rings in written["land"].items()
    )
    return MapOutline(west, south, east, north, land, str(written["credit"]))


def _point(written: Any) -> _Point:
    longitude, latitude = written
    return float(longitude), float(latitude)
