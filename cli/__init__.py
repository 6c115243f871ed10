"""The command line. A command is declared beside its work; what it needs is loaded when it runs."""
