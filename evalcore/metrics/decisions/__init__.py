"""Numbers behind decisions: selective prediction, costs, another mix of labels, another list of labels."""
