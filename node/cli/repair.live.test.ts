import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { takeLock } from '../storage/lock-file.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('thingmoot repair and verify --ledger')

/** A node that was made and has never run. */
function withNode(run: (home: TestHome, data: string) => Promise<void>): () => Promise<void> {
  return withHome(async (home) => {
    const { environment, genesisPath, keysFolder, folder } = home
    const init = ['init', '--genesis', genesisPath, '--keys', keysFolder, '--plain-keys']
    assert.is((await runProgram(init, environment)).code, 0)
    await run(home, join(folder, 'home', 'data'))
  })
}

test(
  'says that all is whole, with exit code 0, and asks for one of plan and apply',
  withNode(async ({ environment }) => {
    const { code, stdout } = await runProgram(['repair', '--plan'], environment)
    assert.is(code, 0)
    assert.match(stdout, /ledger +whole +has not begun/)
    assert.match(stdout, /✔ all whole/)
    for (const flags of [[], ['--plan', '--apply']])
      assert.is((await runProgram(['repair', ...flags], environment)).code, 64)
  })
)

test(
  'plans without touching anything, then applies, and the node starts again',
  withNode(async ({ environment, folder }, data) => {
    await rm(join(data, 'ledger', 'CURRENT'))
    await rm(join(data, 'sign'), { recursive: true })
    const start = await runProgram(['start'], environment)
    assert.is(start.code, 65)
    const settings = join(folder, 'home', 'config', 'node.yaml')
    assert.ok(start.stderr.includes(`thingmoot repair --plan --config ${settings}`), start.stderr)

    const before = await readdir(data)
    const plan = await runProgram(['repair', '--plan', '--json'], environment)
    assert.is(plan.code, 65)
    assert.ok(plan.stderr.includes(`thingmoot repair --apply --config ${settings}`))
    const { steps, parts, isApplied } = JSON.parse(plan.stdout)
    assert.equal(
      parts.map(({ part, condition }: Record<string, string>) => [part, condition]),
      [
        ['node.json', 'whole'],
        ['keys', 'whole'],
        ['ledger', 'missing'],
        ['sign', 'missing']
      ]
    )
    assert.equal(
      steps.map(({ kind }: { kind: string }) => kind),
      ['move-aside', 'make-ledger', 'make-lost-vote-log']
    )
    assert.is(isApplied, false)
    assert.equal(await readdir(data), before)

    const applied = await runProgram(['repair', '--apply'], environment)
    assert.is(applied.code, 0, applied.stderr)
    assert.match(applied.stdout, /never votes again/)
    const aside = (await readdir(data)).find((name) => /^ledger\.damaged-\d{8}T\d{6}Z$/.test(name))
    assert.ok(aside && existsSync(join(data, aside, 'LOG')))
    const again = await runProgram(['repair', '--plan'], environment)
    assert.is(again.code, 0)
    assert.match(again.stdout, /sign +lost/)
  })
)

test(
  'a live lock is never taken',
  withNode(async ({ environment }, data) => {
    const lock = await takeLock(join(data, 'lock'))
    for (const args of [
      ['repair', '--apply'],
      ['verify', '--ledger']
    ]) {
      const { code, stderr } = await runProgram(args, environment)
      assert.is(code, 73)
      assert.match(stderr, new RegExp(`process ${process.pid} uses this data directory`))
    }
    assert.ok(existsSync(join(data, 'lock')))
    await lock.release()
  })
)

test(
  'verify --ledger checks the node’s own ledger, and a file or --ledger must be named',
  withNode(async ({ environment }, data) => {
    const { code, stdout } = await runProgram(['verify', '--ledger', '--deep'], environment)
    assert.is(code, 0)
    assert.match(stdout, /✔ The ledger has not begun/)
    assert.is((await runProgram(['verify'], environment)).code, 64)
    assert.is((await runProgram(['verify', 'x', '--ledger'], environment)).code, 64)
    await rm(join(data, 'ledger', 'CURRENT'))
    const missing = await runProgram(['verify', '--ledger'], environment)
    assert.is(missing.code, 65)
    assert.match(missing.stderr, /database missing/)
  })
)

test.run()
