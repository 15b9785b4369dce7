/**
 * A reader of Server-Sent Events for tests.
 *
 * @module
 */

/** One event as a client sees it. */
export interface HeardEvent {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

/** An open stream. */
export interface EventReader {
  readonly response: Response
  /** The next events, as many as asked for. */
  readonly take: (count: number) => Promise<HeardEvent[]>
  /** All that still comes before the node ends the stream. */
  readonly rest: () => Promise<HeardEvent[]>
  readonly close: () => void
}

/** Opens a stream and waits until the node has answered with its head. */
export async function readEvents(
  base: string,
  path: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<EventReader> {
  const abort = new AbortController()
  const response = await fetch(`${base}${path}`, { headers, signal: abort.signal })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  const ready: HeardEvent[] = []
  let text = ''
  const more = async (): Promise<boolean> => {
    const piece = await reader?.read()
    if (piece?.value === undefined) return false
    text += decoder.decode(piece.value, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string])
      )
      const data = fields.get('data')
      if (data === undefined) continue
      ready.push({
        id: fields.get('id') ?? '',
        event: fields.get('event') ?? '',
        data: JSON.parse(data)
      })
    }
    return true
  }
  await more()
  return {
    response,
    take: async (count) => {
      while (ready.length < count) if (!(await more())) throw new Error('the stream ended')
      return ready.splice(0, count)
    },
    rest: async () => {
      while (await more());
      return ready.splice(0)
    },
    close: () => abort.abort()
  }
}
