"""`python -m strife.cli`."""

from strife.cli import main

main()
