import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { News, TimerName, View } from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { Timers } from './timers.ts'

const test = suite("the core's timers")

const NAME: TimerName = 'heartbeat'
const OTHER: TimerName = 'hold'
const view = (number: number): View => number as View

/** Timers with what they reported, and a wait that keeps the process up. */
function create(): {
  readonly timers: Timers
  readonly fired: string[]
  readonly pause: (delayMs: number) => Promise<void>
} {
  const fired: string[] = []
  const timers = new Timers({
    clock: systemClock,
    post: (news: News) => {
      if (news.kind === 'timer-fired') fired.push(`${news.timer}/${news.view}`)
    }
  })
  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, delayMs)
    })
  return { timers, fired, pause }
}

test('a timer reports once, with its name and view', async () => {
  const { timers, fired, pause } = create()
  timers.set(NAME, view(3), 0)
  while (fired.length === 0) await pause(1)
  await pause(5)
  assert.equal(fired, ['heartbeat/3'])
})

test('one of the same name and view is replaced, others are not', async () => {
  const { timers, fired, pause } = create()
  timers.set(NAME, view(1), 0)
  timers.set(NAME, view(1), 1)
  timers.set(OTHER, view(1), 0)
  timers.set(NAME, view(2), 0)
  while (fired.length < 3) await pause(1)
  await pause(5)
  assert.equal(fired.sort(), ['heartbeat/1', 'heartbeat/2', 'hold/1'])
})

test('a cancelled timer says nothing, and cancelling none is nothing', async () => {
  const { timers, fired, pause } = create()
  timers.set(NAME, view(1), 1)
  timers.set(NAME, view(2), 1)
  timers.cancel(NAME, view(1))
  timers.cancel(OTHER, view(9))
  while (fired.length === 0) await pause(1)
  await pause(5)
  assert.equal(fired, ['heartbeat/2'])
})

test('after a stop nothing is reported', async () => {
  const { timers, fired, pause } = create()
  for (let number = 0; number < 10; number++) timers.set(NAME, view(number), 1)
  timers.stop()
  await pause(10)
  assert.equal(fired, [])
})

test('a delay beyond what the clock can wait for does not end at once', async () => {
  const { timers, fired, pause } = create()
  for (const delayMs of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])
    timers.set(NAME, view(delayMs), delayMs)
  await pause(20)
  assert.equal(fired, [])
  timers.stop()
})

test.run()
