import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FleetDevice } from '../benchmarks/fleet.ts'
import type { RegionName } from '../regions/latencies.ts'
import { type LastHop, openLastHop } from './last-hop.ts'
import { type LiveNet, openLiveNet, waitFor } from './live-net.ts'
import { registerFleet } from './spoken.ts'
import { type PhoneRead, startPhone, type TravellingPhone } from './travelling-phone.ts'

const test = suite('a phone that travels between regions')

const STAY_MS = 5_000
const JOURNEY: readonly RegionName[] = [
  'stockholm',
  'virginia',
  'tokyo',
  'stockholm',
  'virginia',
  'tokyo'
]
/** Where the nearest node is killed in the middle of the stay, and stays down until the journey ends. */
const KILLED_AT = 4
const HISTORY_PAGE = 200

let net: LiveNet
let hop: LastHop
let phone: TravellingPhone
let device: FleetDevice

interface HistoryPage {
  readonly readings: readonly {
    readonly outcome: string
    readonly records: readonly { readonly v: number }[]
  }[]
  readonly next: string | null
  readonly pruned: object | null
}

test.before(async () => {
  net = await openLiveNet(4, 0, { regionSet: 'global' })
  device = (await registerFleet(net, 1))[0] as FleetDevice
  hop = await openLastHop(net.nodes)
  phone = await startPhone(net.network, device, hop.urls)
})
test.after(async () => {
  await hop?.close()
  await net?.close()
})

/** The steps that a node holds for said by the phone, newest first. */
async function stepsAt(url: string): Promise<readonly number[]> {
  const steps: number[] = []
  let at = ''
  for (;;) {
    const path = `/v1/devices/${Buffer.from(device.deviceId).toString('hex')}/history`
    const answer = await fetch(`${url}${path}?limit=${HISTORY_PAGE}${at}`)
    const { readings, next, pruned } = (await answer.json()) as HistoryPage
    assert.is(pruned, null)
    for (const { outcome, records } of readings) {
      assert.is(outcome, 'applied')
      steps.push(records[0]?.v as number)
    }
    if (next === null) return steps
    at = `&at=${next}`
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** Of a stay: which nodes were asked, how far they are, and how long a proved read took. */
function tell(place: RegionName, reads: readonly PhoneRead[]): void {
  for (const url of new Set(reads.map((read) => read.url))) {
    const some = reads.filter((read) => read.url === url)
    const took = medianOf(some.map(({ tookMs }) => tookMs))
    const { slug = '?' } = hop.nodeAt(url) ?? {}
    process.stdout.write(
      `in ${place}: ${some.length} proved reads at ${slug}, median ${took.toFixed(1)} ms,` +
        ` of which the last hop is ${hop.roundTripMs(place, url)} ms\n`
    )
  }
}

test('every write is final once and no read goes back, though a node is killed on the way', async () => {
  for (const [stay, place] of JOURNEY.entries()) {
    const from = phone.reads.length
    hop.moveTo(place)
    await phone.roaming.moved()
    if (stay === KILLED_AT) {
      await sleep(STAY_MS / 2)
      await net.cluster.kill([place])
      await sleep(STAY_MS / 2)
    } else await sleep(STAY_MS)
    tell(place, phone.reads.slice(from))
  }
  await phone.finish()
  const { reads, troubles } = phone
  const counts = [...new Set(troubles)].map(
    (kind) => `${kind} ${troubles.filter((one) => one === kind).length}`
  )
  process.stdout.write(
    `${phone.said()} writes, ${reads.length} reads; on the way: ${counts.join(', ') || 'no trouble'}\n`
  )
  assert.ok(phone.said() > JOURNEY.length)
  assert.is(phone.settled(), phone.said())
  for (const [index, read] of reads.entries()) {
    const before = reads[index - 1] ?? { height: 0, sequence: 0 }
    assert.ok(read.height >= before.height, `${before.height} was seen before ${read.height}`)
    assert.ok(read.sequence >= before.sequence)
  }
  const nearest = JOURNEY.map((place) => hop.urls.find((url) => hop.nodeAt(url)?.region === place))
  for (const url of new Set(nearest))
    assert.ok(
      reads.some((read) => read.url === url),
      'each nearest node was asked'
    )
})

test('every node has every step once, in its order, the one that was killed as well', async () => {
  await net.cluster.heal([])
  const expected = Array.from({ length: phone.said() }, (_, step) => step)
  for (const { url, slug } of net.nodes)
    await waitFor(`all steps at ${slug}`, async () => {
      const steps = await stepsAt(url).catch(() => [])
      if (steps.length < expected.length) return undefined
      assert.equal(steps.toReversed(), expected, slug)
      return true
    })
  assert.equal(net.ends, [])
})

test.run()
