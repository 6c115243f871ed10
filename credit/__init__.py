"""The domain: contracts, records, features, splits, figures, scores and their reasons."""

import os

# polars has its allocator give memory back after half a second, large pieces at once, and each slice of a file then
# takes it anew: a quarter of ingestion's cost. The time is the allocator's own default; one arena, because a thread
# can't take what another has freed in its own. Read when polars is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,oversize_threshold:0,narenas:1")
