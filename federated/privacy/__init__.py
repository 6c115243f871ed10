"""What keeps a bank's figures from the coordinator: masked sums and noise."""
