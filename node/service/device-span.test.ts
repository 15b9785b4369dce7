import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DeviceRecord, devices, type LedgerReader, toHex } from '../../protocol/index.ts'
import type { HistorySpan } from '../history-span.ts'
import type { ArchivedTransaction } from './archive.ts'
import type { HistoryPorts } from './device-history.ts'
import { readSpan } from './device-span.ts'

const test = suite('a stretch of the history of a device')

const DEVICE_ID = new Uint8Array(32).fill(1)
const OTHER_ID = new Uint8Array(32).fill(2)
const SECOND_MS = 1_000

/** The id of a message; of the act that began the incarnation for sequence 0. */
function idOf(incarnation: number, sequence: number): Uint8Array {
  const id = new Uint8Array(32).fill(7)
  new DataView(id.buffer).setUint32(0, incarnation)
  new DataView(id.buffer).setUint32(4, sequence)
  return id
}

interface Story {
  /** How many messages each incarnation has. */
  readonly lengths: readonly number[]
  /** Transactions that were pruned, from the first one on. */
  readonly pruned?: number
  readonly knowsEnds?: boolean
}

/** One transaction a second, acts among them. */
function portsOf({ lengths, pruned = 0, knowsEnds = true }: Story): HistoryPorts {
  const all = lengths.flatMap((length, incarnation) =>
    Array.from({ length: length + 1 }, (_, sequence) => ({ incarnation, sequence }))
  )
  const byId = new Map<string, ArchivedTransaction>()
  for (const [place, { incarnation, sequence }] of all.entries()) {
    if (place < pruned) continue
    const id = idOf(incarnation, sequence)
    const message = {
      kind: 'device-message',
      deviceId: DEVICE_ID,
      ...{ incarnation, sequence, contentKind: 0, dataKeyEpoch: 0 },
      previousMessageId: idOf(incarnation, sequence - 1)
    }
    byId.set(toHex(id), {
      transaction: {
        id,
        body: sequence === 0 ? { kind: 'rotate' } : message,
        attachment: new Uint8Array(0)
      },
      stored: { block: { header: { height: place + 1, timeMs: place * SECOND_MS } } },
      position: 0,
      outcome: { outcome: 'applied', code: null }
    } as unknown as ArchivedTransaction)
  }
  const headOf = (ended: number): Uint8Array => idOf(ended, lengths[ended] as number)
  const present = lengths.length - 1
  const device = { incarnation: present, headMessageId: headOf(present), rival: null }
  const state = {
    read: (table: { readonly number: number }, key: Uint8Array) =>
      table.number === devices.number && toHex(key) === toHex(DEVICE_ID)
        ? (device as unknown as DeviceRecord)
        : undefined
  } as unknown as LedgerReader
  return {
    state,
    find: (id) => byId.get(toHex(id)),
    endOf: (_id, ended) =>
      knowsEnds ? { headMessageId: headOf(ended), rivalHeadId: null } : undefined,
    pause: async () => undefined
  }
}

/** All pages, one after the other, each by where the one before ended. */
async function readAll(
  story: Story,
  span: Partial<HistorySpan>
): Promise<{ readonly places: readonly string[]; readonly isCutOff: boolean }> {
  const ports = portsOf(story)
  const places: string[] = []
  let at: Uint8Array | null = null
  for (;;) {
    const page = await readSpan(
      DEVICE_ID,
      { limit: 3, fromMs: null, toMs: null, ...span, at },
      ports
    )
    if (page === null) throw new Error('the device is known')
    assert.ok(page.readings.length <= (span.limit ?? 3))
    places.push(...page.readings.map(({ incarnation, sequence }) => `${incarnation}/${sequence}`))
    if (page.next === null) return { places, isCutOff: page.isCutOff }
    at = page.next
  }
}

test('pages of any length give every message once, newest first, over all incarnations', async () => {
  const lengths = fc.array(fc.nat(6), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer({ min: 1, max: 8 }), async (drawn, limit) => {
      const expected = drawn
        .flatMap((length, incarnation) =>
          Array.from({ length }, (_, index) => `${incarnation}/${index + 1}`)
        )
        .toReversed()
      assert.equal(await readAll({ lengths: drawn }, { limit }), {
        places: expected,
        isCutOff: false
      })
    })
  )
})

test('both bounds belong to the span, and what is older than it is not looked for', async () => {
  const story = { lengths: [5], pruned: 2 }
  const span = { fromMs: 3 * SECOND_MS, toMs: 4 * SECOND_MS }
  assert.equal(await readAll(story, span), { places: ['0/4', '0/3'], isCutOff: false })
})

test('a span far back is reached in several pages, of which the first may be empty', async () => {
  const story = { lengths: [1_200] }
  const first = await readSpan(
    DEVICE_ID,
    { limit: 5, fromMs: null, toMs: 2 * SECOND_MS, at: null },
    portsOf(story)
  )
  assert.equal(first?.readings, [])
  assert.ok(first?.next)
  assert.equal((await readAll(story, { toMs: 2 * SECOND_MS })).places, ['0/2', '0/1'])
})

test('what was pruned is said to be cut off, wherever the cut lies', async () => {
  assert.equal(await readAll({ lengths: [4], pruned: 3 }, {}), {
    places: ['0/4', '0/3'],
    isCutOff: true
  })
  assert.equal(await readAll({ lengths: [4], pruned: 5 }, {}), { places: [], isCutOff: true })
  assert.equal(await readAll({ lengths: [2, 2], knowsEnds: false }, {}), {
    places: ['1/2', '1/1'],
    isCutOff: true
  })
  const gone = { limit: 1, fromMs: null, toMs: null, at: idOf(0, 1) }
  assert.equal(await readSpan(DEVICE_ID, gone, portsOf({ lengths: [4], pruned: 3 })), {
    readings: [],
    next: null,
    isCutOff: true
  })
})

test('there is none of an unknown device, nor from what another one said or was done to it', async () => {
  const span = { limit: 1, fromMs: null, toMs: null, at: null }
  const ports = portsOf({ lengths: [2] })
  assert.is(await readSpan(OTHER_ID, span, ports), null)
  assert.is(await readSpan(DEVICE_ID, { ...span, at: idOf(0, 0) }, ports), null)
})

test.run()
