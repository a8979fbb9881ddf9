"""Writes a file of transactions as Parquet, as DuckDB does by itself: FILE OUT."""
import sys

import duckdb

file, out = sys.argv[1:]
types = {c: "VARCHAR" for c in "transaction_id customer_id product_id store_id channel quantity unit_price discount amount currency transaction_date transaction_ts email region payment_method".split()}
types.update(quantity="INTEGER", unit_price="DECIMAL(14,2)", discount="DECIMAL(14,2)", amount="DECIMAL(14,2)")
rows = f"""read_csv('{file}', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {types})"""
duckdb.execute("SET enable_progress_bar = false")
duckdb.execute(f"COPY (FROM {rows}) TO '{out}' (FORMAT parquet)")
