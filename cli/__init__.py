"""The command line. Each command's work sits in a module of its own, loaded when the command runs."""
