/**
 * What a node answers about governance, as far as commands read it.
 *
 * @module
 */

import * as z from 'zod'
import { encodeMotion, type Motion } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { requestNode } from './node-request.ts'

const DEADLINE_MS = 10_000

const hex = z.string().regex(/^([0-9a-f]{2})*$/)

/** A motion, as a node tells it; ids are hexadecimal. There may be more fields. */
export interface MotionAnswer {
  readonly motionId: string
  readonly type: string
  readonly argument: unknown
  readonly question: string
  readonly openedBy: string | null
  readonly openedAtMs: number
  readonly lapsesAtMs: number | null
  readonly status: 'open' | 'carried' | 'executed' | 'lapsed' | 'withdrawn'
  readonly ballots: readonly {
    readonly memberId: string
    readonly choice: string
    readonly weight: number
  }[]
  readonly sentence: string
}

/** An application, as a node tells it. */
export interface ApplicationAnswer {
  readonly applicationId: string
  readonly memberId: string
  readonly region: string
  readonly notAfterMs: number
  readonly stage: 'open' | 'admitted' | 'ready' | 'seated' | 'ended'
  readonly sentence: string
}

/** What a motion would lead to, by a node's word. */
export interface WhatIfAnswer {
  readonly question: string
  readonly fault: string | null
  readonly needed: string
  readonly warnings: readonly string[]
  readonly sentence: string
}

/** A member's standing, by a node's word. */
export interface StandingAnswer {
  readonly memberId: string
  readonly operatorId: string
  readonly region: string
  readonly status: string
  readonly weight: number
  readonly isLeaving: boolean
  readonly isBeingRemoved: boolean
  readonly renewalDueInMs: number
  readonly isConnected: boolean
  readonly lastHeardAtMs: number | null
}

/** Who governs, by a node's word. */
export interface OverviewAnswer {
  readonly epoch: number
  readonly sinceHeight: number
  readonly totalWeight: number
  readonly quorumWeight: number
  readonly parameters: { readonly motionLapseMs: number }
  readonly regions: readonly string[]
  readonly members: readonly StandingAnswer[]
}

/** Which node it is. */
export interface NodeAnswer {
  readonly genesisHash: string
  readonly nodeId: string
}

const motionShape: z.ZodType<MotionAnswer> = z.looseObject({
  motionId: hex,
  type: z.string(),
  argument: z.unknown(),
  question: z.string(),
  openedBy: hex.nullable(),
  openedAtMs: z.number(),
  lapsesAtMs: z.number().nullable(),
  status: z.enum(['open', 'carried', 'executed', 'lapsed', 'withdrawn']),
  ballots: z.array(z.looseObject({ memberId: hex, choice: z.string(), weight: z.number() })),
  sentence: z.string()
})

const applicationShape: z.ZodType<ApplicationAnswer> = z.looseObject({
  applicationId: hex,
  memberId: hex,
  region: z.string(),
  notAfterMs: z.number(),
  stage: z.enum(['open', 'admitted', 'ready', 'seated', 'ended']),
  sentence: z.string()
})

const whatIfShape: z.ZodType<WhatIfAnswer> = z.looseObject({
  question: z.string(),
  fault: z.string().nullable(),
  needed: z.string(),
  warnings: z.array(z.string()),
  sentence: z.string()
})

const standingShape: z.ZodType<StandingAnswer> = z.looseObject({
  memberId: hex,
  operatorId: hex,
  region: z.string(),
  status: z.string(),
  weight: z.number(),
  isLeaving: z.boolean(),
  isBeingRemoved: z.boolean(),
  renewalDueInMs: z.number(),
  isConnected: z.boolean(),
  lastHeardAtMs: z.number().nullable()
})

const overviewShape: z.ZodType<OverviewAnswer> = z.looseObject({
  epoch: z.number(),
  sinceHeight: z.number(),
  totalWeight: z.number(),
  quorumWeight: z.number(),
  parameters: z.looseObject({ motionLapseMs: z.number() }),
  regions: z.array(z.string()),
  members: z.array(standingShape)
})

const statusShape: z.ZodType<NodeAnswer> = z.looseObject({ genesisHash: hex, nodeId: hex })

/** Asks a node about governance; everything rejects with a NodeError. */
export interface GovernanceReader {
  readonly status: () => Promise<NodeAnswer>
  readonly overview: () => Promise<OverviewAnswer>
  readonly motions: () => Promise<readonly MotionAnswer[]>
  readonly motion: (motionId: string) => Promise<MotionAnswer>
  readonly applications: () => Promise<readonly ApplicationAnswer[]>
  readonly application: (applicationId: string) => Promise<ApplicationAnswer>
  readonly whatIf: (motion: Motion) => Promise<WhatIfAnswer>
}

/** Reads from the node at an address. */
export function createGovernanceReader(url: string): GovernanceReader {
  const ask = async <Name extends string, Value>(
    path: string,
    [name, shape]: readonly [Name, z.ZodType<Value>],
    body?: Uint8Array
  ): Promise<Value> => {
    const request = body === undefined ? {} : { body }
    const answer = await requestNode(url, path, { ...request, deadlineMs: DEADLINE_MS })
    const read = z.looseObject({ [name]: shape }).safeParse(answer.json())
    if (read.success) return read.data[name] as Value
    const field = read.error.issues[0]?.path.join('.') ?? ''
    throw new NodeError('REQUEST_FAILED', `${url}${path}: the answer is not understood (${field})`)
  }
  return {
    status: () => ask('/v1/status', ['status', statusShape]),
    overview: () => ask('/v1/governance', ['governance', overviewShape]),
    motions: () => ask('/v1/motions', ['motions', z.array(motionShape)]),
    motion: (id) => ask(`/v1/motions/${id}`, ['motion', motionShape]),
    applications: () => ask('/v1/applications', ['applications', z.array(applicationShape)]),
    application: (id) => ask(`/v1/applications/${id}`, ['application', applicationShape]),
    whatIf: (motion) => ask('/v1/motions/what-if', ['whatIf', whatIfShape], encodeMotion(motion))
  }
}
