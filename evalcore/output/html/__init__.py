"""A run, a comparison or a sweep as one self-contained HTML file: it opens offline, and no request leaves it.

One module for each kind of report chooses what is shown and puts it into words with the functions that the pages use;
`templates/` holds the markup, the style and the script. `page.py` puts them together: data is escaped, and the file's
content security policy lets nothing run but the scripts that it names by their hash.
"""

from evalcore.output.html.comparison import comparison_report
from evalcore.output.html.run import run_report
from evalcore.output.html.sweep import sweep_report
from evalcore.output.html.texts import TEXTS, Texts

__all__ = ["TEXTS", "Texts", "comparison_report", "run_report", "sweep_report"]
