import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ClientError,
  checkReceipt,
  createHttpClient,
  followNode,
  type LedgerFollower,
  proveRefounding,
  trustGenesis
} from '../../client/index.ts'
import { parseGenesis } from '../../config/index.ts'
import { fromHex } from '../../protocol/index.ts'
import { readView } from '../cluster/node-api.ts'
import { makerFolder, settingsPath } from '../home.ts'
import { heightOf, type LiveNet, openLiveNet, waitFor } from './live-net.ts'
import { ask, askBytes, recordOf, submit, submitFinal, waitForFinal } from './node-questions.ts'

const test = suite('refounding')
const SURVIVORS = [0, 2]
const LOST = [1, 3]
const MAIN = join(import.meta.dirname, '../../node/main.js')

/** What the commands of this test say with `--json`. */
interface Said {
  readonly deviceId?: string
  readonly closing?: string
  readonly warnings?: readonly string[]
  readonly message?: string
  readonly messageId?: string
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let net: LiveNet
let urls: readonly string[]
let closings: readonly string[]
let light: LedgerFollower
let deviceId: string
let heightBefore = 0
const started: ChildProcess[] = []

test.before(async () => {
  net = await openLiveNet(4, 0)
  urls = net.nodes.map((node) => node.url)
  light = trustGenesis(net.genesis)
  const device = await json(
    ...['device', 'new', '--device', folder('device'), '--maker', makerFolder(net.home)],
    ...['--genesis', genesis(), '--node', url(0)]
  )
  deviceId = String(device.deviceId)
  await speak(genesis(), url(0), 21.5)
  heightBefore = await heightOf(url(0))
})
test.after(async () => {
  for (const child of started) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  await net?.close()
})

test('below a quorum nothing is ordered, and whoever runs cannot close', async () => {
  await net.cluster.kill(LOST.map(slug))
  await waitFor('the survivors to pause', async () =>
    (await readView(url(0)))?.state === 'paused' ? true : undefined
  )
  const ran = await run([
    'refound',
    'close',
    '--config',
    settings(0),
    '--into',
    folder('new-0'),
    '--yes'
  ])
  assert.is.not(ran.code, 0)
  assert.match(ran.stderr, /runs|lock/i)
})

test('a survivor closes only when told twice, and says what that means', async () => {
  await net.cluster.kill(SURVIVORS.map(slug))
  const plan = await run(['refound', 'plan', '--config', settings(0)])
  assert.is(plan.code, 0)
  assert.match(plan.stdout, /First try to bring members back: 3 of 4 are needed/)
  const into = ['--into', folder('new-0')]
  const refused = await run(['refound', 'close', '--config', settings(0), ...into])
  assert.is(refused.code, 64)
  assert.match(refused.stderr, /cannot be undone/)
  const files: string[] = []
  for (const index of SURVIVORS) {
    const closed = await json(
      ...[
        'refound',
        'close',
        '--config',
        settings(index),
        '--into',
        folder(`new-${index}`),
        '--yes'
      ]
    )
    files.push(String(closed.closing))
  }
  closings = files
})

test('a node that closed its epoch runs as an observer and says why it does not vote', async () => {
  await net.cluster.heal([slug(0)])
  const status = await waitFor('an alarm', async () => {
    const { body } = await ask(url(0), '/v1/status')
    const { status: said } = body as unknown as { status: { alarms: string[]; sentence: string } }
    return said.alarms.includes('EPOCH_CLOSED') ? said : undefined
  })
  assert.match(status.sentence, /closed its epoch/)
  await net.cluster.kill([slug(0)])
})

test('from half the weight a network is founded with its warnings, the same at both', async () => {
  const planned = await run(['refound', 'plan', ...closings, '--config', settings(0)])
  assert.is(planned.code, 0)
  assert.match(planned.stdout, /signed by 2 of 4 weight/)
  assert.match(planned.stdout, /rival network from the same past/)
  assert.match(planned.stdout, /no member may fail/)
  const unsaid = await run(found(0))
  assert.is(unsaid.code, 64)
  for (const index of SURVIVORS) {
    const made = await json(...found(index), '--yes')
    assert.equal(made.warnings, ['RIVAL_POSSIBLE', 'NO_FAULT_TOLERATED'])
  }
  const [one, other] = SURVIVORS.map((index) => readFileSync(newGenesis(index), 'utf8'))
  assert.is(one, other)
})

test('the new network goes on: heights, devices and their chains are where they were', async () => {
  for (const index of SURVIVORS) start(index)
  await waitFor('both to be ready', async () => {
    const views = await Promise.all(SURVIVORS.map((index) => readView(url(index))))
    return views.every((view) => view?.state === 'ready') ? true : undefined
  })
  assert.ok((await heightOf(url(0))) > heightBefore)
  assert.type(await recordOf(url(2), deviceId), 'string')
  await json(
    ...['device', 'new', '--device', folder('device-2'), '--maker', makerFolder(net.home)],
    ...['--genesis', newGenesis(0), '--node', url(0)]
  )
})

test('a light client does not follow by itself; it proves who signed, and follows when told', async () => {
  const text = readFileSync(newGenesis(0), 'utf8')
  const fresh = parseGenesis(text, 'genesis.json')
  const proved = proveRefounding(light, fresh)
  assert.ok(proved.ok)
  assert.equal(
    [proved.value.signedWeight, proved.value.totalWeight, proved.value.warnings],
    [2, 4, ['RIVAL_POSSIBLE', 'NO_FAULT_TOLERATED']]
  )
  try {
    await followNode(light, createHttpClient({ baseUrls: [url(0)] }))
  } catch (error) {
    // A node that has no seal of that network says so; one that shows its own is not believed.
    assert.instance(error, ClientError)
  }
  assert.is(light.newest.epoch, 0)
  const { refounded, ...rest } = fresh
  assert.ok(refounded)
  const forged = { ...rest, refounded: { ...refounded, closings: refounded.closings.slice(1) } }
  const refused = proveRefounding(light, forged)
  assert.not(refused.ok)
})

test('what is signed for the old network is not taken in the new one, however fresh it is', async () => {
  await cp(folder('device'), folder('device-before'), { recursive: true })
  const said = ['--reading', 'temperature=99', '--genesis', genesis()]
  const signed = await json('device', 'sign', '--device', folder('device-before'), ...said)
  const { status, body } = await submit(url(0), fromHex(String(signed.message)) as Uint8Array)
  assert.equal([status, body.code], [422, 'SIGNATURE_INVALID'])
})

test('a device stays where it is until it is told; then it goes on with its chain', async () => {
  const wrong = await sign(newGenesis(0), url(0))
  assert.is.not(wrong.code, 0)
  assert.match(wrong.stderr, /another network/)
  const follow = ['device', 'follow', '--device', folder('device'), '--from', genesis()]
  const asked = await run([...follow, '--to', newGenesis(0)])
  assert.is(asked.code, 64)
  assert.match(asked.stdout, /signed by 2 of 4 weight/)
  const stale = await sign(genesis(), url(0))
  assert.is.not(stale.code, 0)
  const unproved = await run([...follow, '--to', newGenesis(0), '--yes'])
  assert.is.not(unproved.code, 0)
  assert.match(unproved.stderr, /--node/)
  await json(...follow, '--to', newGenesis(0), '--node', url(2), '--yes')
  const id = await speak(newGenesis(0), url(2), 22.5)
  await waitForFinal(url(0), id)
  const proved = proveRefounding(light, parseGenesis(readFileSync(newGenesis(0), 'utf8'), 'new'))
  assert.ok(proved.ok)
  const receipt = await askBytes(url(0), `/v1/receipts/${id}`)
  assert.ok(receipt)
  const wire = fromHex(id) as Uint8Array
  assert.not(checkReceipt(light, wire, receipt).ok)
  assert.ok(checkReceipt(proved.value.follow(), wire, receipt).ok)
})

test.run()

function slug(index: number): string {
  return net.nodes[index]?.slug as string
}

function url(index: number): string {
  return urls[index] as string
}

function folder(name: string): string {
  return join(net.home, name)
}

function settings(index: number): string {
  return settingsPath(net.home, slug(index))
}

function genesis(): string {
  return join(net.home, 'genesis.json')
}

function newGenesis(index: number): string {
  return join(folder(`new-${index}`), 'genesis.json')
}

function found(index: number): string[] {
  const into = ['--config', settings(index), '--into', folder(`new-${index}`)]
  return ['refound', 'found', ...closings, ...into]
}

function start(index: number): void {
  const config = join(folder(`new-${index}`), 'node.yaml')
  started.push(spawn(process.execPath, [MAIN, 'start', '--config', config], { stdio: 'ignore' }))
}

function run(args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      resolve({ code, stdout, stderr })
    })
  })
}

async function json(...args: readonly string[]): Promise<Said> {
  const ran = await run([...args, '--json'])
  assert.is(ran.code, 0, `${args.slice(0, 2).join(' ')}: ${ran.stderr}`)
  return JSON.parse(ran.stdout) as Said
}

function sign(genesisPath: string, node: string): Promise<Ran> {
  const said = ['--reading', 'temperature=1', '--unit', 'Cel']
  const where = ['--genesis', genesisPath, '--node', node, '--json']
  return run(['device', 'sign', '--device', folder('device'), ...said, ...where])
}

/** Has the device say a temperature at a node; resolves with the id when it is final. */
async function speak(genesisPath: string, node: string, celsius: number): Promise<string> {
  const said = ['--reading', `temperature=${celsius}`, '--unit', 'Cel', '--node', node]
  const signed = await json(
    ...['device', 'sign', '--device', folder('device'), ...said, '--genesis', genesisPath]
  )
  const { body } = await submitFinal(node, fromHex(String(signed.message)) as Uint8Array)
  assert.equal([body.transaction?.stage, body.transaction?.outcome], ['final', 'applied'])
  return String(signed.messageId)
}
