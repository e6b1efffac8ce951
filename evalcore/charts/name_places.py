"""Names beside the marks of a chart, none of them over another one or over a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two have any area in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def contains(self, other: Box) -> bool:
        """Whether the other lies within it."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Place:
    """How a name lies beside its mark: the end of it that is at the mark, and how far it is from the mark's centre."""

    align: Literal["left", "center", "right"]
    dx: float
    dy: float


def places_of(
    marks: Sequence[tuple[float, float]],
    lengths: Sequence[float],
    height: float,
    radius: float,
    within: Box,
    others: Sequence[Box] = (),
) -> list[Place | None]:
    """A place for each name; None where each place is taken. The first ones are placed first.

    Args:
        marks: centre of each in pixels, across and down.
        lengths: of the names; `height`: of each of them; `radius`: of the marks.
        within: where names may be.
        others: what else names lie over only where there is no other place.
    """
    gap, off = radius + 3, radius + height / 2 + 1
    ways = (
        Place("left", gap, 0),
        Place("right", -gap, 0),
        Place("center", 0, -off),
        Place("center", 0, off),
        Place("left", gap / 2, -off),
        Place("left", gap / 2, off),
        Place("right", -gap / 2, -off),
        Place("right", -gap / 2, off),
    )
    taken = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in marks]
    found: list[Place | None] = []
    for (x, y), length in zip(marks, lengths, strict=True):
        boxes = {way: _box(x, y, length, height, way) for way in ways}
        free = [
            way for way, box in boxes.items() if within.contains(box) and not any(box.overlaps(one) for one in taken)
        ]
        clear = [way for way in free if not any(boxes[way].overlaps(one) for one in others)]
        place = next(iter([*clear, *free]), None)
        found.append(place)
        if place is not None:
            taken.append(boxes[place])
    return found


def _box(x: float, y: float, length: float, height: float, way: Place) -> Box:
    before = {"left": 0.0, "center": length / 2, "right": length}[way.align]
    left, middle = x + way.dx - before, y + way.dy
    return Box(left, middle - height / 2, left + length, middle + height / 2)
