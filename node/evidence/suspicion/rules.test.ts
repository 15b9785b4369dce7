import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ALERT_RULES_MAX, ALERT_RULES_VERSION, type Profile } from '../../../protocol/index.ts'
import { PROFILE } from '../testing/claimed-device.ts'
import {
  type DeviceFacts,
  emptyWindow,
  FactBook,
  type LastWord,
  type WindowFacts
} from './device-facts.ts'
import { malformedContent } from './malformed-content.ts'
import { isStale, oldAnchors } from './old-anchors.ts'
import { otherEndPoint } from './other-end-point.ts'
import { isOvertaken, overtaken } from './overtaken.ts'
import { isLeap, placeAndTime } from './place-and-time.ts'
import { rateAndSize } from './rate-and-size.ts'
import { metresBetween } from './region-places.ts'
import { RULE_TABLE, RULE_TABLE_VERSION } from './rule-table.ts'
import { silence } from './silence.ts'
import type { Severity, SuspicionRule } from './suspicion-rule.ts'
import { isReturn, twoSessions } from './two-sessions.ts'

const test = suite('rules of suspicion')

const TIME_MS = 1_700_000_000_000
const HERE: LastWord = {
  timeMs: TIME_MS,
  region: 'frankfurt',
  anchorHeight: 500,
  incarnation: 0,
  sequence: 40,
  height: 510,
  carrier: 'aa',
  carrierBefore: 'bb',
  leftAtMs: TIME_MS - 10_000
}

function facts(present: Partial<WindowFacts>, more: Partial<DeviceFacts> = {}): DeviceFacts {
  const window = { ...emptyWindow(TIME_MS), ...present }
  return { deviceId: new Uint8Array(32), last: HERE, present: window, before: null, ...more }
}

/** The severity by a rule; null where it suspects nothing. */
function severityOf(
  rule: SuspicionRule,
  device: DeviceFacts,
  {
    profile = {},
    timeMs = TIME_MS
  }: { readonly profile?: Partial<Profile>; readonly timeMs?: number } = {}
): Severity | null {
  const circumstances = { profile: () => ({ ...PROFILE, ...profile }), timeMs }
  return rule.judge(device, circumstances)?.severity ?? null
}

test('the table is of the version in force, its numbers are known and each rule stands once', () => {
  assert.is(RULE_TABLE_VERSION, ALERT_RULES_VERSION)
  const numbers = RULE_TABLE.map(({ number }) => number)
  assert.equal(numbers, [1, 2, 3, 4, 5, 6, 7, 8])
  assert.ok(numbers.every((number) => number >= 1 && number <= ALERT_RULES_MAX))
})

test('a device of which nothing is special is suspected by no rule', () => {
  const before = { ...emptyWindow(TIME_MS), messages: 60, bytes: 18_000 }
  const usual = facts({ messages: 70, bytes: 21_000 }, { before })
  for (const rule of RULE_TABLE) assert.is(severityOf(rule, usual), null, rule.name)
  for (const rule of RULE_TABLE) assert.is(severityOf(rule, facts({}, { last: null })), null)
})

test('S1: from Frankfurt to Tokyo in an hour is a leap for a ship, and none for an aeroplane', () => {
  const hourLater = { ...HERE, timeMs: TIME_MS + 3_600_000, region: 'tokyo' }
  assert.ok(isLeap(HERE, hourLater, { speedMaxMetresPerSecond: 20 }))
  assert.not(isLeap(HERE, hourLater, { speedMaxMetresPerSecond: 3_000 }))
  const dayLater = { ...hourLater, timeMs: TIME_MS + 86_400_000 }
  assert.not(isLeap(HERE, dayLater, { speedMaxMetresPerSecond: 250 }))
})

test('S1: neighbours and places that nobody knows are no leap', () => {
  const still = { speedMaxMetresPerSecond: 0 }
  const now = TIME_MS + 1
  assert.not(isLeap(HERE, { timeMs: now, region: 'amsterdam' }, still))
  assert.not(isLeap(HERE, { timeMs: now, region: 'hangar-7' }, still))
  assert.not(isLeap({ ...HERE, region: 'hangar-7' }, { timeMs: now, region: 'hangar-7' }, still))
  assert.is(metresBetween('hangar-7', 'tokyo'), undefined)
})

test('S1: the distance over the globe is that of the map', () => {
  const kilometres = (metresBetween('london', 'sydney') ?? 0) / 1_000
  assert.ok(Math.abs(kilometres - 16_990) < 50, String(kilometres))
  assert.is(metresBetween('sydney', 'london'), metresBetween('london', 'sydney'))
})

test('S1: there and back may be a node that was down; more is doubtful, and never more than that', () => {
  assert.is(severityOf(placeAndTime, facts({ leaps: 2 })), null)
  assert.is(severityOf(placeAndTime, facts({ leaps: 3 })), 1)
  assert.is(severityOf(placeAndTime, facts({ leaps: 5_000 })), 1)
  assert.is(severityOf(placeAndTime, facts({ strangeRegions: 1 })), 1)
})

test('S2: silence is told when it is longer than the profile has it, and doubtful when much longer', () => {
  const after = (ms: number): Severity | null =>
    severityOf(silence, facts({}), {
      profile: { silenceMaxMs: 1_000 },
      timeMs: TIME_MS + ms
    })
  assert.is(after(1_000), null)
  assert.is(after(1_001), 0)
  assert.is(after(4_001), 1)
  const unset = { profile: { silenceMaxMs: 0 }, timeMs: TIME_MS + 1_000_000 }
  assert.is(severityOf(silence, facts({}), unset), null)
})

test('S3: who shows an older message than the ledger holds is not the one who spoke last', () => {
  const heard = { incarnation: 0, sequence: 39, anchorHeight: 510 }
  assert.ok(isOvertaken(HERE, heard))
  assert.not(isOvertaken(HERE, { ...heard, sequence: 40 }), 'that is its last word')
  assert.not(isOvertaken(HERE, { ...heard, anchorHeight: 509 }), 'perhaps asked before it spoke')
  assert.not(isOvertaken(HERE, { ...heard, incarnation: 1 }), 'of another life')
  assert.is(severityOf(overtaken, facts({ witnesses: ['01'] })), 0)
  assert.is(severityOf(overtaken, facts({ witnesses: ['01', '02'] })), 1)
})

test('S4: a fixed device that speaks through another member only is told to its owner', () => {
  const before = { ...emptyWindow(TIME_MS), messages: 8, carrier: 'aa', carriers: 1 as const }
  const now = { messages: 8, carrier: 'bb', carriers: 1 as const }
  const fixed = { profile: { speedMaxMetresPerSecond: 0 } }
  assert.is(severityOf(otherEndPoint, facts(now, { before }), fixed), 0)
  assert.is(severityOf(otherEndPoint, facts({ ...now, carrier: 'aa' }, { before }), fixed), null)
  assert.is(severityOf(otherEndPoint, facts({ ...now, carriers: 2 }, { before }), fixed), null)
  assert.is(severityOf(otherEndPoint, facts({ ...now, messages: 7 }, { before }), fixed), null)
  const travelling = { profile: { speedMaxMetresPerSecond: 2 } }
  assert.is(severityOf(otherEndPoint, facts(now, { before }), travelling), null)
})

test('S8: quick returns to the member that was just left are told to the owner when they are many', () => {
  assert.ok(isReturn(HERE, 'bb', TIME_MS))
  assert.not(isReturn(HERE, 'aa', TIME_MS), 'it has stayed')
  assert.not(isReturn(HERE, 'cc', TIME_MS), 'it has gone on')
  assert.not(isReturn(HERE, 'bb', TIME_MS + 60_000), 'long after')
  assert.is(severityOf(twoSessions, facts({ returns: 7 })), null)
  assert.is(severityOf(twoSessions, facts({ returns: 8 })), 0)
})

test('S5: more than a device may send is doubtful; far more than it did is told to its owner', () => {
  assert.is(severityOf(rateAndSize, facts({ excessive: 15 })), null)
  assert.is(severityOf(rateAndSize, facts({ excessive: 16 })), 1)
  const before = { ...emptyWindow(TIME_MS), messages: 10, bytes: 3_000 }
  assert.is(severityOf(rateAndSize, facts({ messages: 79, bytes: 23_700 }, { before })), null)
  assert.is(severityOf(rateAndSize, facts({ messages: 80, bytes: 24_000 }, { before })), 0)
  assert.is(severityOf(rateAndSize, facts({ messages: 64, bytes: 64 * 2_400 }, { before })), 0)
  const few = { ...before, messages: 7 }
  assert.is(severityOf(rateAndSize, facts({ messages: 900, bytes: 9 }, { before: few })), null)
})

test('S6: what no device of the class says is doubtful the third time, grave when it says little else', () => {
  assert.is(severityOf(malformedContent, facts({ malformed: 2, messages: 2 })), null)
  assert.is(severityOf(malformedContent, facts({ malformed: 3, messages: 300 })), 1)
  assert.is(severityOf(malformedContent, facts({ malformed: 32, messages: 65 })), 1)
  assert.is(severityOf(malformedContent, facts({ malformed: 32, messages: 64 })), 2)
})

test('S7: an anchor falls back when another node is asked, but not by hundreds of blocks, nor often', () => {
  assert.not(isStale(HERE, 500))
  assert.not(isStale(HERE, 436))
  assert.ok(isStale(HERE, 435))
  assert.not(isStale(HERE, 0), 'who trusts no node names block 0')
  assert.is(severityOf(oldAnchors, facts({ staleAnchors: 2 })), null)
  assert.is(severityOf(oldAnchors, facts({ staleAnchors: 3 })), 1)
  assert.is(severityOf(oldAnchors, facts({ oldStrays: 1 })), 2)
})

test('facts have a bound, and a round comes to every device although others come and go', () => {
  const book = new FactBook()
  const idOf = (number: number): Uint8Array => {
    const id = new Uint8Array(32)
    new DataView(id.buffer).setUint32(0, number)
    return id
  }
  for (let number = 0; number < 9_000; number++) book.at(idOf(number), 0)
  assert.is(book.size, 8_192)
  const seen = new Set<DeviceFacts>()
  for (let round = 0; round < 600; round++) for (const one of book.next(16)) seen.add(one)
  assert.is(seen.size, 8_192)
})

test('a window that is over is the one before, unless a whole one lies between', () => {
  const book = new FactBook()
  const id = new Uint8Array(32)
  book.at(id, 0).present.messages = 5
  assert.is(book.at(id, 100).before?.messages, 5)
  assert.is(book.at(id, 100).present.messages, 0)
  assert.is(book.at(id, 200).before, null, 'it said nothing in the second')
})

test.run()
