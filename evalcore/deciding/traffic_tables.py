"""The tables that a person gives for their traffic: shares or counts of labels, and counts of predicted labels."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalcore.deciding.typed_rows import TypedRow, columns_of, label_code, read_rows, refuse
from evalcore.errors import DataError, quoted
from evalcore.metrics import Floats
from evalcore.wording import figure, percent

MIX, PREDICTED = "the label mix", "the predicted labels"
"""What the tables are called in messages."""
UNPARSED_NAME = "unparsed"
"""In the place of a label, unless a label has this name: a completion that names none."""
_TOLERANCE = 0.005
"""By so much shares may miss 1, for each of them is rounded; they are then scaled without a word."""
_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?")
"""Not all that `float` takes, such as `1_000`."""
_LINE = re.compile(r"(?P<label>.*?\S)[\s,;]+(?P<value>[0-9]+(?:[.,][0-9]+)?\s*%?)")


@dataclass(frozen=True)
class TypedMix:
    """A mix that a person gave.

    Attributes:
        shares: shape (n_labels,), adds up to 1.
        missing: labels that the table does not name; their share is 0.
        scaled_from: what the shares added up to, if they were scaled because that was asked for; else None.
    """

    shares: Floats
    missing: tuple[str, ...]
    scaled_from: float | None = None


def read_mix(text: str, labels: Sequence[str], *, scale: bool) -> TypedMix:
    """The shares of a table.

    Args:
        text: with the columns `label` and `share` (0.3 or 30 %), or `label` and `count`; or lines such as `label 12`
            without column names, if each of them begins with a label.
        scale: whether shares that do not add up to 1 are scaled.

    Raises:
        DataError: naming each row that is wrong; or what the shares add up to.
    """
    kind, rows = _rows_of_mix(text, labels)
    codes = {label: code for code, label in enumerate(labels)}
    values = np.zeros(len(labels))
    seen: dict[int, int] = {}
    problems = []
    for row in rows:
        code = label_code(row["label"], codes)
        value = _number(row[kind], share=kind == "share")
        if code is None:
            problems.append(f"line {row.line} names {quoted(row['label'])}, which is no label of the task")
        elif code in seen:
            problems.append(f"line {row.line} names {quoted(row['label'])} again, after line {seen[code]}")
        elif isinstance(value, str):
            problems.append(f"line {row.line} ({quoted(row['label'])}): {value}")
        else:
            values[code] = value
        if code is not None:
            seen.setdefault(code, row.line)
    refuse(problems, MIX)
    missing = tuple(label for code, label in enumerate(labels) if code not in seen)
    total = float(values.sum())
    if not total > 0:
        nothing = "no row has a label" if not rows else f"all {kind}s are 0"
        raise DataError(f"{nothing}.", where=MIX, do="Give at least one label some of the traffic.")
    apart = abs(total - 1) > _TOLERANCE
    if kind == "share" and apart and not scale:
        raise DataError(
            f"the shares add up to {percent(total)}, {figure(100 * abs(total - 1), 1)} points"
            f" {'above' if total > 1 else 'below'} 100 %.",
            where=MIX,
            do="Mend them, or have them scaled to 100 %.",
        )
    return TypedMix(values / total, missing, total if kind == "share" and apart else None)


def read_predicted(text: str, labels: Sequence[str]) -> Floats:
    """How often each label was predicted.

    Args:
        text: with the columns `label` and `count`, or with a column `predicted` that has one row for each text. An
            empty label, or `unparsed` unless that is a label, is an answer that names none.

    Returns:
        Shape (n_labels + 1,); the last is unparsed.

    Raises:
        DataError: naming each row that is wrong.
    """
    codes = {label: code for code, label in enumerate(labels)}
    codes.setdefault(UNPARSED_NAME, len(labels))
    codes.setdefault("", len(labels))
    counts = np.zeros(len(labels) + 1)
    problems = []
    if "predicted" in columns_of(text):
        named = Counter(row["predicted"] for row in read_rows(text, ["predicted"], PREDICTED))
        for name, often in named.items():
            code = label_code(name, codes)
            if code is None:
                problems.append(f"{quoted(name)} is no label of the task ({often:,} times)")
            else:
                counts[code] += often
    else:
        for row in read_rows(text, ["label", "count"], PREDICTED):
            code, value = label_code(row["label"], codes), _number(row["count"], share=False)
            if code is None:
                problems.append(f"line {row.line} names {quoted(row['label'])}, which is no label of the task")
            elif isinstance(value, str):
                problems.append(f"line {row.line} ({quoted(row['label'])}): {value}")
            else:
                counts[code] += value
    refuse(problems, PREDICTED)
    if not counts.sum() > 0:
        raise DataError("all counts are 0.", where=PREDICTED, do="Give the predictions of at least one text.")
    return counts


def _rows_of_mix(text: str, labels: Sequence[str]) -> tuple[str, list[TypedRow]]:
    """The column that has the numbers, and the rows."""
    columns = columns_of(text)
    if "label" in columns and ("share" in columns or "count" in columns):
        kind = "share" if "share" in columns else "count"
        return kind, read_rows(text, ["label", kind], MIX)
    codes = {label: code for code, label in enumerate(labels)}
    rows = []
    for line, written in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(written.strip())
        if found and label_code(found["label"], codes) is not None:
            rows.append(TypedRow(line, {"label": found["label"], "share": found["value"], "count": found["value"]}))
        elif written.strip():
            return "share", read_rows(text, ["label", "share"], MIX)  # says what its first line must be
    shares = any("%" in row["share"] or re.search("[.,]", row["share"]) for row in rows)
    return ("share" if shares else "count"), rows


def _number(written: str, *, share: bool) -> float | str:
    """A number of 0 or more; or, as a part of a sentence, why it is none."""
    name = "share" if share else "count"
    in_percent = share and written.endswith("%")
    plain = written.removesuffix("%").strip() if in_percent else written
    if share and plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")  # of a count it could as well separate thousands
    if not _NUMBER.fullmatch(plain) or not np.isfinite(float(plain)):
        return f"the {name} {quoted(written)} is no number"
    value = float(plain) / (100 if in_percent else 1)
    if value < 0:
        return f"the {name} {written} is negative"
    if share and value > 1:
        return f"the share {written} is more than 1; write 0.3 or 30 %"
    return value


def counts_table(labels: Sequence[str], counts: Sequence[int], unparsed: int = 0) -> str:
    """Counts of labels as a table that `read_mix` and `read_predicted` read.

    Args:
        unparsed: of predictions, those that name no label.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["label", "count"])
    writer.writerows(zip(labels, counts, strict=True))
    if unparsed:
        writer.writerow([UNPARSED_NAME if UNPARSED_NAME not in labels else "", unparsed])
    return stream.getvalue()
