"""Runs the fifteen checks in DuckDB: FILE NOW THREADS stock|tuned.

stock states them as one would; tuned reads numbers as doubles and replaces
regular expressions by cheaper comparisons. Both count keys exactly. The clock starts when the module is loaded.
"""
import datetime
import json
import sys
import time

import duckdb

file, now, threads, mode = sys.argv[1], datetime.date.fromisoformat(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
began = time.perf_counter()
number = "DOUBLE" if mode == "tuned" else "DECIMAL(14,2)"
types = {c: "VARCHAR" for c in "transaction_id customer_id product_id store_id channel quantity unit_price discount amount currency transaction_date transaction_ts email region payment_method".split()}
types.update(quantity="INTEGER", unit_price=number, discount=number, amount=number)
if mode == "tuned":
    code = "length(customer_id) = 7 AND customer_id BETWEEN 'C000000' AND 'C999999'"
    email = "email LIKE '_%@_%._%' AND NOT contains(email, ' ')"
    balanced = "abs(amount - (quantity * unit_price - discount)) <= 0.0101"
else:
    code = "regexp_full_match(customer_id, 'C[0-9]{6}')"
    email = r"regexp_full_match(email, '[^@\s]+@[^@\s]+\.[^@\s]+')"
    balanced = "abs(amount - round(quantity * unit_price - discount, 2)) <= 0.01"
rows = f"""read_csv('{file}', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {types})"""
if file.endswith(".parquet"):
    rows = f"read_parquet('{file}')"
db = duckdb.connect()
db.execute(f"SET threads = {threads}")
db.execute("SET preserve_insertion_order = false")
db.execute("SET enable_progress_bar = false")  # it would print into the results
row = db.execute(f"""
    SELECT count(*) AS rows,
        count(*) - count(nullif(customer_id, '')) AS customer_null,
        count(*) - count(nullif(transaction_date, '')) AS date_null,
        count(*) - count(amount) AS amount_null,
        count(transaction_id) - count(DISTINCT transaction_id) AS key_repeats,
        approx_count_distinct(nullif(customer_id, '')) AS customers,
        count(*) - count(*) FILTER (unit_price BETWEEN 0.01 AND 10000) AS price_out,
        count(*) - count(*) FILTER ({balanced}) AS arithmetic_off,
        count(nullif(transaction_date, '')) - count(try_cast(transaction_date AS DATE)) AS date_bad,
        max(try_cast(transaction_date AS DATE)) AS newest,
        count(nullif(customer_id, '')) - count(*) FILTER ({code}) AS customer_bad,
        count(*) - count(*) FILTER ({email}) AS email_bad,
        count(*) - count(*) FILTER (channel IN ('store', 'web', 'mobile', 'marketplace')) AS channel_bad,
        sum(amount) AS sum, avg(amount) AS mean, stddev_pop(amount::DOUBLE) AS deviation,
        approx_quantile(amount::DOUBLE, [0.5, 0.95, 0.99]) AS quantiles,
        histogram(region) AS regions
    FROM {rows}
""").fetchone()
seconds = time.perf_counter() - began
figures = dict(zip((c[0] for c in db.description), row))
figures["p50"], figures["p95"], figures["p99"] = figures.pop("quantiles")
regions = figures.pop("regions")
figures.update({f"region {name}": n for name, n in regions.items()})
figures["fresh"] = (now - figures.pop("newest")).days * 24 * 60
print(json.dumps({"seconds": seconds, "figures": {k: float(v) for k, v in figures.items()}}))
