/**
 * What a running device tells: one line each, for people or as JSON.
 *
 * @module
 */

import { toHex } from '../../protocol/index.ts'
import type { Output } from './output.ts'

/** Something that happened to a running device. */
export type DeviceEvent =
  | {
      readonly event: 'said'
      /** Of the line, where it had one. */
      readonly number: number | null
      readonly sequence: number
      readonly messageId: Uint8Array
    }
  /** The line was said before, as the device remembers. */
  | { readonly event: 'taken-before'; readonly number: number }
  | { readonly event: 'not-said'; readonly number: number | null; readonly code: string }
  | { readonly event: 'final'; readonly height: number; readonly settled: number }
  | {
      readonly event: 'command'
      readonly commandId: Uint8Array
      readonly text: string
    }
  | { readonly event: 'answered'; readonly commandId: Uint8Array; readonly resultCode: number }
  | { readonly event: 'not-followed'; readonly code: string }
  | { readonly event: 'trouble'; readonly message: string }

/** Tells events, each as soon as it is true. */
export type TellEvent = (event: DeviceEvent) => void

/** Events as lines: on stdout as JSON, else sentences. */
export function createEventLines(output: Output): TellEvent {
  return (event) => {
    if (output.isJson) output.line(JSON.stringify(event, hexadecimal))
    else if (event.event === 'trouble') output.note(`! ${event.message}`)
    else output.line(sentenceOf(event))
  }
}

function hexadecimal(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value
}

function sentenceOf(event: Exclude<DeviceEvent, { readonly event: 'trouble' }>): string {
  switch (event.event) {
    case 'said':
      return `said ${event.sequence}${event.number === null ? '' : `, line ${event.number}`}`
    case 'taken-before':
      return `line ${event.number} was said before`
    case 'not-said':
      return `not said: ${event.code}`
    case 'final':
      return `${event.settled} final, at block ${event.height}`
    case 'command':
      return `command ${toHex(event.commandId).slice(0, 8)}: ${JSON.stringify(event.text)}`
    case 'answered':
      return `answered ${toHex(event.commandId).slice(0, 8)} with ${event.resultCode}`
    case 'not-followed':
      return `a command is not followed: ${event.code}`
  }
}
