import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BlockId,
  type CoreState,
  type Effect,
  type MemberIndex,
  type News,
  openCore,
  step,
  type View
} from '../../protocol/index.ts'
import { ELECTORATE } from '../testing/small-network.ts'
import { Driver, type EffectPorts } from './driver.ts'

const test = suite('the driver of the core')

const KINDS: readonly Effect['kind'][] = [
  'record-votes',
  'send-vote',
  'send-proposal',
  'send-certificate',
  'send-status',
  'set-timer',
  'cancel-timer',
  'verify-votes',
  'verify-certificate',
  'obtain-batches',
  'fetch-block',
  'fetch-certificates',
  'catch-up',
  'execute-block',
  'build-block',
  'push-batches',
  'commit-blocks',
  'confirm-block',
  'report-evidence',
  'penalise',
  'raise-alarm'
]

function core(): CoreState {
  return openCore({
    pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
    electorate: ELECTORATE,
    self: 0 as MemberIndex,
    instance: 1,
    committed: {
      blockId: '00'.repeat(32) as BlockId,
      height: 0,
      view: 0 as View,
      isSealDue: false
    },
    highestOwnVote: 0,
    ownVotes: [],
    certificates: [],
    blocks: [],
    nowMs: 0
  })
}

const portsOf = (carry: (effect: Effect) => Promise<void> | void): EffectPorts =>
  Object.fromEntries(KINDS.map((kind) => [kind, carry])) as unknown as EffectPorts

const NEWS: readonly News[] = [
  { kind: 'started' },
  { kind: 'member-connected', member: 1 as MemberIndex },
  { kind: 'timer-fired', timer: 'heartbeat', view: 0 as View },
  { kind: 'member-connected', member: 1 as MemberIndex }
]

/** The effects of the news, as the core itself says them. */
function expectedEffects(): Effect[] {
  const state = core()
  return NEWS.flatMap((news) => [...step(state, { ...news, nowMs: 5, timeMs: 6 })])
}

const clock = { nowMs: () => 5, timeMs: () => 6 }
const settle = async (driver: Driver): Promise<void> => {
  for (let turn = 0; turn < 100 && driver.queueLength > 0; turn++)
    await new Promise((resolve) => setImmediate(resolve))
  await driver.stop()
}

test('effects are carried out in the order in which the core asks for them', async () => {
  const done: Effect[] = []
  const driver = new Driver(core(), {
    ...clock,
    effects: portsOf((effect) => void done.push(effect)),
    onFailure: (error) => assert.unreachable(String(error))
  })
  for (const news of NEWS) void driver.post(news)
  await settle(driver)
  assert.ok(done.length > 5)
  assert.equal(done, expectedEffects())
})

test('an effect is finished before the next one starts, however long it takes', async () => {
  const log: string[] = []
  const driver = new Driver(core(), {
    ...clock,
    effects: portsOf(async ({ kind }) => {
      log.push(`begin ${kind}`)
      for (let turn = 0; turn < log.length % 3; turn++)
        await new Promise((resolve) => setImmediate(resolve))
      log.push(`end ${kind}`)
    }),
    onFailure: (error) => assert.unreachable(String(error))
  })
  for (const news of NEWS) void driver.post(news)
  while (log.length < 2 * expectedEffects().length)
    await new Promise((resolve) => setImmediate(resolve))
  await driver.stop()
  assert.equal(
    log,
    expectedEffects().flatMap(({ kind }) => [`begin ${kind}`, `end ${kind}`])
  )
})

test('news posted by an effect waits until all effects before it are done', async () => {
  const log: string[] = []
  const driver: Driver = new Driver(core(), {
    ...clock,
    effects: portsOf(({ kind }) => {
      if (log.length === 0) void driver.post({ kind: 'member-connected', member: 1 as MemberIndex })
      log.push(kind)
    }),
    onFailure: (error) => assert.unreachable(String(error))
  })
  void driver.post({ kind: 'started' })
  await settle(driver)
  const state = core()
  const first = step(state, { kind: 'started', nowMs: 5, timeMs: 6 }).map(({ kind }) => kind)
  assert.equal(log.slice(0, first.length), first)
  assert.ok(log.length > first.length)
})

for (const [name, fail] of [
  [
    'throws',
    () => {
      throw new Error('no')
    }
  ],
  ['rejects', () => Promise.reject(new Error('no'))]
] as readonly (readonly [string, () => Promise<void>])[])
  test(`an effect that ${name} stops the driver, and the core never steps again`, async () => {
    const errors: unknown[] = []
    let carried = 0
    const driver = new Driver(core(), {
      ...clock,
      effects: portsOf(() => {
        carried++
        return fail()
      }),
      onFailure: (error) => errors.push(error)
    })
    void driver.post({ kind: 'started' })
    void driver.post({ kind: 'member-connected', member: 1 as MemberIndex })
    await settle(driver)
    assert.is(errors.length, 1)
    assert.is(carried, 1)
    assert.is(driver.post({ kind: 'started' }), undefined)
    assert.is(carried, 1)
  })

test('whoever feeds a long queue is made to wait, and let go when it is short again', async () => {
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const driver = new Driver(core(), {
    ...clock,
    effects: portsOf(() => gate),
    onFailure: (error) => assert.unreachable(String(error))
  })
  void driver.post({ kind: 'started' })
  const waits: (Promise<void> | undefined)[] = []
  for (let count = 0; count < 600; count++)
    waits.push(driver.post({ kind: 'timer-fired', timer: 'heartbeat', view: 99 as View }))
  assert.is(driver.queueLength, 600)
  assert.is(waits.filter((wait) => wait === undefined).length, 512)
  open()
  await Promise.all(waits)
  assert.ok(driver.queueLength <= 512)
  await driver.stop()
})

test('a stop ends the effect under way, lets go who waits, and takes nothing more', async () => {
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let carried = 0
  const driver = new Driver(core(), {
    ...clock,
    effects: portsOf(() => {
      carried++
      return gate
    }),
    onFailure: (error) => assert.unreachable(String(error))
  })
  void driver.post({ kind: 'started' })
  const waits = Array.from({ length: 600 }, () =>
    driver.post({ kind: 'member-connected', member: 1 as MemberIndex })
  )
  const stopping = driver.stop()
  open()
  await stopping
  await Promise.all(waits)
  assert.is(carried, 1)
  assert.is(driver.post({ kind: 'started' }), undefined)
  assert.is(driver.queueLength, 0)
})

test.run()
