"""The page Data: files that are brought in, looked at, and run or scored."""
