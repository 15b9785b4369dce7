import { connectAsync, type MqttClient } from 'mqtt'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runProgram } from '../../node/cli/testing/run-program.ts'
import { settingsPath } from '../home.ts'
import {
  type LightLoad,
  notAppliedAt,
  type SignedBefore,
  signBefore,
  startLightLoad
} from './light-load.ts'
import { heightOf, type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { type Answer, ask, submit } from './node-questions.ts'
import { registerFleet } from './spoken.ts'

const test = suite('a lost quorum')
const LANES = 4
const SPARE = 2
const MESSAGES = 500
const MORE = 8
/** Batches of one transaction each, more than consensus keeps for one author of four. */
const MANY = 2_300
const [NAMED, FOLLOWER] = [0, 1]
const [A, B, GONE, LOST, OBSERVER] = [0, 1, 2, 3, 4]

interface StatusJson {
  readonly state: string
  readonly sentence: string
  readonly height: number
  readonly wayBack: string | null
  readonly staleness: string | null
  readonly pendingTransactions: number
  readonly missing: readonly {
    readonly memberId: string
    readonly region: string
    readonly lastHeardAtMs: number | null
  }[]
}

let net: LiveNet
let urls: readonly string[]
let spares: readonly (readonly SignedBefore[])[]
let many: readonly SignedBefore[]
let deviceIds: readonly string[]
let load: LightLoad
let killedAtMs: number
/** What was answered to be taken in while the ledger was paused. */
const accepted: string[] = []

test.before(async () => {
  net = await openLiveNet(4, 1)
  urls = net.nodes.map((node) => node.url)
  const fleet = await registerFleet(net, LANES + SPARE + 1)
  deviceIds = fleet.map(({ deviceId }) => Buffer.from(deviceId).toString('hex'))
  const light = fleet.slice(0, LANES + SPARE)
  const chains = await Promise.all(light.map((one) => signBefore(net.network, one, MESSAGES)))
  spares = chains.slice(LANES)
  many = await signBefore(net.network, fleet[LANES + SPARE] as (typeof fleet)[number], MANY)
  load = startLightLoad(urls.slice(0, LANES), chains.slice(0, LANES))
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('a ledger that goes on marks nothing, and its operator is told that all is well', async () => {
  await someMoreFinal()
  const { headers } = await fetch(`${url(A)}/v1/members`)
  assert.is(headers.get('thingmoot-stale'), null)
  const well = await doctor(A)
  assert.is(well.code, 0, well.stdout + well.stderr)
})

test('two of four are killed: a survivor names both, since when, and who would do', async () => {
  killedAtMs = Date.now()
  await net.cluster.kill([slug(GONE), slug(LOST)])
  for (const index of [A, B]) {
    const status = await untilPaused(index)
    assert.equal(missingIds(status), idsOf([GONE, LOST]))
    for (const { lastHeardAtMs } of status.missing) {
      assert.ok(lastHeardAtMs !== null && lastHeardAtMs <= Date.now())
      // It spoke under load until it was killed: what it said last lies around that moment.
      assert.ok(lastHeardAtMs > killedAtMs - 60_000)
    }
    assert.is(status.wayBack, 'It goes on with any 1 of these 2 back.')
    assert.match(status.sentence, /^Paused, nothing lost: 2 of 4 .* since \d\d:\d\d:\d\d UTC, /)
    assert.ok(status.sentence.endsWith(String(status.wayBack)))
  }
})

test('reads go on, marked as stale', async () => {
  for (const path of ['/v1/members', `/v1/devices/${deviceIds[0]}`, '/v1/state/network']) {
    const response = await fetch(`${url(A)}${path}`)
    assert.is(response.status, 200)
    assert.is(response.headers.get('thingmoot-stale'), 'quorum-lost')
    assert.is(((await response.json()) as { stale?: boolean }).stale, true)
  }
})

test('readings are accepted and said not to be ordered: over HTTP, MQTT and through an observer', async () => {
  const chain = spares[NAMED] ?? []
  for (const { id, wire } of chain.slice(0, 5)) tookIn(await submit(url(A), wire), id)
  const asked = await ask(url(A), `/v1/transactions/${chain[0]?.id}`)
  assert.equal(
    [asked.body.transaction?.stage, asked.body.transaction?.code],
    ['accepted', 'ORDERING_PAUSED']
  )
  const told = await publish(A, deviceIds[LANES + NAMED] as string, chain[5] as SignedBefore)
  assert.equal([told['stage'], told['code']], ['accepted', 'ORDERING_PAUSED'])
  accepted.push((chain[5] as SignedBefore).id)
  // An observer hands on to any member in its reach; the device's others wait at that member.
  const { id, wire } = (spares[FOLLOWER] ?? [])[0] as SignedBefore
  tookIn(await submit(url(OBSERVER), wire), id)
})

test('the doctor of a survivor says who is missing and what to do, with another exit code', async () => {
  const { code, stdout } = await doctor(A, '--json')
  assert.is(code, 1)
  const { findings } = JSON.parse(stdout) as {
    readonly findings: readonly { check: string; verdict: string; says: string; cure: string }[]
  }
  const members = findings.find(({ check }) => check === 'members')
  assert.is(members?.verdict, 'wrong')
  for (const id of idsOf([GONE, LOST])) assert.ok(members?.says.includes(id.slice(0, 8)))
  assert.match(String(members?.cure), /any 1 of these 2/)
})

test('a survivor takes in more batches than consensus has room for', async () => {
  for (const { id, wire } of many) tookIn(await submit(url(A), wire), id)
})

test('a survivor that is killed and started knows all that it accepted, and what it does not know', async () => {
  const before = await statusOf(A)
  await net.cluster.kill([slug(A)])
  const down = await doctor(A)
  assert.is(down.code, 1)
  assert.match(down.stdout, /not running[\s\S]*thingmoot start/)
  await net.cluster.heal([slug(A)])
  const status = await untilPaused(A)
  assert.is(status.height, before.height)
  assert.ok(status.pendingTransactions >= MANY)
  await waitFor('the other survivor to be reached', async () =>
    (await statusOf(A)).missing.length === 2 ? true : undefined
  )
  const again = await statusOf(A)
  assert.equal(missingIds(again), idsOf([GONE, LOST]))
  assert.ok(again.missing.every(({ lastHeardAtMs }) => lastHeardAtMs === null))
  assert.match(again.sentence, /since before this node started/)
  const next = (spares[NAMED] ?? [])[6] as SignedBefore
  tookIn(await submit(url(A), next.wire), next.id)
})

test('healed, all that was accepted is final and applied at all, and their states are one', async () => {
  await net.cluster.heal([])
  await someMoreFinal()
  await load.stop()
  const all = new Set([...accepted, ...load.report().taken])
  assert.ok(all.size > MANY)
  for (const each of urls) {
    let left: readonly string[] = [...all]
    await waitFor(`${each} to hold all that was accepted`, async () => {
      left = await notAppliedAt(each, left)
      return left.length === 0 ? true : undefined
    })
  }
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
  const { state, wayBack, staleness } = await statusOf(A)
  assert.equal([state, wayBack, staleness], ['ready', null, null])
  assert.ok((await heightOf(url(A))) > 0)
})

test.run()

function url(index: number): string {
  return urls[index] as string
}

function slug(index: number): string {
  return (net.nodes[index] as LiveNode).slug
}

function idsOf(indexes: readonly number[]): readonly string[] {
  return indexes.map((index) => net.nodes[index]?.memberId as string).sort()
}

function missingIds({ missing }: StatusJson): readonly string[] {
  return missing.map(({ memberId }) => memberId).sort()
}

async function statusOf(index: number): Promise<StatusJson> {
  const { body } = await ask(url(index), '/v1/status')
  return (body as unknown as { readonly status: StatusJson }).status
}

/** Waits until a node knows that two are gone: those it has yet to reach count as missing too. */
function untilPaused(index: number): Promise<StatusJson> {
  return waitFor(`${slug(index)} to pause`, async () => {
    const status = await statusOf(index)
    return status.state === 'paused' && status.missing.length === 2 ? status : undefined
  })
}

function tookIn({ status, body }: Answer, id: string): void {
  const { stage, code } = body.transaction ?? {}
  assert.equal([status, stage, code], [202, 'accepted', 'ORDERING_PAUSED'])
  accepted.push(id)
}

/** Publishes a message; resolves with what the device hears of it. */
async function publish(
  index: number,
  deviceId: string,
  { wire }: SignedBefore
): Promise<Readonly<Record<string, unknown>>> {
  const { ports } = net.nodes[index] as LiveNode
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${ports.mqtt}`)
  try {
    const topic = `tm/${net.genesis.networkId}/d/${deviceId}`
    await client.subscribeAsync(`${topic}/down`, { qos: 1 })
    const heard = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
      client.once('message', (_topic, payload) => resolve(JSON.parse(payload.toString('utf8'))))
    })
    await client.publishAsync(`${topic}/up`, Buffer.from(wire), { qos: 1 })
    return await heard
  } finally {
    await client.endAsync(true)
  }
}

function doctor(index: number, ...options: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(['doctor', '--config', settingsPath(net.home, slug(index)), ...options])
}

/** Waits until the load has seen more messages become final. */
async function someMoreFinal(): Promise<void> {
  const before = load.report().final.length
  await waitFor('more readings to become final', async () =>
    load.report().final.length >= before + MORE ? true : undefined
  )
}
