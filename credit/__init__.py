"""The domain: contracts, records, features, splits, figures, scores and their reasons."""

import os

# polars has its allocator give memory back after half a second, and each slice of a file then takes it anew: a quarter
# of ingestion's cost. This is the allocator's own default, read when polars is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000")
