import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readView } from '../cluster/node-api.ts'
import { readRegistry } from '../cluster/registry.ts'
import {
  type LightLoad,
  notAppliedAt,
  type SignedBefore,
  signBefore,
  startLightLoad
} from './light-load.ts'
import { heightOf, type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { submit, waitForFinal } from './node-questions.ts'
import { registerFleet } from './spoken.ts'

const test = suite('kill and heal')
const LANES = 4
const MESSAGES = 500
const MORE = 8
/** Long enough for many blocks, were there a quorum. */
const PAUSED_MS = 2_000

let net: LiveNet
let urls: readonly string[]
let chains: readonly (readonly SignedBefore[])[]
let spare: readonly SignedBefore[]
let load: LightLoad

test.before(async () => {
  net = await openLiveNet(4, 0)
  urls = net.nodes.map((node) => node.url)
  const fleet = await registerFleet(net, LANES + 1)
  const signed = await Promise.all(fleet.map((one) => signBefore(net.network, one, MESSAGES)))
  chains = signed.slice(0, LANES)
  spare = signed[LANES] ?? []
  load = startLightLoad(urls, chains)
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('one of four is killed: readings go on; healed it catches up and agrees', async () => {
  await someMoreFinal()
  await net.cluster.kill([slug(3)])
  const before = await heightOf(url(0))
  await someMoreFinal()
  assert.ok((await heightOf(url(0))) > before)
  await net.cluster.heal([slug(3)])
  await waitFor('the healed node to catch up', async () => {
    const [own, others] = await Promise.all([readView(url(3)), readView(url(0))])
    const isThere = own?.state === 'ready' && own.height >= (others?.height ?? Infinity) - 1
    return isThere ? true : undefined
  })
  await allAgree()
})

test('two are killed: the ledger pauses and says who is missing; healed, nothing is lost', async () => {
  await someMoreFinal()
  await net.cluster.kill([slug(1), slug(2)])
  for (const index of [0, 3]) {
    const view = await waitFor(`${slug(index)} to pause`, async () => {
      const asked = await readView(url(index))
      const isWhole = asked?.state === 'paused' && asked.missingMembers.length === 2
      return isWhole ? asked : undefined
    })
    const missing = [1, 2].map((other) => net.nodes[other]?.memberId)
    assert.equal([...view.missingMembers].sort(), [...missing].sort())
    assert.match(view.sentence, /^Paused, nothing lost: 2 of 4 members are present/)
    for (const id of missing) assert.ok(view.sentence.includes(String(id).slice(0, 8)))
  }
  const heights = await Promise.all([heightOf(url(0)), heightOf(url(3))])
  const own = spare.slice(0, 5)
  for (const { wire } of own) {
    const { status, body } = await submit(url(0), wire)
    assert.equal([status, body.transaction?.stage], [202, 'accepted'])
  }
  await sleep(PAUSED_MS)
  assert.equal(await Promise.all([heightOf(url(0)), heightOf(url(3))]), heights)
  await net.cluster.heal([])
  for (const { id } of own) assert.is((await waitForFinal(url(2), id)).outcome, 'applied')
  await allAgree()
})

test('all are killed at once: no height and nothing that was answered final is lost', async () => {
  await someMoreFinal()
  const before = await Promise.all(urls.map(heightOf))
  await net.cluster.kill(net.nodes.map((node) => node.slug))
  const { final } = load.report()
  await net.cluster.heal([])
  const after = await Promise.all(urls.map(heightOf))
  for (const [index, height] of before.entries()) assert.ok((after[index] ?? -1) >= height)
  for (const each of urls)
    await waitFor(`${each} to hold what was final`, async () =>
      (await notAppliedAt(each, final)).length === 0 ? true : undefined
    )
  await someMoreFinal()
  await allAgree()
})

test('in the end everything that was taken in is final everywhere', async () => {
  await load.stop()
  const { taken } = load.report()
  assert.ok(taken.length > 0)
  for (const each of urls)
    await waitFor(`${each} to hold all that was taken in`, async () =>
      (await notAppliedAt(each, taken)).length === 0 ? true : undefined
    )
  await allAgree()
})

test('asked by SIGTERM to end, each node ends with exit code 0 and keeps its height', async () => {
  const before = await Promise.all(urls.map(heightOf))
  for (const { pid } of readRegistry(net.home)?.nodes ?? []) {
    assert.ok(pid !== null)
    process.kill(pid, 'SIGTERM')
  }
  await waitFor('all nodes to end', async () => (net.ends.length === 4 ? true : undefined))
  assert.equal(
    net.ends.map(({ exit }) => [exit.code, exit.signal]),
    Array.from({ length: 4 }, () => [0, null])
  )
  await net.cluster.heal([])
  const after = await Promise.all(urls.map(heightOf))
  for (const [index, height] of before.entries()) assert.ok((after[index] ?? -1) >= height)
  await allAgree()
})

test.run()

function url(index: number): string {
  return urls[index] as string
}

function slug(index: number): string {
  return (net.nodes[index] as LiveNode).slug
}

/** Waits until the load has seen more messages become final. */
async function someMoreFinal(): Promise<void> {
  const before = load.report().final.length
  await waitFor('more readings to become final', async () =>
    load.report().final.length >= before + MORE ? true : undefined
  )
}

async function allAgree(): Promise<void> {
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
}
