"""The company that the tests work with."""

import functools

import stayput

PLAYBOOK = """
[playbook]
name = "acme"
version = "1"

[customer]
plan      = { type = "category", values = ["free", "pro", "enterprise"] }
mrr       = { type = "number", min = 0 }
signed_up = { type = "timestamp" }
email_ok  = { type = "bool", default = false }

[events.login]
[events.purchase]
amount = { type = "number", required = true }
[events.ticket_opened]
severity = { type = "category", values = ["low", "high"] }

[features]
tenure_days  = 'days_since(customer.signed_up)'
logins_30d   = 'count(login, "30d")'
days_quiet   = 'days_since(last(login))'
spend_90d    = 'sum(purchase.amount, "90d")'
high_tickets = 'count(ticket_opened, "30d", ticket_opened.severity == "high")'
plan         = 'customer.plan'
email_ok     = 'customer.email_ok'
signed_up    = 'customer.signed_up'

[churn]
label   = 'count(login, horizon) == 0'
horizon = "30d"
"""

AS_OF = ["2026-06-01", "2026-09-01"]


@functools.cache
def playbook():
    return stayput.Playbook.parse(PLAYBOOK)


@functools.cache
def company():
    return stayput.simulate(customers=200, days=365, seed=7)
