"""Makes `python -m blockform.cli` the same as `blockform`."""

from blockform.cli import main

if __name__ == "__main__":
    main()
