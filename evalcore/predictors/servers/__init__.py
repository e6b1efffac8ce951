"""Models on servers: the address, what is asked and how it is read, how fast and how often, who is sent the key.

`server.py` is the kind of model. `asking.py` sends its requests at the pace of `pace.py`, one by one with `http.py`;
`reply.py` reads an answer, `dialects.py` holds a server to the labels, `label_scores.py` has it tell how probable each
is.
"""
