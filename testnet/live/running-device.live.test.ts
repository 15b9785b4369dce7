import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProgramRun, runProgram } from '../../node/cli/testing/run-program.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { type DeviceProcess, runDevice } from './device-process.ts'
import { type LiveNet, openLiveNet, waitFor } from './live-net.ts'

const test = suite('a device that runs')
const REFUSED = 69
const READINGS = 40
const COMMANDS = 4
const INTERRUPTED = 256
/** Generous: the device is killed beside it, and starts anew, on a machine that others use too. */
const RUN_DEADLINE_MS = 90_000
const NOBODY = 'http://127.0.0.1:9'

let net: LiveNet
let deviceId = ''
let controllerKey = ''

interface Reading {
  readonly contentKind: number
  readonly outcome: string
  readonly records?: readonly { readonly n: string; readonly v: number }[]
}

const at = (name: string): string => join(net.home, name)
const wallet = (): readonly string[] => ['--wallet', at('wallet')]
const genesis = (): readonly string[] => ['--genesis', genesisPath(net.home)]
const controller = (): readonly string[] => ['--controller', at('controller')]
const done = (): readonly string[] =>
  existsSync(at('done')) ? readFileSync(at('done'), 'utf8').trim().split('\n') : []

let asked = 0
function network(): readonly string[] {
  const { url = '' } = net.nodes[asked++ % net.nodes.length] ?? {}
  return ['--node', url, ...genesis()]
}

function program(args: readonly string[]): Promise<ProgramRun> {
  return runProgram([...args, '--json'], {}, RUN_DEADLINE_MS)
}

async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await program(args)
  assert.is(ran.code, 0, `${args.slice(0, 3).join(' ')}: ${ran.stderr}`)
  return JSON.parse(ran.stdout)
}

/** The process of the device; the first node that it is given is none. */
function start(): DeviceProcess {
  const nodes = [NOBODY, ...net.nodes.map(({ url }) => url)].flatMap((url) => ['--node', url])
  const timing = ['--poll', '100ms', '--heartbeat', 'never']
  return runDevice([at('device'), ...nodes, ...genesis(), ...timing, '--on-command', at('act')])
}

function command(args: readonly string[], wait = '2s'): Promise<ProgramRun> {
  const where = [...controller(), ...network()]
  return program(['device', 'command', deviceId, ...args, '--wait', wait, ...where])
}

/** Sends a command and waits for its answer, however long the device is away. */
async function commandAndWait(text: string): Promise<number> {
  let ran = await command([text])
  const [, commandId = ''] = /command ([0-9a-f]{64})/.exec(ran.stderr) ?? []
  for (let tries = 0; ran.code === REFUSED && commandId !== '' && tries < 40; tries++)
    ran = await command(['--again', commandId])
  assert.is(ran.code, 0, `${text}: ${ran.stderr}`)
  return JSON.parse(ran.stdout).resultCode
}

/** Everything that counted of the device, at a node. */
async function readings(): Promise<readonly Reading[]> {
  const { url = '' } = net.nodes[1] ?? {}
  const all: Reading[] = []
  let before = ''
  for (;;) {
    const answer = await fetch(`${url}/v1/devices/${deviceId}/readings?limit=200${before}`)
    const page = (await answer.json()) as { readings: Reading[]; nextBefore: number | null }
    all.push(...page.readings)
    if (page.nextBefore === null) return all
    before = `&before=${page.nextBefore}`
  }
}

async function waiting(): Promise<readonly number[]> {
  const lists = net.nodes.map(async ({ url }) => {
    const answer = await fetch(`${url}/v1/devices/${deviceId}/commands`)
    return ((await answer.json()) as { commands: unknown[] }).commands.length
  })
  return Promise.all(lists)
}

async function waitForWaiting(count: number): Promise<void> {
  await waitFor(`${count} commands to wait at every node`, async () =>
    (await waiting()).every((one) => one === count) ? true : undefined
  )
}

test.before(async () => {
  net = await openLiveNet(4, 0)
  const words = ['--words-file', at('words'), '--recovery-file', at('recovery')]
  await run(['wallet', 'new', ...wallet(), '--plain', ...words])
  const place = ['--device', at('device'), '--box', at('box')]
  const born = await run([
    'device',
    'new',
    ...place,
    '--maker',
    makerFolder(net.home),
    ...network()
  ])
  deviceId = String(born['deviceId'])
  await run(['device', 'claim', ...place, ...wallet(), ...network()])
  controllerKey = String((await run(['controller', 'new', ...controller()]))['controllerKey'])
  writeFileSync(
    at('act'),
    `#!/bin/sh\ncat >> ${at('done')}\necho >> ${at('done')}\nsleep 0.2\necho well\n`,
    {
      mode: 0o700
    }
  )
})
test.after(() => net?.close())

test('a key that its owner did not name commands nothing; one that it named is listed', async () => {
  const stranger = await command(['nothing'])
  assert.is(stranger.code, REFUSED)
  assert.match(stranger.stderr, /CONTROLLER_UNKNOWN/)
  const add = ['device', 'controllers', 'add', deviceId, controllerKey, ...wallet(), ...network()]
  assert.is((await run([...add, '--dry-run']))['isSent'], false)
  await run(add)
  const listed = await run(['device', 'controllers', 'list', deviceId, ...network()])
  assert.equal(
    (listed['controllers'] as { controllerKey: string }[]).map((one) => one.controllerKey),
    [controllerKey]
  )
})

test('killed again and again while it is fed and commanded, it loses nothing and repeats nothing', async () => {
  let taken = 0
  let kills = 0
  let isOver = false
  const feed = async (): Promise<void> => {
    while (!isOver || taken < READINGS) {
      const device = start()
      device.feed(taken + 1, Math.min(taken + 5, READINGS))
      // Of its nodes the first is none, which it tells. Now and then it does not come so far.
      if (kills % 4 !== 3)
        await waitFor('the device to begin', async () => device.events.length > 0 || undefined)
      await sleep(Math.floor(2_500 * Math.random()))
      await device.kill()
      kills++
      for (const { event, number } of device.events)
        if ((event === 'said' || event === 'taken-before') && typeof number === 'number')
          taken = Math.max(taken, number)
      assert.equal(
        device.events.filter(({ event }) => event === 'not-said'),
        []
      )
    }
  }
  const results: number[] = []
  const commandAll = async (): Promise<void> => {
    try {
      for (let number = 1; number <= COMMANDS; number++)
        results.push(await commandAndWait(`open ${number}`))
    } finally {
      isOver = true
    }
  }
  await Promise.all([feed(), commandAll()])
  const last = start()
  await waitFor('the device to begin', async () => last.events.length > 0 || undefined)
  const values = await waitFor('all readings to be final', async () => {
    const said = (await readings()).flatMap(({ records }) => records?.map(({ v }) => v) ?? [])
    return said.length >= READINGS ? said : undefined
  })
  assert.equal(
    [...values].sort((left, right) => left - right),
    Array.from({ length: READINGS }, (_, index) => index + 1)
  )
  assert.is(await last.stop(), 0, last.stderr())
  assert.ok((await readings()).every(({ outcome }) => outcome === 'applied'))
  for (let number = 1; number <= COMMANDS; number++) {
    const times = done().filter((text) => text === `open ${number}`).length
    assert.ok(results[number - 1] === 0 ? times === 1 : times <= 1)
    assert.ok([0, INTERRUPTED].includes(results[number - 1] ?? -1))
  }
  assert.is((await readings()).filter(({ contentKind }) => contentKind === 2).length, COMMANDS)
  const shown = await run(['device', 'show', deviceId, ...network()])
  assert.equal([shown['status'], shown['isLost']], ['active', false])
  assert.ok(kills > 3)
})

test('what waited for a device when it was stopped is not delivered afterwards', async () => {
  const before = done().length
  const sent = await command(['stale'])
  assert.is(sent.code, REFUSED)
  assert.match(sent.stderr, /has not answered yet/)
  await waitForWaiting(1)
  const quarantine = ['device', 'quarantine', deviceId, ...wallet()]
  await run([...quarantine, '--for', '1h', ...network()])
  await waitForWaiting(0)
  const refused = await command(['while it is stopped'])
  assert.is(refused.code, REFUSED)
  assert.match(refused.stderr, /DEVICE_STOPPED/)
  await run([...quarantine, '--lift', ...network()])
  const device = start()
  assert.is(await commandAndWait('fresh'), 0)
  assert.is(await device.stop(), 0, device.stderr())
  assert.equal(done().slice(before), ['fresh'])
  await waitForWaiting(0)
})

test('a key that its owner has removed is refused by name', async () => {
  await run(['device', 'controllers', 'remove', deviceId, controllerKey, ...wallet(), ...network()])
  const refused = await command(['too late'])
  assert.is(refused.code, REFUSED)
  assert.match(refused.stderr, /CONTROLLER_UNKNOWN/)
})

test.run()
