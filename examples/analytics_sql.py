"""Questions over a SQLite file, answered by queries that run: `python examples/analytics_sql.py`.

The database is the demo shop of `examples/data/shop.sql`. The catalog is read from the file itself,
so a query can name only what is there; it is run on a connection that cannot write.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing, nullcontext
from pathlib import Path

from blockform.client import Client, Sql
from blockform.launch import launched

SHOP = Path(__file__).parent / "data" / "shop.sql"
QUESTIONS = (
    "How many open orders are there?",
    "Which products cost more than 200?",
    "What is the average price of products per category?",
    "Which orders belong to customers from Germany?",
)


def make_shop(path: Path) -> None:
    """Writes the demo shop: customers, products, orders and their items."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(SHOP.read_text(encoding="utf-8"))


def main() -> None:
    """Asks, shows each query, runs it, prints its rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="*", default=QUESTIONS)
    parser.add_argument("--server", help="host:port; without it a server of one's own")
    arguments = parser.parse_args()
    own = nullcontext(arguments.server) if arguments.server else launched()
    with tempfile.TemporaryDirectory() as folder, own as address, Client(address) as client:
        file = Path(folder) / "shop.db"
        make_shop(file)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT sql FROM sqlite_schema WHERE type = 'table'")
            catalog = ";\n".join(sql for (sql,) in tables)
            for question in arguments.questions:
                answer = client.generate(question, sql=Sql("sqlite", catalog), timeout=300)
                print(f"{question}\n  {answer.text}")
                for row in database.execute(answer.text):
                    print("  ", *row)


if __name__ == "__main__":
    main()
