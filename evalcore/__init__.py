"""Blindspot's engine: predict labels with a language model, keep every completion, score truthfully.

Importing the package is cheap: nothing here imports torch, transformers or datasets until a model or a hub
data set is really loaded.
"""

__version__ = "0.1.0"
