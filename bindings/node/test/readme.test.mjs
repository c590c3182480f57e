// The README's backend quickstart does what it says, as it is written there.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Playbook, simulate, train } from 'stayput'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'stayput-readme-'))
after(() => rmSync(folder, { recursive: true }))

test('the quickstart scores a customer and decides', async () => {
  const playbook = Playbook.load(join(repository, 'examples/acme/playbook.toml'))
  const company = await simulate({ customers: 300, days: 200, seed: 7, start: '2026-01-01' })
  const asOf = ['2026-04-01', '2026-05-01', '2026-06-01']
  const set = await playbook.trainingSet(company.events, company.customers, { asOf })
  new Bundle(playbook, await train(set, { algorithm: 'logistic' })).save(join(folder, 'acme.stayput'))

  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, block] = readme.match(/```js\n(import .* from 'stayput'\n[^]*?)```/)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(repository, 'bindings/node'), join(folder, 'node_modules/stayput'))
  writeFileSync(join(folder, 'quickstart.mjs'), block)
  const printed = execFileSync(process.execPath, ['quickstart.mjs'], { cwd: folder, encoding: 'utf8' })
  assert.match(printed, /^0\.\d+ (critical|at_risk|healthy) active\n/)
})
