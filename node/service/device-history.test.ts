import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type DeviceRecord,
  type DisputeRecord,
  devices,
  disputeKey,
  disputes,
  type LedgerReader,
  toHex
} from '../../protocol/index.ts'
import type { HistoryPage } from '../ledger-service.ts'
import type { ArchivedTransaction } from './archive.ts'
import { type HistoryPorts, readHistory } from './device-history.ts'

const test = suite('the history of a device')

const DEVICE_ID = new Uint8Array(32).fill(1)
const ACT = 0

/** The id of a message: by incarnation, branch and sequence. */
function idOf(incarnation: number, sequence: number, branch = 0): Uint8Array {
  return new Uint8Array(32).fill(100 * incarnation + 10 * branch + sequence + 2)
}

function messageAt(
  incarnation: number,
  sequence: number,
  { branch = 0, previous = idOf(incarnation, sequence - 1, branch) } = {}
): ArchivedTransaction {
  const body = {
    kind: 'device-message',
    incarnation,
    sequence,
    previousMessageId: previous,
    contentKind: 0,
    dataKeyEpoch: 0
  }
  const id = idOf(incarnation, sequence, branch)
  return {
    transaction: { id, body, attachment: new Uint8Array(0) },
    stored: { block: { header: { height: 7, timeMs: 8 } } },
    position: 0,
    outcome: { outcome: 'applied', code: null }
  } as unknown as ArchivedTransaction
}

/** Two incarnations of three messages each; the first was forked at its second message. */
function portsOf(dispute: DisputeRecord | null): HistoryPorts {
  const messages = [
    ...[1, 2, 3].map((sequence) => messageAt(0, sequence)),
    messageAt(0, 3, { branch: 1, previous: idOf(0, 2, 1) }),
    ...[1, 2, 3].map((sequence) =>
      messageAt(1, sequence, sequence === 1 ? { previous: new Uint8Array(32).fill(ACT) } : {})
    )
  ]
  const byId = new Map(messages.map((one) => [toHex(one.transaction.id), one]))
  const device = { incarnation: 1, headMessageId: idOf(1, 3), rival: null }
  const records = new Map<string, unknown>([
    [`${devices.number}/${toHex(DEVICE_ID)}`, device as unknown as DeviceRecord]
  ])
  if (dispute !== null)
    records.set(`${disputes.number}/${toHex(disputeKey(DEVICE_ID, 0))}`, dispute)
  const state = {
    read: (table: { readonly number: number }, key: Uint8Array) =>
      records.get(`${table.number}/${toHex(key)}`)
  } as unknown as LedgerReader
  return {
    state,
    find: (id) => byId.get(toHex(id)),
    endOf: (_id, incarnation) =>
      incarnation === 0 ? { headMessageId: idOf(0, 3), rivalHeadId: idOf(0, 3, 1) } : undefined,
    pause: async () => undefined
  }
}

async function placesOf(
  page: Partial<HistoryPage>,
  dispute: DisputeRecord | null = null
): Promise<readonly string[]> {
  const all = { limit: 10, beforeSequence: null, incarnation: null, isRival: false, ...page }
  const readings = await readHistory(DEVICE_ID, all, portsOf(dispute))
  return (readings ?? []).map(({ incarnation, sequence, marks }) =>
    [`${incarnation}/${sequence}`, ...marks].join(' ')
  )
}

test('what was said before the keys changed is still read, newest first', async () => {
  const contested = ['0/3 contested', '0/2 contested', '0/1']
  assert.equal(await placesOf({}), ['1/3', '1/2', '1/1', ...contested])
  assert.equal(await placesOf({ limit: 4 }), ['1/3', '1/2', '1/1', '0/3 contested'])
  assert.equal(await placesOf({ beforeSequence: 3 }), ['1/2', '1/1'])
  assert.equal(await placesOf({ incarnation: 0, beforeSequence: 3 }), contested.slice(1))
})

test('the branch that its owner disowns is marked from where it is disputed on, and the other is not', async () => {
  const rival = { branch: 1, fromSequence: 2, atHeight: 9 }
  assert.equal(await placesOf({ incarnation: 0, isRival: true }, rival), ['0/3 contested disputed'])
  assert.equal(await placesOf({ incarnation: 0 }, rival), ['0/3 contested', '0/2 contested', '0/1'])
  const ledger = { branch: 0, fromSequence: 3, atHeight: 9 }
  assert.equal(await placesOf({ incarnation: 0 }, ledger), [
    '0/3 contested disputed',
    '0/2 contested',
    '0/1'
  ])
})

test('of a device that nobody claimed there is no history', async () => {
  const page = { limit: 1, beforeSequence: null, incarnation: null, isRival: false }
  assert.is(await readHistory(new Uint8Array(32), page, portsOf(null)), null)
})

test.run()
