import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { countSeats, readView } from './cluster/node-api.ts'
import { type RegisteredNode, readRegistry } from './cluster/registry.ts'

const test = suite('testnet join and vote')

const ENTRY = fileURLToPath(new URL('./main.js', import.meta.url))
const HOME = mkdtempSync(join(tmpdir(), 'tm-join-'))
const PATIENCE_MS = 120_000
const QUIETLY = ['--headless', '--json'] as const

interface Run {
  readonly ready: Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>
  readonly stderr: () => string
}

let net: Run

test.before(async () => {
  const shape = ['--nodes', '4', '--observers', '0', '--regions', 'europe', '--devices', '2']
  net = run('up', ...shape, ...QUIETLY)
  await net.ready
})
test.after(async () => {
  await run('down').ended
  await net.ended
  rmSync(HOME, { recursive: true, force: true })
})

test('a newcomer founds its node, follows, asks for a seat, and three ballots seat it', async () => {
  const joined = JSON.parse(
    await command('join', '--name', 'Lima', '--region', 'sao-paulo', '--json')
  )
  assert.is(joined.node, 'lima')
  assert.is(joined.application.sentence, '0 of 4 ballots, needs 3')
  assert.is((await readView(urlOf('lima')))?.role, 'observer')
  const first = await command('vote', 'Lima', 'yes', '--by', 'stockholm')
  assert.match(first, /Stockholm: 1 of 4 ballots, needs 3/)
  const { ballots } = JSON.parse(
    await command('vote', 'lima', 'yes', '--by', 'london', '--by', 'frankfurt', '--json')
  )
  assert.is(ballots.length, 2)
  assert.is.not(ballots[1].status, 'open')
  await until('Lima to be a member', async () => (await readView(urlOf('lima')))?.role === 'member')
  assert.is(await countSeats(urlOf('stockholm')), 5)
  const { nodes } = JSON.parse(await command('status', '--json'))
  assert.equal(
    nodes
      .map(({ name, role }: { readonly name: string; readonly role: string }) => `${name} ${role}`)
      .at(-1),
    'Lima member'
  )
})

test('it is as far away as its region is: whoever it calls it calls by a relay', () => {
  const registry = readRegistry(HOME)
  assert.is(registry?.nodes.at(-1)?.region, 'sao-paulo')
  // Twelve between four founders that are apart, or half a millisecond, and four of its own.
  assert.is(registry?.relayPorts.length, 16)
})

test('what cannot be joined or voted on is named', async () => {
  for (const [args, said] of [
    [['join', '--name', 'Lima'], /a node is called lima already/],
    [['join', '--name', 'Quito', '--region', 'quito'], /"quito" is unknown, there are stockholm/],
    [['vote', 'lima', 'yes'], /no application of Lima is open/],
    [['vote', 'stockholm', 'yes', '--by', 'quito'], /no node is called quito/]
  ] as const) {
    const asked = run(...args)
    assert.is((await asked.ended).code, 64, asked.stderr())
    assert.match(asked.stderr(), said)
  }
})

test('the next start brings the newcomer up with the others, a member as before', async () => {
  await command('down')
  const { stdout } = await net.ended
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  assert.equal([summary.lost, summary.rootsEqual, summary.nodes], [0, true, 5], stdout)
  net = run('up', '--nodes', '4', '--devices', '2', ...QUIETLY)
  await net.ready
  const view = await readView(urlOf('lima'))
  assert.is(view?.role, 'member')
  const height = view?.height ?? 0
  await until(
    'the ledger to go on',
    async () => ((await readView(urlOf('lima')))?.height ?? 0) > height
  )
})

test.run()

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
  return { ready, ended, stderr: () => stderr }
}

async function command(...args: readonly string[]): Promise<string> {
  const asked = run(...args)
  const { code, stdout } = await asked.ended
  assert.is(code, 0, asked.stderr())
  return stdout
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`)
    await sleep(200)
  }
}

function urlOf(slug: string): string {
  const node = readRegistry(HOME)?.nodes.find((other: RegisteredNode) => other.slug === slug)
  return `http://127.0.0.1:${node?.ports.http}`
}
