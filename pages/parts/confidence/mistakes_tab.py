"""Wrong answers that are worth reading: the surest ones, since the label itself may be wrong, and the nearest misses."""

from __future__ import annotations
