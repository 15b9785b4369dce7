/**
 * Listens to the node's events, again and again, from where it stopped.
 *
 * @module
 */

import { askHeaders } from './ask.ts'
import { EventParser, type ServerEvent } from './event-parser.ts'

/** What a listener is told. */
export interface EventListener {
  readonly onEvent: (event: ServerEvent) => void
  /** Whether events come at present; polling goes on as long as they do not. */
  readonly onFlow: (flows: boolean) => void
}

/** The node beats every 15 seconds: three beats missed is a dead connection. */
const SILENCE_MAX_MS = 45_000
const RETRY_MIN_MS = 2_000
const RETRY_MAX_MS = 60_000
const EVENTS_PATH = '/v1/events'
/** A node of an earlier version has no events at all, and is not asked again. */
const NOT_OFFERED = 404

/** Listens from a height on, as long as the page is open. */
export async function listen(afterHeight: number, listener: EventListener): Promise<void> {
  let after = String(afterHeight)
  let retryMs = RETRY_MIN_MS
  for (;;) {
    const end = await readOnce(after, listener).catch(() => ({ status: 0, lastId: null }))
    listener.onFlow(false)
    if (end.status === NOT_OFFERED) return
    after = end.lastId ?? after
    retryMs = end.lastId === null ? Math.min(2 * retryMs, RETRY_MAX_MS) : RETRY_MIN_MS
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

/** Reads one connection to its end. */
async function readOnce(
  after: string,
  { onEvent, onFlow }: EventListener
): Promise<{ readonly status: number; readonly lastId: string | null }> {
  const abort = new AbortController()
  const response = await fetch(`${EVENTS_PATH}?after=${after}`, {
    headers: askHeaders('text/event-stream'),
    signal: abort.signal
  })
  const reader = response.body?.getReader()
  if (!response.ok || reader === undefined) {
    await reader?.cancel()
    return { status: response.status, lastId: null }
  }
  onFlow(true)
  const parser = new EventParser()
  const decoder = new TextDecoder()
  let timer = setTimeout(() => abort.abort(), SILENCE_MAX_MS)
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      clearTimeout(timer)
      timer = setTimeout(() => abort.abort(), SILENCE_MAX_MS)
      const events = parser.push(decoder.decode(value, { stream: true }))
      if (events === null) break
      for (const event of events) onEvent(event)
    }
  } catch {
    // Broken off: what was read counts, and the next connection goes on after it.
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
  return { status: response.status, lastId: parser.lastId }
}
