// What several tests use.
import assert from 'node:assert/strict'

export const PLAYBOOK = `[playbook]
name = "shop"
version = "1"
[customer]
plan = { type = "category", values = ["free", "pro"] }
paying = { type = "bool", default = false }
[events.login]
[features]
logins_30d = 'count(login, "30d")'
spend_90d = 'sum(purchase.amount, "90d")'
mean_spend = 'mean(purchase.amount, "90d")'
plan = 'customer.plan'
paying = 'customer.paying'
last_seen = 'last(login)'
[events.purchase]
amount = { type = "number", required = true, min = 0 }
[churn]
label = 'count(login, horizon) == 0'
horizon = "30d"
[health]
bands = { critical = 0, at_risk = 40, healthy = 70 }
[health.factors.engagement]
weight = 1
score = 'curve(logins_30d, 0, 0, 4, 100)'
[lifecycle]
active = 'logins_30d > 0.0'
dormant = 'true'
[segments]
spenders = 'spend_90d > 10.0'
[[campaigns]]
name = "hello"
on = 'login'
cooldown = "7d"
[[campaigns.actions]]
name = "mail"
channel = "email"
`

/** The error of this code that `call` throws. */
export function throws(code, call) {
  try {
    call()
  } catch (error) {
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail(`nothing was thrown; expected ${code}`)
}

/** The error of this code that the promise is rejected with. */
export async function rejects(code, promise) {
  const error = await promise.then(() => assert.fail(`not rejected; expected ${code}`), (error) => error)
  assert.equal(error.code, code, error.message)
  return error
}

/** Values as NDJSON. */
export const ndjson = (rows) => Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'))

/** The values of NDJSON. */
export const lines = (bytes) => bytes.toString().trimEnd().split('\n').map((line) => JSON.parse(line))
