"""Archives: predictions over collections of any length, in parts."""
