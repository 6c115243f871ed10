"""The federation: learners inside banks, strategies at the coordinator, engines that carry messages."""

import os

# flwr reads these once, at its first import: its own coloured log and its telemetry stay off.
os.environ.setdefault("FLWR_LOG_LEVEL", "ERROR")
os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
