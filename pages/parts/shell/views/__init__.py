"""What a session keeps of each page: plain dataclasses, gathered by `pages.parts.shell.session`. Nothing is drawn here.

One module a page, and what pages have in common: an opened example, a picked cell, a figure.
"""
