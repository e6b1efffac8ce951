"""A task with its labels and examples, the samples of it that runs use, and their prompts.

Data files are read here and nowhere else. Imports the ground floor only.
"""

from evalcore.tasks.changed_task import changed_task
from evalcore.tasks.columns import LABEL_COLUMNS, TEXT_COLUMNS, guess_column
from evalcore.tasks.data_file import (
    DataFile,
    LabelList,
    data_in_memory,
    open_data_file,
    parse_lines,
    parse_table,
    read_label_list,
    read_table,
    typed_path,
)
from evalcore.tasks.hub_name import is_hub
from evalcore.tasks.label_merge import DROPPED, LIST_CHANGED, LabelMerge, parse_merge
from evalcore.tasks.load import load_task, read_texts, shown_name, task_files
from evalcore.tasks.prompt import (
    BUILT_IN,
    DESCRIPTIONS,
    NO_PROMPT,
    Message,
    Messages,
    Prompt,
    Renderer,
    built_in,
    custom_prompt,
)
from evalcore.tasks.sample import SAMPLES, Sample, draw_sample, fingerprint
from evalcore.tasks.task import Example, Task, TaskSource, in_usual_order, make_task
from evalcore.tasks.uploaded import Upload, is_upload

__all__ = [
    "BUILT_IN",
    "DESCRIPTIONS",
    "DROPPED",
    "LABEL_COLUMNS",
    "LIST_CHANGED",
    "NO_PROMPT",
    "SAMPLES",
    "TEXT_COLUMNS",
    "DataFile",
    "Example",
    "LabelList",
    "LabelMerge",
    "Message",
    "Messages",
    "Prompt",
    "Renderer",
    "Sample",
    "Task",
    "TaskSource",
    "Upload",
    "built_in",
    "changed_task",
    "custom_prompt",
    "data_in_memory",
    "draw_sample",
    "fingerprint",
    "guess_column",
    "in_usual_order",
    "is_hub",
    "is_upload",
    "load_task",
    "make_task",
    "open_data_file",
    "parse_lines",
    "parse_merge",
    "parse_table",
    "read_label_list",
    "read_table",
    "read_texts",
    "shown_name",
    "task_files",
    "typed_path",
]
