"""The command line: the same code as the app. One file a command; `main.py` puts them together.

`options.py` holds what several commands take, `progress.py` the bar on a terminal. Imports every room; none imports it.
"""
