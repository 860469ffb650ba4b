"""Who may run on a node: in order of weight and age, within quotas, budget shares and the room for orders. Pure."""
