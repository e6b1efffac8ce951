"""How will it do on other traffic? The scores under another mix of labels, typed or estimated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrafficAsked:
    """What is asked.

    Attributes:
        mix: CSV with the columns `label` and `share`, or `label` and `count`; empty for the mix of the sample.
        predicted_counts: CSV with the columns `label` and `count`: how often each label was predicted for texts whose
            labels nobody knows, from which the mix is estimated; empty for none.
    """

    mix: str = ""
    predicted_counts: str = ""
