"""What the server keeps for all sessions: nothing is computed again while it is unchanged.

One module for each thing that is computed: what is `stored`, one run `scored`, its `findings` and `examples`,
`comparisons` of runs, `decisions`, and a person's `own_data`. `once` keeps whatever else is made of a run.
"""
