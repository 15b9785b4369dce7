import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readView } from './cluster/node-api.ts'
import { readRegistry } from './cluster/registry.ts'
import { registryPath } from './home.ts'

const test = suite('testnet')

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url))
const HOME = mkdtempSync(join(tmpdir(), 'tm-net-'))
const NODES = ['stockholm', 'virginia', 'tokyo', 'mumbai', 'sao-paulo']
const PATIENCE_MS = 60_000

interface Run {
  readonly ready: Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>
  readonly stderr: () => string
  readonly interrupt: () => void
}

function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [ENTRY, ...args, '--home', HOME])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
  })
  const ended = new Promise<{ code: number | null; stdout: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout }))
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString()
      if (stderr.includes('READY ')) resolve()
    })
    child.once('close', () => reject(new Error(`ended before READY: ${stderr}`)))
  })
  // Commands other than `up` never are READY.
  ready.catch(() => undefined)
  return { ready, ended, stderr: () => stderr, interrupt: () => void child.kill('SIGINT') }
}

async function command(...args: readonly string[]): Promise<string> {
  const asked = run(...args)
  const { code, stdout } = await asked.ended
  assert.is(code, 0, asked.stderr())
  return stdout
}

function urlOf(slug: string): string {
  const node = readRegistry(HOME)?.nodes.find((other) => other.slug === slug)
  return `http://127.0.0.1:${node?.ports.http}`
}

async function awaitHeight(slug: string, height: number): Promise<number> {
  const endMs = performance.now() + PATIENCE_MS
  for (;;) {
    const view = await readView(urlOf(slug))
    if (view !== undefined && view.height >= height) return view.height
    if (performance.now() > endMs) throw new Error(`${slug} is not at ${height}: ${view?.sentence}`)
    await sleep(100)
  }
}

const SHAPE = ['--nodes', '4', '--observers', '1', '--regions', 'local'] as const
const QUIETLY = ['--headless', '--json'] as const

let heightBefore = 0

test('a testnet loses a member under load, then all nodes, and nothing that was final', async () => {
  const net = run('up', ...SHAPE, '--devices', '4', '--rate', '2', ...QUIETLY)
  await net.ready
  const reached = await awaitHeight('stockholm', 10)

  assert.match(await command('kill', 'Tokyo'), /killed: Tokyo/)
  const without = await awaitHeight('stockholm', reached + 5)
  const { nodes } = JSON.parse(await command('status', '--json'))
  const states = nodes.map(({ state }: { readonly state: string }) => state)
  assert.is(states[2], 'stopped')
  await command('heal')
  await awaitHeight('tokyo', without)

  await command('kill', ...NODES)
  await command('heal')
  const healed = await awaitHeight('mumbai', without)
  heightBefore = await awaitHeight('sao-paulo', healed + 3)

  await command('down')
  const { code, stdout } = await net.ended
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  assert.is(summary.lost, 0, stdout)
  assert.is(summary.rootsEqual, true, stdout)
  assert.is(summary.messagesPending, 0, stdout)
  assert.ok(summary.messagesFinal > 0)
  assert.is(summary.messagesFinal, summary.messagesSent)
  assert.is(Object.keys(summary.stateRoots).length, 5)
  assert.ok(summary.finalHeight >= heightBefore)
  assert.is(code, 0, net.stderr())
})

test('the next run goes on where the last one was left, pauses without a quorum, and ends by itself', async () => {
  const net = run('up', '--devices', '2', ...QUIETLY, '--for', '6s')
  await net.ready
  const reached = await awaitHeight('virginia', heightBefore)
  await command('pause', 'mumbai', 'tokyo')
  await command('heal')
  await awaitHeight('virginia', reached + 3)
  const { code, stdout } = await net.ended
  const summary = JSON.parse(stdout)
  assert.is(code, 0, `${stdout}${net.stderr()}`)
  assert.is(summary.lost, 0)
  assert.is(summary.rootsEqual, true)
})

test('a testnet of another shape is refused, and a home that is none is not wiped', async () => {
  const other = run('up', '--nodes', '5')
  assert.is((await other.ended).code, 64)
  assert.match(other.stderr(), /begin anew with --fresh/)
  const registry = readFileSync(registryPath(HOME), 'utf8')
  rmSync(registryPath(HOME))
  const fresh = run('up', '--fresh')
  assert.is((await fresh.ended).code, 64)
  assert.match(fresh.stderr(), /nothing is removed/)
  assert.ok(registry.includes('stockholm'))
})

test('commands without a running testnet say so', async () => {
  const asked = run('kill', 'tokyo')
  assert.is((await asked.ended).code, 69)
  assert.match(asked.stderr(), /no testnet runs/)
})

test('a testnet that is interrupted while it comes up leaves nothing running', async () => {
  rmSync(HOME, { recursive: true, force: true })
  const net = run('up', ...SHAPE, '--devices', '1', ...QUIETLY)
  while (!net.stderr().includes('keys, genesis')) await sleep(20)
  net.interrupt()
  const { code } = await net.ended
  assert.is(code, 0, net.stderr())
  const pids = readRegistry(HOME)?.nodes.map(({ pid }) => pid)
  assert.equal(pids, [null, null, null, null, null])
})

test.after(() => rmSync(HOME, { recursive: true, force: true }))

test.run()
