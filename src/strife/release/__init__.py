"""Releases: what a version of the corpus holds, how it differs from another, and how it reaches its users."""
