"""What do mistakes cost? Labels that lead to the same action, the cost of each confusion, and the cheapest answers."""
