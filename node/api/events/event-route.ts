/**
 * The route of Server-Sent Events.
 *
 * @module
 */

import * as z from 'zod'
import { createRoute, problem, type Route } from '../route.ts'
import { nothing } from '../shapes.ts'
import { createFilter, deviceName, eventKind, FILTER_DEVICES_MAX } from './event-filter.ts'
import { parsePosition } from './event-position.ts'
import { beginEventStream, EVENT_STREAM_TYPE } from './event-stream.ts'
import { ASKED_KINDS } from './ledger-event.ts'

/** What a listener without a place is told to wait. */
const PLACE_RETRY_SECONDS = 5
/** Devices of one path: what fits into a request line beside everything else. */
const QUERY_DEVICES_MAX = 64

/** A list as queries write it, with commas. */
function commaList<Item>(item: z.ZodType<Item, string>, max: number): z.ZodType<Item[]> {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1).max(Math.min(max, FILTER_DEVICES_MAX)))
}

/** `GET /v1/events`. */
export const eventRoute: Route = createRoute({
  method: 'GET',
  path: '/v1/events',
  summary: 'What final blocks do, as it happens, and again from the last event that was seen',
  params: nothing,
  query: z.strictObject({
    events: commaList(eventKind, ASKED_KINDS.length).optional(),
    devices: commaList(deviceName, QUERY_DEVICES_MAX).optional(),
    /** The last event seen, where the client cannot set the header. */
    after: z.string().optional()
  }),
  scope: (_params, { devices }) => devices ?? null,
  produces: [EVENT_STREAM_TYPE],
  handle: ({ query, lastEventId, remoteAddress }, { events: desk }) => {
    const seen = lastEventId ?? query.after
    const after = seen === undefined ? null : parsePosition(seen)
    if (after === undefined)
      return problem('QUERY_WRONG', 'The last event is named <height> or <height>.<index>.')
    let end: () => void = () => undefined
    const giveBack = desk.places.take(remoteAddress, () => end())
    if (giveBack === undefined)
      return problem('STREAMS_TOO_MANY', 'Too many listen here.', PLACE_RETRY_SECONDS)
    const wish = { after, filter: createFilter(query.events, query.devices) }
    return {
      kind: 'stream',
      mediaType: EVENT_STREAM_TYPE,
      begin: (response) => {
        const stream = beginEventStream(response, wish, desk)
        end = stream.end
        void stream.ended.then(giveBack)
      },
      abandon: giveBack
    }
  }
})
