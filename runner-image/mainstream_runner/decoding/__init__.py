"""Which frames of a stream are decoded: its modes, what each costs, and changes between them without a gap."""
