"""Label Studio: what its exports hold, and what it is given."""
