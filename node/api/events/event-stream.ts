/**
 * One stream of Server-Sent Events.
 *
 * Every event carries its id, and so does every heartbeat, so that a client that hears nothing for
 * long does not go back far when it comes again.
 *
 * @see WHATWG HTML §9.2 Server-sent events
 * @module
 */

import type { ServerResponse } from 'node:http'
import { repeat } from '../../clock.ts'
import { EventCursor } from './event-cursor.ts'
import type { EventDesk, EventWish } from './event-desk.ts'
import { EventSink } from './event-sink.ts'

/** The media type of a stream. */
export const EVENT_STREAM_TYPE = 'text/event-stream'

/** Below the half minute after which proxies give up a silent connection. */
const HEARTBEAT_MS = 15_000
/** What clients are told to wait before they come again. */
const RETRY_MS = 2_000

/** Serves a listener until he goes, is too slow or the node stops. The head was written already. */
export function beginEventStream(
  response: ServerResponse,
  wish: EventWish,
  { source, clock, stallMaxMs, reportEnd }: EventDesk
): { readonly end: () => void; readonly ended: Promise<void> } {
  const sink = new EventSink({
    clock,
    stallMaxMs,
    write: (text, onTaken) => void response.write(text, onTaken)
  })
  const cursor = new EventCursor(wish, {
    source,
    whenRoom: () => sink.whenRoom(),
    send: ({ id, kind, data }) => sink.send(`id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`),
    hasRoom: () => sink.hasRoom,
    // Without an id: what was not final is nothing to go on after.
    sendRevocable: ({ kind, data }) => sink.send(`event: ${kind}\ndata: ${data}\n\n`),
    sendReset: (reset) =>
      sink.send(`id: ${reset.nextHeight - 1}\nevent: reset\ndata: ${JSON.stringify(reset)}\n\n`)
  })
  sink.send(`retry: ${RETRY_MS}\n\n`)
  const stopBeating = repeat(clock, HEARTBEAT_MS, () => {
    if (sink.queued === 0) sink.send(`: alive\nid: ${cursor.seenHeight}\n\n`)
  })
  const close = (): void => {
    sink.close()
    cursor.close()
  }
  response.once('close', close)
  if (response.destroyed) close()
  const ended = cursor
    .run()
    // A client comes again by itself, and goes on where it was.
    .catch(reportEnd)
    .then((end) => {
      stopBeating()
      close()
      // What a slow listener has not taken would wait for ever.
      if (end === 'stalled') response.destroy()
      else response.end()
    })
  return { end: close, ended }
}
