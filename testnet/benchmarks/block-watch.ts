/**
 * Watching final blocks come: each with the moment at which a node told of it.
 *
 * @module
 */

import { z } from 'zod'

/** A final block, as it was told. */
export interface SeenBlock {
  readonly height: number
  readonly atMs: number
}

/** A watch on one node. */
export interface BlockWatch {
  /** What was seen, oldest first; the last of many. */
  readonly seen: readonly SeenBlock[]
  readonly stop: () => void
}

const SEEN_MAX = 100_000
const LINE_MAX_CHARACTERS = 65_536
const DATA = 'data: '

const blockShape = z.object({ height: z.number(), transactionCount: z.number() })

/**
 * Listens to the events of a node.
 *
 * @param onBlock - is told at once
 */
export function watchBlocks(
  nodeUrl: string,
  onBlock: (block: SeenBlock) => void = () => undefined
): BlockWatch {
  const seen: SeenBlock[] = []
  const abort = new AbortController()
  const note = (line: string): void => {
    if (!line.startsWith(DATA)) return
    const read = blockShape.safeParse(parseJson(line.slice(DATA.length)))
    if (!read.success) return
    const block = { height: read.data.height, atMs: performance.now() }
    seen.push(block)
    if (seen.length > SEEN_MAX) seen.splice(0, SEEN_MAX / 2)
    onBlock(block)
  }
  listen(nodeUrl, abort.signal, note).catch(() => {
    // The node is gone or was stopped: what it told stands, and the verdict of the run tells the rest.
  })
  return { seen, stop: () => abort.abort() }
}

async function listen(
  nodeUrl: string,
  signal: AbortSignal,
  onLine: (line: string) => void
): Promise<void> {
  const response = await fetch(`${nodeUrl}/v1/events?events=block`, {
    headers: { accept: 'text/event-stream' },
    signal
  })
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of response.body ?? []) {
    const lines = (rest + decoder.decode(part as Uint8Array, { stream: true })).split('\n')
    rest = (lines.pop() ?? '').slice(0, LINE_MAX_CHARACTERS)
    for (const line of lines) onLine(line)
  }
}

/** The pauses between one block and the next, of those that came within a span. */
export function pausesMs(
  seen: readonly SeenBlock[],
  [fromMs, toMs]: readonly [number, number]
): readonly number[] {
  return seen.flatMap(({ atMs }, index) => {
    const before = seen[index - 1]
    return before === undefined || before.atMs < fromMs || atMs > toMs ? [] : [atMs - before.atMs]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // No block, as its shape then says.
    return undefined
  }
}
