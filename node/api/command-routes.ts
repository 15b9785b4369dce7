/**
 * Commands of a device: what it has still to receive, with what it needs to check each.
 *
 * @module
 */

import * as z from 'zod'
import { encodeCbor, toHex } from '../../protocol/index.ts'
import type { WaitingCommand } from '../ledger-service.ts'
import { commandsAnswer } from './answer-shapes.ts'
import { type JsonObject, toJsonObject } from './json-value.ts'
import { cbor, createRoute, json, problem, type Route } from './route.ts'
import { idParams, integer } from './shapes.ts'

/** Each comes with its receipt, which is made when it is asked for. */
const COMMANDS_MAX = 16
const PLACE = /^(0|[1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,9})$/

/** A place on the ledger, `height.index`. */
const place = z
  .string()
  .regex(PLACE, 'is no place on the ledger, written height.index')
  .transform((text) => {
    const [height = 0, index = 0] = text.split('.').map(Number)
    return { height, index }
  })

/** A command as JSON, the same over HTTP and MQTT. */
export function commandToJson(command: WaitingCommand): JsonObject {
  return toJsonObject({ ...command, after: placeText(command) })
}

/** `GET /v1/devices/{id}/commands`. */
export const commandsRoute: Route = createRoute({
  method: 'GET',
  path: '/v1/devices/:id/commands',
  answers: commandsAnswer,
  scope: ({ id }) => [toHex(id)],
  summary: 'Commands that a device has still to receive, in the order of the ledger',
  params: idParams,
  query: z.strictObject({
    after: place.optional(),
    limit: integer(1, COMMANDS_MAX).default(COMMANDS_MAX)
  }),
  handle: async ({ params, query, wantsCbor }, { ledger }) => {
    const { after = null, limit } = query
    const commands = await ledger.commands(params.id, { after, limit })
    if (commands === null)
      return problem('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.')
    if (wantsCbor) return cbor(encodeCbor(commands.map(({ wire, receipt }) => [wire, receipt])))
    const last = commands.length < limit ? undefined : commands.at(-1)
    return json({
      commands: commands.map(commandToJson),
      nextAfter: last === undefined ? null : placeText(last)
    })
  }
})

function placeText({ height, index }: Pick<WaitingCommand, 'height' | 'index'>): string {
  return `${height}.${index}`
}
