"""What a session looks at on the Try it page."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalcore.running.live import LiveAnswer
from evalcore.tasks import TaskSource


@dataclass(frozen=True)
class Tried:
    """What is asked on the Try it page.

    Attributes:
        text: the text.
        model, prompt: who is asked, and how; empty for the model and the prompt of the run that the page is about.
        beside_model, beside_prompt: who is asked the same, and how; what is empty is as above, and both for nobody.
        label: the true label of a text that was taken from the run and stands as it did there; otherwise empty.
    """

    text: str = ""
    model: str = ""
    prompt: str = ""
    beside_model: str = ""
    beside_prompt: str = ""
    label: str = ""


@dataclass
class TryView:
    """What the Try it page shows, and what was answered on it.

    Attributes:
        tried: what is asked.
        about: id of the run that the page was last about; None if there was none.
        confirmed: whether it is to be answered. A link that names a model which might have to be fetched waits until
            somebody presses “Ask”.
        agreed: the task and the model of everything that was asked here.
        answers: the answers of this session, by what was asked for.
        jobs: the number of the job of everything that is at work.
        problems: why something was not answered, a sentence.
        history: what was asked and answered, the newest last: the id of the run it was about, what was asked, and the
            key of its answer.
        noted: how often something was added to it.
    """

    tried: Tried = field(default_factory=Tried)
    about: str | None = None
    confirmed: bool = True
    agreed: set[tuple[TaskSource, str]] = field(default_factory=set)
    answers: dict[str, LiveAnswer] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    history: list[tuple[str | None, Tried, str]] = field(default_factory=list)
    noted: int = 0
