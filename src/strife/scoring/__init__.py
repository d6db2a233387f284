"""Scoring: metrics, and scores that never stand without their signature."""
