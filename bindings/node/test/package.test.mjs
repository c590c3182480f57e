// The package as a user installs it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import * as stayput from 'stayput'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'stayput-package-'))
const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' }).trim()
const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

before(() => {
  const [packed] = JSON.parse(run('npm', 'pack', root, '--json', ...quiet))
  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  run('npm', 'install', `./${packed.filename}`, ...quiet)
})
after(() => rmSync(folder, { recursive: true }))

const CALL = "new Bundle(Playbook.parse('[playbook]\\nname = \"a\"')).playbook.name"

test('it is installed and imported as a module', () => {
  writeFileSync(join(folder, 'a.mjs'), `import { Bundle, Playbook } from 'stayput'\nconsole.log(${CALL})`)
  assert.equal(run(process.execPath, 'a.mjs'), 'a')
})

test('it is installed and required', () => {
  writeFileSync(join(folder, 'a.cjs'), `const { Bundle, Playbook } = require('stayput')\nconsole.log(${CALL})`)
  assert.equal(run(process.execPath, 'a.cjs'), 'a')
})

test('both ways give the same names, and those that are declared', () => {
  const required = JSON.parse(run(process.execPath, '-p', "JSON.stringify(Object.keys(require('stayput')).sort())"))
  assert.deepEqual(Object.keys(stayput).sort(), required)
  const declared = readFileSync(join(root, 'index.d.cts'), 'utf8')
  const names = [...declared.matchAll(/^export declare (?:class|function) (\w+)/gm)].map(([, name]) => name)
  assert.deepEqual(names.sort(), required)
})

test('the committed declarations are those of this build', () => {
  execFileSync(process.execPath, ['scripts/types.mjs'], { cwd: root })
})

test('the version is that of all packages', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const workspace = readFileSync(join(root, '../../Cargo.toml'), 'utf8')
  assert.equal(workspace.match(/\[workspace\.package\]\s+version = "(.*)"/)[1], version)
})
