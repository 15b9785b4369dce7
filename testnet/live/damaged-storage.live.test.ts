import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommandLine } from '../../node/cli/run.ts'
import { BATCHES, BLOCKS, stateValueKey } from '../../node/ledger/keyspace.ts'
import { spoilRecord } from '../../node/recovery/testing/spoil.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import type { Database } from '../../node/storage/database.ts'
import type { KeyRange } from '../../node/storage/key-range.ts'
import { readMarker } from '../../node/storage/node-marker.ts'
import { openDatabase } from '../../node/storage/open-database.ts'
import type { Entry } from '../../node/storage/store-pages.ts'
import { devices } from '../../protocol/index.ts'
import { readView } from '../cluster/node-api.ts'
import { settingsPath } from '../home.ts'
import { type LightLoad, type SignedBefore, signBefore, startLightLoad } from './light-load.ts'
import { heightOf, type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { registerFleet } from './spoken.ts'

const test = suite('damaged storage')
const LANES = 3
const MESSAGES = 400
const MORE = 8
/** Devices that never speak: their records are the same at every height. */
const SILENT = 3

interface StorageView {
  readonly scrubbedAtMs: number | null
  readonly damagedRecords: number
  readonly repairedRecords: number
}

let net: LiveNet
let urls: readonly string[]
let load: LightLoad
let spoiltNode: LiveNode
let silent: readonly Uint8Array[]

test.before(async () => {
  net = await openLiveNet(4, 0)
  urls = net.nodes.map((node) => node.url)
  spoiltNode = net.nodes[3] as LiveNode
  const fleet = await registerFleet(net, LANES + SILENT)
  silent = fleet.slice(LANES).map(({ deviceId }) => deviceId)
  const chains: readonly (readonly SignedBefore[])[] = await Promise.all(
    fleet.slice(0, LANES).map((one) => signBefore(net.network, one, MESSAGES))
  )
  load = startLightLoad(urls.slice(0, 3), chains)
})
test.after(async () => {
  await load?.stop()
  await net?.close()
})

test('bits flipped in the tables of a stopped node are found, and mended from the others', async () => {
  await someMoreFinal()
  const { slug } = spoiltNode
  await net.cluster.kill([slug])
  const records = await withLedger(async (database) => [
    ...(await Promise.all(
      silent.map((id) => recordAt(database, stateValueKey(devices.number, id)))
    )),
    ...(await some(database, BATCHES, 3)),
    ...(await some(database, { ...BLOCKS, gte: Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 1) }, 2))
  ])
  for (const record of records) await spoilRecord(ledgerPath(), record)
  await net.cluster.heal([slug])
  await waitFor('the damage to be mended', async () => {
    const storage = await storageOf(spoiltNode.url)
    const isMended = storage !== undefined && storage.repairedRecords >= records.length
    return isMended && storage.damagedRecords === 0 && storage.scrubbedAtMs !== null
      ? true
      : undefined
  })
  await someMoreFinal()
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
  await net.cluster.kill([slug])
  await verified(['--deep'])
  // a block's finalisation may come back with other signers; batches and values are what they were
  await withLedger(async (database) => {
    for (const [key, payload] of records.filter(([one]) => one[0] !== BLOCKS.gte[0]))
      assert.equal(Buffer.from((await database.get(key)) ?? []), Buffer.from(payload))
    return []
  })
  await net.cluster.heal([slug])
})

test('without CURRENT it refuses; repaired it comes back to the tip, its vote log as it was', async () => {
  await someMoreFinal()
  const { slug, url } = spoiltNode
  await net.cluster.kill([slug])
  await rm(join(ledgerPath(), 'CURRENT'))
  assert.is((await runLine(['repair', '--plan'])).code, 65)
  const applied = await runLine(['repair', '--apply'])
  assert.is(applied.code, 0, applied.text)
  assert.is((await runLine(['repair', '--plan'])).code, 0)
  await net.cluster.heal([slug])
  await waitFor('the node to be back at the tip', async () => {
    const [own, others] = await Promise.all([readView(url), heightOf(urls[0] as string)])
    return own?.state === 'ready' && own.height >= others - 1 ? true : undefined
  })
  await someMoreFinal()
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
})

test('without its vote log it follows the others, and says which key never votes again and why', async () => {
  const { slug, url } = spoiltNode
  await net.cluster.kill([slug])
  await rm(dataPaths(spoiltNode.dataFolder).sign, { recursive: true })
  assert.is((await runLine(['repair', '--apply'])).code, 0)
  await net.cluster.heal([slug])
  const view = await waitFor('the node to say that it is stopped', async () => {
    const asked = await readView(url)
    return asked?.state === 'stopped' ? asked : undefined
  })
  assert.match(view.sentence, /vote log was lost.*never votes again/)
  await someMoreFinal()
  assert.is(new Set((await rootsOf(urls)).roots).size, 1)
})

test.run()

function ledgerPath(): string {
  return dataPaths(spoiltNode.dataFolder).ledger
}

/** Opens the ledger of the stopped node: that also moves what LevelDB's log holds into a table. */
async function withLedger(
  look: (database: Database) => Promise<readonly Entry[]>
): Promise<readonly Entry[]> {
  const marker = await readMarker(dataPaths(spoiltNode.dataFolder).marker)
  assert.ok(marker)
  const { uuid, networkId, schemaVersion } = marker
  const database = await openDatabase(
    { path: ledgerPath(), identity: { uuid, networkId, schemaVersion }, create: false },
    { onWriteFailure: () => undefined }
  )
  try {
    return await look(database)
  } finally {
    await database.close()
  }
}

async function some(database: Database, range: KeyRange, count: number): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const page of database.iterate({ ...range, limit: count })) entries.push(...page)
  return entries
}

async function recordAt(database: Database, key: Uint8Array): Promise<Entry> {
  const payload = await database.get(key)
  assert.ok(payload)
  return [key, payload]
}

async function storageOf(url: string): Promise<StorageView | undefined> {
  try {
    const response = await fetch(`${url}/v1/status`)
    const { status } = (await response.json()) as { status: { storage: StorageView } }
    return status.storage
  } catch {
    // not up yet
    return undefined
  }
}

/** Runs a command on the settings of the stopped node. */
async function runLine(
  args: readonly string[]
): Promise<{ readonly code: number; readonly text: string }> {
  let text = ''
  const write = (content: string | Uint8Array): void => {
    text += String(content)
  }
  const stream = { write }
  const refuse = (): never => {
    throw new Error('no node starts here')
  }
  const config = settingsPath(net.home, spoiltNode.slug)
  const code = await runCommandLine([...args, '--config', config], {
    environment: {},
    stdout: stream,
    stderr: stream,
    onSignal: () => undefined,
    exit: refuse,
    startNode: refuse
  })
  return { code, text }
}

async function verified(flags: readonly string[]): Promise<void> {
  const { code, text } = await runLine(['verify', '--ledger', ...flags])
  assert.is(code, 0, text)
  assert.match(text, /every block gave the same/)
}

/** Waits until the load has seen more messages become final. */
async function someMoreFinal(): Promise<void> {
  const before = load.report().final.length
  await waitFor('more readings to become final', async () =>
    load.report().final.length >= before + MORE ? true : undefined
  )
}
