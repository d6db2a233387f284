"""Ingest: raw texts, web pages and JSON Lines to documents with zones, date and source."""
