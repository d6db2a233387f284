"""Other formats: documents in and out, and what each cannot hold, item by item."""
