"""What carries messages between coordinator and banks."""
