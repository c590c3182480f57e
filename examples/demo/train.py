"""Simulates a company, trains on its past, saves `out/acme.stayput`, and scores it here."""

import json
import struct
from pathlib import Path

import pyarrow
import stayput

CUSTOMERS, DAYS, SEED = 2_000, 365, 7
PAST = [f"2026-{month:02}-01" for month in range(3, 10)]
RECENT = "2026-11-01"
AS_OF = "2026-12-01"
OUT = Path("out")


def bits(x: float) -> str:
    """The 64 bits of a double, in hexadecimal."""
    return struct.pack(">d", x).hex()


OUT.mkdir(exist_ok=True)
company = stayput.simulate(customers=CUSTOMERS, days=DAYS, seed=SEED, start="2026-01-01")
playbook = stayput.Playbook.load("examples/acme/playbook.toml")
print(f"{len(company.events):,} events of {CUSTOMERS:,} simulated customers")

past = playbook.training_set(company.events, company.customers, as_of=PAST)
recent = playbook.training_set(company.events, company.customers, as_of=RECENT)
model = stayput.train(past, algorithm="gbm")
print(f"trained on {len(past):,} rows; on the {len(recent):,} of {RECENT}:")
print(model.evaluate(recent))

bundle = stayput.Bundle(playbook, model)
bundle.save(OUT / "acme.stayput")

# Scored here, for the comparison at the end.
engine = stayput.Engine(bundle)
engine.ingest(company.events, company.customers)
here = {score.customer_id: bits(score.churn.probability) for score in engine.score_all(as_of=AS_OF)}
(OUT / "python.json").write_text(json.dumps({"as_of": AS_OF, "bits": here}))

# For the other hosts: NDJSON for the backend, CSV for the dashboard.
for name, table in [("events", company.events), ("customers", company.customers)]:
    table.to_pandas().to_csv(OUT / f"{name}.csv", index=False)
    with open(OUT / f"{name}.ndjson", "w") as file:
        for row in pyarrow.table(table).to_pylist():
            known = {key: value for key, value in row.items() if value is not None}
            file.write(json.dumps(known, default=lambda at: at.isoformat()) + "\n")
