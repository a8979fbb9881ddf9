"""Answers queries over one CSV with DuckDB, for differential_test.go.

Reads from standard input a JSON object with the CSV's path, the columns with
their DuckDB types, and the queries; writes the answers as a JSON list, in which a
query that fails is an object with its error."""
import json
import sys

import duckdb

job = json.load(sys.stdin)
db = duckdb.connect()
columns = ", ".join(f'TRY_CAST("{name}" AS {kind}) AS "{name}"' for name, kind in job["columns"])
texts = {name: "VARCHAR" for name, _ in job["columns"]}
db.execute(f"CREATE TABLE texts AS SELECT * FROM read_csv(?, columns={texts}, auto_detect=false, delim=',', quote='\"', header=true, nullstr='', allow_quoted_nulls=false)", [job["file"]])
db.execute(f"CREATE TABLE t AS SELECT {columns} FROM texts")
answers = []
for query in job["queries"]:
    try:
        value = db.execute(query).fetchone()
        value = None if value is None else value[0]
        answers.append(None if value is None else float(value))
    except Exception as error:
        answers.append({"error": str(error).split("\n")[0]})
json.dump(answers, sys.stdout)
