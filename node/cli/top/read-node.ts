/**
 * What `top` asks a node each time: its status, its members, and its metrics where they are open.
 *
 * @module
 */

import type { Config } from '../../../config/index.ts'
import { NodeError } from '../../errors.ts'
import { requestNode } from '../node-request.ts'
import type { NodeAccess } from '../node-url.ts'
import { fetchStatus } from '../status.ts'
import { membersShape, type NodeReading } from './figures.ts'
import { type MetricSamples, parseMetricsText } from './metrics-text.ts'

const DEADLINE_MS = 5_000

/** Where a node's metrics are by its settings; null where they are off or on any free port. */
export function metricsUrl({ metrics }: Pick<Config, 'metrics'>): string | null {
  if (!metrics.enabled || metrics.port === 0) return null
  const { host, port } = metrics
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/**
 * Asks a node. Metrics that do not answer are no trouble: they stand on an address of their own.
 *
 * @throws NodeError NODE_NOT_REACHED or REQUEST_FAILED
 */
export async function readNode(
  access: NodeAccess,
  metricsAt: string | null,
  nowMs: () => number
): Promise<NodeReading> {
  const { url, token, signal } = access
  const [status, membersAnswer, metrics] = await Promise.all([
    fetchStatus(access),
    requestNode(url, '/v1/members', { token, signal, deadlineMs: DEADLINE_MS }),
    metricsAt === null ? null : readMetrics(metricsAt)
  ])
  const read = membersShape.safeParse(membersAnswer.json())
  if (!read.success)
    throw new NodeError('REQUEST_FAILED', `${url}: its list of members is not understood`)
  return { atMs: nowMs(), url, status, members: read.data.members, metrics }
}

/** The page of metrics as it is; null where nobody answers. */
export async function fetchMetricsText(base: string): Promise<string | null> {
  try {
    const answer = await requestNode(base, '/metrics', {
      accept: 'text/plain',
      deadlineMs: DEADLINE_MS
    })
    return new TextDecoder().decode(answer.body)
  } catch (error) {
    if (error instanceof NodeError && error.code !== 'USAGE_WRONG') return null
    throw error
  }
}

async function readMetrics(base: string): Promise<MetricSamples | null> {
  const text = await fetchMetricsText(base)
  return text === null ? null : parseMetricsText(text)
}
