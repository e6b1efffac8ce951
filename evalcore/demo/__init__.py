"""The bundled demo: a hand-written intent data set and two tiny checkpoints trained on it from scratch."""
