"""Runs the fifteen checks in Polars' streaming engine: FILE NOW.

POLARS_MAX_THREADS says how many threads it has. The clock starts when the module is loaded.
"""
import datetime
import json
import sys
import time

import polars as pl

began = time.perf_counter()
schema = {c: pl.String for c in "transaction_id customer_id product_id store_id channel quantity unit_price discount amount currency transaction_date transaction_ts email region payment_method".split()}
schema.update(quantity=pl.Int64, unit_price=pl.Float64, discount=pl.Float64, amount=pl.Float64)
rows = pl.scan_csv(sys.argv[1], schema=schema)
customer, key, amount = pl.col("customer_id"), pl.col("transaction_id"), pl.col("amount")
date, day = pl.col("transaction_date"), pl.col("transaction_date").str.to_date("%Y-%m-%d", strict=False)
email, channel = pl.col("email"), pl.col("channel")
due = (pl.col("quantity") * pl.col("unit_price") - pl.col("discount")).round(2)
has_customer, has_date = customer.fill_null("") != "", date.fill_null("") != ""
whole = rows.select(
    rows=pl.len(),
    customer_null=(~has_customer).sum(),
    date_null=(~has_date).sum(),
    amount_null=amount.null_count(),
    key_repeats=key.count() - key.n_unique(),
    customers=customer.approx_n_unique(),
    price_out=pl.len() - pl.col("unit_price").is_between(0.01, 10000).sum(),
    arithmetic_off=pl.len() - ((amount - due).abs() <= 0.0101).sum(),
    date_bad=has_date.sum() - day.count(),
    newest=day.max(),
    customer_bad=has_customer.sum() - customer.str.contains(r"^C[0-9]{6}$").sum(),
    email_bad=pl.len() - email.str.contains(r"^[^@\s]+@[^@\s]+\.[^@\s]+$").sum(),
    channel_bad=pl.len() - channel.is_in(["store", "web", "mobile", "marketplace"]).sum(),
    sum=amount.sum(),
    mean=amount.mean(),
    deviation=amount.std(ddof=0),
    p50=amount.quantile(0.5),
    p95=amount.quantile(0.95),
    p99=amount.quantile(0.99),
)
regions = rows.group_by("region").agg(pl.len())
figures, regions = pl.collect_all([whole, regions], engine="streaming")
seconds = time.perf_counter() - began
figures = figures.to_dicts()[0]
figures["fresh"] = (datetime.date.fromisoformat(sys.argv[2]) - figures.pop("newest")).days * 24 * 60
figures.update({f"region {name}": n for name, n in regions.iter_rows()})
print(json.dumps({"seconds": seconds, "figures": {k: float(v) for k, v in figures.items()}}))
