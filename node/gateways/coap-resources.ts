/**
 * CoAP resources: which there are, what each takes, and what it answers.
 *
 * | path | methods |
 * |---|---|
 * | `/d/<device>` | POST, PUT: a message that this device signed |
 * | `/d/<device>/latest` | GET, also observed: its latest reading |
 * | `/d/<device>/down` | GET, also observed: what became of its newest message |
 * | `/t` | POST, PUT: any signed transaction |
 * | `/t/<transaction>` | GET: where it stands |
 * | `/.well-known/core` | GET: what there is |
 *
 * @module
 */

import { decodeTransaction, equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import { problemOf } from '../api/problem.ts'
import type { LedgerService, TransactionStatus } from '../ledger-service.ts'
import { CODE, FORMAT } from './coap-codes.ts'
import { latestReply } from './coap-formats.ts'
import type { LatestReadings } from './coap-latest.ts'
import { type CoapLink, formatLinks } from './coap-links.ts'
import type { CoapRequest } from './coap-options.ts'
import { faultReply, problemReply, type Reply } from './coap-reply.ts'
import { statusReply, submissionReply } from './coap-status.ts'

/** What the resources need of others. */
export interface ResourcesPorts {
  readonly ledger: Pick<LedgerService, 'submit' | 'transactionStatus'>
  readonly latest: LatestReadings
  readonly networkTag: Uint8Array
}

/** A resource that was found, for one request. */
export interface Resource {
  readonly methods: readonly number[]
  /** Whether it is told only to who is there: it is long, or sends more later. */
  readonly isForVerified: boolean
  /** What observers of it wait for; null when it cannot be observed. */
  readonly topic: string | null
  readonly answer: (request: CoapRequest, source: string) => Promise<Reply>
}

const ID = /^[0-9a-f]{64}$/
const READS: readonly number[] = [CODE.get]
const WRITES: readonly number[] = [CODE.post, CODE.put]
/** What a signed transaction may be said to be; nothing said is fine. */
const TRANSACTION_FORMATS: readonly (number | null)[] = [
  null,
  FORMAT.coseSign1,
  FORMAT.bytes,
  FORMAT.cbor,
  FORMAT.coseSign
]
const LINKS: readonly CoapLink[] = [
  {
    target: '/.well-known/core',
    attributes: { ct: String(FORMAT.linkFormat) }
  },
  {
    target: '/t',
    attributes: { rt: 'thingmoot.transactions', ct: `${FORMAT.cbor} ${FORMAT.coseSign}` }
  },
  {
    target: '/d',
    attributes: {
      rt: 'thingmoot.devices',
      title: 'POST d/{device}; GET d/{device}/latest, d/{device}/down',
      ct: `${FORMAT.senmlJson} ${FORMAT.senmlCbor} ${FORMAT.cbor} ${FORMAT.json}`,
      obs: ''
    }
  }
]

/** The resource at a path; undefined where there is none. */
export function findResource(path: readonly string[], ports: ResourcesPorts): Resource | undefined {
  const [root, id = '', leaf] = path
  if (path.length === 2 && root === '.well-known' && id === 'core') return linksResource
  if (path.length === 1 && root === 't') return transactionsResource(ports)
  if (path.length < 2 || !ID.test(id)) return undefined
  if (path.length === 2 && root === 't') return statusResource(id, ports)
  if (root !== 'd') return undefined
  if (path.length === 2) return deviceResource(id, ports)
  if (path.length !== 3) return undefined
  if (leaf === 'latest') return latestResource(id, ports)
  return leaf === 'down' ? downResource(id, ports) : undefined
}

/** The name under which observers of a device's readings, or of its results, are told. */
export function topicOf(deviceId: string, leaf: 'latest' | 'down'): string {
  return `${deviceId} ${leaf}`
}

const linksResource: Resource = {
  methods: READS,
  isForVerified: true,
  topic: null,
  answer: async ({ query, accept }) => {
    if (accept !== null && accept !== FORMAT.linkFormat) return faultReply('ACCEPT_UNSUPPORTED')
    if (query.length > 1)
      return problemReply(problemOf('QUERY_WRONG', 'There is one filter at most.'))
    const text = formatLinks(LINKS, query[0] ?? null)
    return { code: CODE.content, payload: Buffer.from(text), format: FORMAT.linkFormat }
  }
}

function transactionsResource(ports: ResourcesPorts): Resource {
  return writing((request, source) => submit(request, source, ports))
}

function deviceResource(deviceId: string, ports: ResourcesPorts): Resource {
  return writing(async (request, source) => {
    const decoded = decodeTransaction(request.payload, ports.networkTag)
    if (decoded.ok && decoded.value.body.kind === 'device-message') {
      const { deviceId: speaker } = decoded.value.body
      if (!equalBytes(speaker, fromHex(deviceId) ?? new Uint8Array(0)))
        return faultReply('DEVICE_NOT_OF_PATH')
      return submit(request, source, ports)
    }
    const code = decoded.ok ? 'KIND_NOT_ALLOWED' : decoded.fault
    return submissionReply(
      { kind: 'refused', code, isStateless: true, transactionId: null },
      request.accept
    )
  })
}

function writing(answer: Resource['answer']): Resource {
  return {
    methods: WRITES,
    isForVerified: false,
    topic: null,
    answer: async (request, source) => {
      if (!TRANSACTION_FORMATS.includes(request.contentFormat))
        return problemReply(problemOf('MEDIA_TYPE_UNSUPPORTED', 'A transaction is CBOR.'))
      if (!isStatusFormat(request.accept)) return faultReply('ACCEPT_UNSUPPORTED')
      return answer(request, source)
    }
  }
}

async function submit(
  { payload, accept }: CoapRequest,
  source: string,
  { ledger }: ResourcesPorts
): Promise<Reply> {
  if (payload.length === 0) return problemReply(problemOf('BODY_MALFORMED', 'There is no body.'))
  // Copied, or one message that is kept would keep all that was read with it.
  return submissionReply(await ledger.submit(new Uint8Array(payload), source), accept)
}

function statusResource(transactionId: string, { ledger }: ResourcesPorts): Resource {
  return reading(async ({ accept }) => {
    if (!isStatusFormat(accept)) return faultReply('ACCEPT_UNSUPPORTED')
    const id = fromHex(transactionId)
    const status = id === undefined ? null : await ledger.transactionStatus(id)
    return status === null
      ? problemReply(problemOf('TRANSACTION_NOT_FOUND', 'This node has not seen it.'))
      : statusReply(status, accept)
  })
}

function latestResource(deviceId: string, { latest }: ResourcesPorts): Resource {
  const topic = topicOf(deviceId, 'latest')
  return reading(async ({ accept }) => {
    const found = await latest.of(deviceId)
    return found == null ? missing(found) : latestReply(found, accept)
  }, topic)
}

function downResource(deviceId: string, { latest }: ResourcesPorts): Resource {
  const topic = topicOf(deviceId, 'down')
  return reading(async ({ accept }) => {
    if (!isStatusFormat(accept)) return faultReply('ACCEPT_UNSUPPORTED')
    const found = await latest.newest(deviceId)
    if (found == null) return missing(found)
    const { transactionId, outcome, code, height, timeMs } = found
    const status: TransactionStatus = {
      ...{ transactionId, stage: 'final', outcome, code, height, timeMs }
    }
    const etag = Buffer.from(toHex(transactionId).slice(0, 16), 'hex')
    return { ...statusReply(status, accept), etag }
  }, topic)
}

function reading(answer: Resource['answer'], topic: string | null = null): Resource {
  return { methods: READS, isForVerified: false, topic, answer }
}

function missing(found: null | undefined): Reply {
  return found === null
    ? problemReply(problemOf('DEVICE_NOT_FOUND', 'No such device was claimed on this ledger.'))
    : faultReply('READING_NOT_FOUND')
}

function isStatusFormat(accept: number | null): boolean {
  return accept === null || accept === FORMAT.json || accept === FORMAT.cbor
}
