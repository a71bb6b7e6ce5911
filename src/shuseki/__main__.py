"""``python -m shuseki``: the command line."""

from shuseki.cli import main

if __name__ == "__main__":
    main()
