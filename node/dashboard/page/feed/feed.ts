/**
 * The feed: asks the node how it is, listens to what it tells, and fills the store with both.
 *
 * How members are reached is no event of the ledger, so status and members are always asked for.
 * Blocks are asked for only where no events come.
 *
 * @module
 */

import { batch } from '@preact/signals'
import { addBlock, BLOCKS_MAX } from '../state/history.ts'
import type { Store } from '../state/store.ts'
import type { BlockAnswer, DeviceAnswer, Member, Motion, NodeStatus } from './answers.ts'
import { AskError, askJson, askTimed } from './ask.ts'
import { narrowOffset } from './clock-offset.ts'
import { listen } from './event-reader.ts'
import { takeEvent } from './take-event.ts'

const POLL_MS = 1_000
/** A page that nobody sees asks seldom. */
const HIDDEN_POLL_MS = 15_000
const MOTIONS_EVERY = 5
const STANDINGS_EVERY = 10
/** Devices whose record is asked for: those that stand in the list. */
const STANDINGS_MAX = 12
/** Blocks that are asked for in one round, where no events come. */
const CATCH_UP_MAX = 12
const TICK_MS = 100

/** Starts to fill a store, for as long as the page is open. */
export function startFeed(store: Store): void {
  setInterval(() => {
    if (!document.hidden) store.tickMs.value = Date.now()
  }, TICK_MS)
  void poll(store)
}

async function poll(store: Store): Promise<void> {
  let isListening = false
  for (let round = 0; ; round++) {
    await askRound(store, round)
    const { status, news } = store
    if (!isListening && status.value !== null) {
      isListening = true
      listenFrom(store, Math.max(0, status.value.height - BLOCKS_MAX))
    }
    if (news.value === 'asked' && status.value !== null) await askBlocks(store, status.value.height)
    await pause(document.hidden ? HIDDEN_POLL_MS : POLL_MS)
  }
}

function listenFrom(store: Store, height: number): void {
  const fall = (): void => {
    store.news.value = 'asked'
  }
  listen(height, {
    onEvent: (event) => takeEvent(store, event),
    onFlow: (flows) => {
      store.news.value = flows ? 'told' : 'asked'
    }
  }).then(fall, fall)
}

async function askRound(store: Store, round: number): Promise<void> {
  try {
    const [timed, { members }] = await Promise.all([
      askTimed<{ status: NodeStatus }>('/v1/status'),
      askJson<{ members: readonly Member[] }>('/v1/members')
    ])
    batch(() => {
      store.clock.value = narrowOffset(store.clock.value, timed)
      store.status.value = timed.answer.status
      store.members.value = members
      store.firstHeight.value ??= timed.answer.status.height
      store.silentSinceMs.value = null
      store.refusal.value = null
    })
    if (round % MOTIONS_EVERY === 0) await askMotions(store)
    if (round % STANDINGS_EVERY === 1) await askStandings(store)
  } catch (error) {
    noteTrouble(store, error)
  }
}

/** A refusal is no silence: the node is there, and says what it wants. */
function noteTrouble(store: Store, error: unknown): void {
  if (error instanceof AskError && error.status > 0 && error.status < 500)
    store.refusal.value = `${error.message} (${error.code})`
  else store.silentSinceMs.value ??= Date.now()
}

async function askMotions(store: Store): Promise<void> {
  const { motions } = await askJson<{ motions: readonly Motion[] }>('/v1/motions')
  store.motions.value = motions
}

async function askStandings(store: Store): Promise<void> {
  const shown = [...store.devices.value.keys()].reverse().slice(0, STANDINGS_MAX)
  const answers = await Promise.all(
    shown.map((id) =>
      askJson<{ device: DeviceAnswer }>(`/v1/devices/${id}`).then(
        ({ device }) => device,
        () => undefined
      )
    )
  )
  const found = answers.filter((answer) => answer !== undefined)
  store.standings.value = new Map(found.map((answer) => [answer.deviceId, answer]))
}

async function askBlocks(store: Store, height: number): Promise<void> {
  const known = store.blocks.value.at(-1)?.height ?? height - CATCH_UP_MAX
  const from = Math.max(1, known + 1, height - CATCH_UP_MAX + 1)
  for (let next = from; next <= height; next++) {
    try {
      const { block } = await askJson<{ block: BlockAnswer }>(`/v1/blocks/${next}`)
      const { blockId, timeMs, transactionCount } = block
      const point = { height: next, blockId, timeMs, transactionCount, finalityMs: null }
      store.blocks.value = addBlock(store.blocks.value, point)
    } catch {
      // Pruned, or the node is gone: the next round tells which.
      return
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
