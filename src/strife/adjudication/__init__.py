"""Adjudication: independent annotations of one text become gold, and every decision on the way is kept.

Read in this order: `facts` (when two annotators say the same), `questions` (where they do not), `settle` (what becomes
gold), `notation` and `log` (the table of decisions), `amend` (what a curator changed), `run` (files in, gold out).
"""
