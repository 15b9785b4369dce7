/**
 * What the testnet asks its nodes, over the API that everybody has.
 *
 * @module
 */

import { z } from 'zod'
import { requestNode } from '../../node/cli/node-request.ts'
import { NodeError } from '../../node/errors.ts'

/** What a node says of itself, as far as it is shown. */
export interface NodeView {
  readonly nodeId: string
  readonly role: 'member' | 'observer'
  readonly height: number
  readonly stateRoot: string
  readonly finalAtMs: number
  readonly reachableWeight: number
  readonly totalWeight: number
  readonly missingMembers: readonly string[]
  readonly peers: number
  readonly state: string
  readonly sentence: string
}

/** A final block, as far as it is compared. */
export interface BlockSummary {
  readonly blockId: string
  readonly stateRoot: string
  readonly transactions: readonly { readonly transactionId: string; readonly outcome: string }[]
}

const STATUS_DEADLINE_MS = 1500
const READ_DEADLINE_MS = 10_000

const viewShape = z.object({
  status: z.object({
    nodeId: z.string(),
    role: z.enum(['member', 'observer']),
    height: z.number(),
    stateRoot: z.string(),
    finalAtMs: z.number(),
    reachableWeight: z.number(),
    totalWeight: z.number(),
    missingMembers: z.array(z.string()),
    peers: z.number(),
    state: z.string(),
    sentence: z.string()
  })
})
const membersShape = z.object({ members: z.array(z.object({ memberId: z.string() })) })
const applicationsShape = z.object({
  applications: z.array(z.object({ applicationId: z.string(), memberId: z.string() }))
})
const blockShape = z.object({
  block: z.object({
    blockId: z.string(),
    stateRoot: z.string(),
    transactions: z.array(z.object({ transactionId: z.string(), outcome: z.string() }))
  })
})

/** How a node is; undefined when it does not answer in time. */
export async function readView(url: string): Promise<NodeView | undefined> {
  try {
    const answer = await requestNode(url, '/v1/status', { deadlineMs: STATUS_DEADLINE_MS })
    return viewShape.parse(answer.json()).status
  } catch (error) {
    if (error instanceof NodeError) return undefined
    throw error
  }
}

/** How many members are seated, as a node sees it; undefined when it does not answer in time. */
export async function countSeats(url: string): Promise<number | undefined> {
  try {
    const answer = await requestNode(url, '/v1/members', { deadlineMs: STATUS_DEADLINE_MS })
    return membersShape.parse(answer.json()).members.length
  } catch (error) {
    if (error instanceof NodeError) return undefined
    throw error
  }
}

/**
 * The application of a node that is not decided yet; undefined when it has none.
 *
 * @throws {@link NodeError} NODE_NOT_REACHED or REQUEST_FAILED
 */
export async function findApplication(url: string, nodeId: string): Promise<string | undefined> {
  const answer = await requestNode(url, '/v1/applications', { deadlineMs: READ_DEADLINE_MS })
  const { applications } = applicationsShape.parse(answer.json())
  return applications.find(({ memberId }) => memberId === nodeId)?.applicationId
}

/**
 * A final block of a node.
 *
 * @throws {@link NodeError} NODE_NOT_REACHED, or REQUEST_FAILED when it holds none
 */
export async function readBlock(url: string, height: number): Promise<BlockSummary> {
  const answer = await requestNode(url, `/v1/blocks/${height}`, { deadlineMs: READ_DEADLINE_MS })
  return blockShape.parse(answer.json()).block
}

/** The metrics of a node as Prometheus has them, by name and labels; empty when it is silent. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  try {
    const answer = await requestNode(url, '/metrics', {
      accept: 'text/plain',
      deadlineMs: READ_DEADLINE_MS
    })
    return parseMetrics(new TextDecoder().decode(answer.body))
  } catch (error) {
    if (error instanceof NodeError) return new Map()
    throw error
  }
}

function parseMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, value] = /^([^#\s][^\s]*(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) values.set(name, Number(value))
  }
  return values
}
