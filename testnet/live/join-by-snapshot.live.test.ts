import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readView } from '../cluster/node-api.ts'
import { type LightLoad, notAppliedAt, signBefore, startLightLoad } from './light-load.ts'
import { heightOf, type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { registerFleet } from './spoken.ts'

const test = suite('joining by snapshot')
const LANES = 4
const MESSAGES = 500
const EVERY_BLOCKS = 16
const BEHIND_BLOCKS = 24
const LATE = 4
/** A member that keeps little, and to which nobody sends anything. */
const PRUNING = 3

let net: LiveNet
let load: LightLoad

test.before(async () => {
  const settingsOf = (index: number): Readonly<Record<string, unknown>> => ({
    'snapshot.everyBlocks': EVERY_BLOCKS,
    'snapshot.joinBehindBlocks': BEHIND_BLOCKS,
    'storage.keepBlocks': index === PRUNING ? EVERY_BLOCKS : 0
  })
  net = await openLiveNet(4, 1, { settingsOf, late: 1 })
  const fleet = await registerFleet(net, LANES)
  const chains = await Promise.all(fleet.map((one) => signBefore(net.network, one, MESSAGES)))
  load = startLightLoad(
    net.nodes.slice(0, 3).map((node) => node.url),
    chains
  )
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('a node that is far behind joins by snapshot under load, though a provider is killed midway', async () => {
  await waitFor('snapshots at all members', async () => {
    const heights = await Promise.all(net.nodes.slice(0, LATE).map((node) => heightOf(node.url)))
    const isHigh = Math.min(...heights) > EVERY_BLOCKS + BEHIND_BLOCKS
    return isHigh && [0, 1, 2, 3].every((index) => snapshotsOf(index).length > 0) ? true : undefined
  })
  const starting = net.cluster.startNode(LATE)
  await waitFor('the late node to ask for a snapshot', async () =>
    logOf(LATE).includes('joining by snapshot') ? true : undefined
  )
  await net.cluster.kill([slug(PRUNING)])
  await starting
  await waitFor('the late node to be where the others are', async () => {
    const [own, others] = await Promise.all([readView(url(LATE)), readView(url(0))])
    const isThere = own?.state === 'ready' && own.height >= (others?.height ?? Infinity) - 1
    return isThere ? true : undefined
  })
  assert.match(logOf(LATE), /snapshot installed/)
  const { roots } = await rootsOf([0, 1, 2, LATE].map(url))
  assert.is(new Set(roots).size, 1)
  assert.equal(net.ends, [])
  assert.is(logOf(LATE).split('READY ').length, 2, 'it is said once that the node is ready')
})

test('it serves on the same ports, knows its lowest height, and offers what it took', async () => {
  const answer = await fetch(`${url(LATE)}/v1/status`)
  const { status } = (await answer.json()) as { status: { blocksFrom: number } }
  assert.is(status.blocksFrom % EVERY_BLOCKS, 0)
  assert.ok(status.blocksFrom > 0)
  assert.ok(snapshotsOf(LATE).length > 0)
})

test('it goes on like any other: killed and started again it agrees, and so does the provider', async () => {
  await net.cluster.kill([slug(LATE)])
  await net.cluster.heal([])
  await load.stop()
  const { taken } = load.report()
  await waitFor('all that was taken in to be final at the first member', async () =>
    (await notAppliedAt(url(0), taken)).length === 0 ? true : undefined
  )
  const { roots } = await rootsOf(net.nodes.map((node) => node.url))
  assert.is(new Set(roots).size, 1)
})

test('what a member has pruned it says is gone', async () => {
  const { taken } = load.report()
  const transactionsFrom = await waitFor('the member to have pruned', async () => {
    const answer = await fetch(`${url(PRUNING)}/v1/status`)
    const { status } = (await answer.json()) as { status: { transactionsFrom: number } }
    return status.transactionsFrom > EVERY_BLOCKS ? status.transactionsFrom : undefined
  })
  assert.is((await fetch(`${url(PRUNING)}/v1/transactions/${taken[0]}`)).status, 410)
  assert.is((await fetch(`${url(PRUNING)}/v1/receipts/${taken[0]}`)).status, 410)
  const block = await fetch(`${url(PRUNING)}/v1/blocks/${transactionsFrom - 1}`)
  const { block: fields } = (await block.json()) as { block: { isPruned: boolean } }
  assert.is(fields.isPruned, true)
})

test.run()

function url(index: number): string {
  return (net.nodes[index] as LiveNode).url
}

function slug(index: number): string {
  return (net.nodes[index] as LiveNode).slug
}

function logOf(index: number): string {
  const { logPath } = net.nodes[index] as LiveNode
  return existsSync(logPath) ? readFileSync(logPath, 'utf8') : ''
}

/** Names of the whole snapshots that a node has. */
function snapshotsOf(index: number): readonly string[] {
  const folder = join((net.nodes[index] as LiveNode).dataFolder, 'snapshots')
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+-/.test(name)) : []
}
