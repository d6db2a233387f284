"""Incident records: what a document says of each incident, derived from its annotation alone (docs/incidents.md)."""
