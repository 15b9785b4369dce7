/**
 * Questions to the node that served this page, and to nobody else.
 *
 * @module
 */

import { readToken } from './access-token.ts'

/** An answer does not come for ever. */
const DEADLINE_MS = 10_000

/** Why an answer is none. */
export class AskError extends Error {
  /** The node's code; `NODE_SILENT` when there was no answer at all. */
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, detail: string) {
    super(detail)
    this.name = 'AskError'
    this.code = code
    this.status = status
  }
}

/** The headers that every question carries. */
export function askHeaders(accept: string): Record<string, string> {
  const token = readToken()
  return token === null ? { accept } : { accept, authorization: `Bearer ${token}` }
}

/** Asks for JSON; `body` makes it a POST. */
export async function askJson<Answer>(path: string, body?: unknown): Promise<Answer> {
  const response = await request(path, 'application/json', body)
  return (await response.json()) as Answer
}

/** Asks for bytes. */
export async function askBytes(path: string): Promise<Uint8Array> {
  const response = await request(path, 'application/cbor')
  return new Uint8Array(await response.arrayBuffer())
}

/** Asks for JSON with the time at which the node answered, by its own clock. */
export async function askTimed<Answer>(path: string): Promise<{
  readonly answer: Answer
  readonly sentMs: number
  readonly receivedMs: number
  readonly dateMs: number
}> {
  const sentMs = Date.now()
  const response = await request(path, 'application/json')
  const receivedMs = Date.now()
  const dateMs = Date.parse(response.headers.get('date') ?? '')
  return { answer: (await response.json()) as Answer, sentMs, receivedMs, dateMs }
}

async function request(path: string, accept: string, body?: unknown): Promise<Response> {
  const init: RequestInit =
    body === undefined
      ? { headers: askHeaders(accept) }
      : {
          method: 'POST',
          headers: { ...askHeaders(accept), 'content-type': 'application/json' },
          body: JSON.stringify(body)
        }
  let response: Response
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) })
  } catch (cause) {
    throw Object.assign(new AskError('NODE_SILENT', 0, 'the node does not answer'), { cause })
  }
  if (response.ok) return response
  throw await readProblem(response)
}

async function readProblem(response: Response): Promise<AskError> {
  try {
    const { code, detail } = (await response.json()) as { code?: unknown; detail?: unknown }
    if (typeof code === 'string')
      return new AskError(code, response.status, typeof detail === 'string' ? detail : code)
  } catch {
    // No problem as the API writes them: its status says all there is.
  }
  return new AskError('PROBLEM_UNKNOWN', response.status, `the node answered ${response.status}`)
}
