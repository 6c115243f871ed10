"""Takes the turn in FEDCREDIT_HOME as a run of its own process, and keeps it until its standard input ends."""

import sys

from credit.home import Home
from pipelines.turn import turn

with turn(Home(), sys.argv[1], lambda told: print(told, flush=True)):
    print("begins", flush=True)
    sys.stdin.read()
