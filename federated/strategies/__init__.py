"""How the coordinator joins the banks' answers into one model."""

STRATEGIES = ("fedavg", "leaf_refit", "histogram")
