/**
 * Cuts a stream of bytes into lines of text, however the bytes arrive.
 *
 * @module
 */

import { StringDecoder } from 'node:string_decoder'

/** A line longer than this is cut: a broken process may write without ever ending a line. */
export const LINE_LENGTH_MAX: number = 64 * 1024

/** Collects bytes and gives back each finished line without its end. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** The lines that these bytes finish. */
  push(bytes: Uint8Array): readonly string[] {
    const parts = (this.#rest + this.#decoder.write(Buffer.from(bytes))).split('\n')
    this.#rest = parts.pop() ?? ''
    const lines = parts.flatMap(cutLine)
    while (this.#rest.length >= LINE_LENGTH_MAX) {
      lines.push(this.#rest.slice(0, LINE_LENGTH_MAX))
      this.#rest = this.#rest.slice(LINE_LENGTH_MAX)
    }
    return lines
  }

  /** What is left when the stream ends: one unfinished line, or none. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    return rest === '' ? [] : cutLine(rest)
  }
}

function cutLine(line: string): string[] {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (text.length <= LINE_LENGTH_MAX) return [text]
  const pieces: string[] = []
  for (let start = 0; start < text.length; start += LINE_LENGTH_MAX)
    pieces.push(text.slice(start, start + LINE_LENGTH_MAX))
  return pieces
}
