/**
 * Server-Sent Events out of pieces of text.
 *
 * The browser's own `EventSource` cannot show a token, so the stream is read by hand.
 *
 * @see WHATWG HTML §9.2.6 Interpreting an event stream
 * @module
 */

/** One event. */
export interface ServerEvent {
  readonly kind: string
  readonly data: string
}

/** More than a node ever writes on one line. */
const PENDING_MAX_CHARACTERS = 1_048_576

/** Reads a stream piece by piece. */
export class EventParser {
  #pending = ''
  #kind = ''
  #data: string[] = []
  #lastId: string | null = null

  /** The id of the last event or heartbeat; null before the first. */
  get lastId(): string | null {
    return this.#lastId
  }

  /**
   * Takes the next piece.
   *
   * @returns the events that it completes; null when a line has no end and the stream is to be left
   */
  push(text: string): readonly ServerEvent[] | null {
    const lines = (this.#pending + text).split(/\r\n|\n|\r/)
    this.#pending = lines.pop() ?? ''
    if (this.#pending.length > PENDING_MAX_CHARACTERS) return null
    return lines.flatMap((line) => this.#take(line))
  }

  #take(line: string): readonly ServerEvent[] {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#kind = value
    if (field === 'data') this.#data.push(value)
    if (field === 'id') this.#lastId = value
    return []
  }

  #dispatch(): readonly ServerEvent[] {
    const event = { kind: this.#kind || 'message', data: this.#data.join('\n') }
    const isEmpty = this.#data.length === 0
    this.#kind = ''
    this.#data = []
    return isEmpty ? [] : [event]
  }
}
