"""The command line: the same code as the app, one file a command."""
