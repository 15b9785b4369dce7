/**
 * CoAP requests: from the options of a request to the reply of a resource.
 *
 * Here blocks become bodies, methods meet resources, and whoever wants to be
 * told more than once is taken in as an observer.
 *
 * @see RFC 7641 §4.1, RFC 7959 §2.5, RFC 9175 §2.3
 * @module
 */

import { EVIDENCE_SIZE_MAX_BYTES } from '../../protocol/index.ts'
import { problemOf } from '../api/problem.ts'
import type { Clock } from '../clock.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import { CODE } from './coap-codes.ts'
import type { CoapOption } from './coap-message.ts'
import type { Observers } from './coap-observers.ts'
import {
  BLOCK_MAX_BYTES,
  type Block,
  blockOption,
  type CoapRequest,
  numberOption,
  OPTION
} from './coap-options.ts'
import { faultReply, isHeld, problemReply, type Reply, replyBody } from './coap-reply.ts'
import { findResource, type Resource, type ResourcesPorts } from './coap-resources.ts'
import { type Endpoint, endpointKey, hostKey, type Sources } from './coap-sources.ts'
import { createUploads, type Uploads } from './coap-uploads.ts'

/** What requests need of others. */
export interface RequestsPorts {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly resources: ResourcesPorts
  readonly sources: Sources
  readonly observers: Observers
  readonly reportBug: (error: unknown) => void
}

/** A reply with the options that only this one message carries. */
export interface Answered {
  readonly reply: Reply
  readonly more: readonly CoapOption[]
}

/** The requests. */
export interface Requests {
  /** Whether a request goes on with one that was admitted: a further block of one body. */
  readonly isMore: (request: CoapRequest, from: Endpoint) => boolean
  readonly answer: (request: CoapRequest, token: Uint8Array, from: Endpoint) => Promise<Answered>
}

/** The largest payload of one datagram: more than fits through most paths in one piece. */
const PAYLOAD_MAX_BYTES = 2_048
const DAMAGED_RETRY_SECONDS = 2
const OBSERVE_REGISTER = 0
const OBSERVE_DEREGISTER = 1

/** Builds the way of requests. */
export function createRequests(ports: RequestsPorts): Requests {
  const uploads = createUploads()
  return {
    isMore: (request, from) => {
      const { block1, block2 } = request
      if (block1 !== null) return block1.number > 0 && uploads.has(uploadKey(request, from))
      const isNext = block2 !== null && block2.number > 0
      return isNext && ports.sources.isVerified(from, ports.clock.nowMs())
    },
    answer: (request, token, from) => answer(request, { token, from, uploads, ports })
  }
}

interface Context {
  readonly token: Uint8Array
  readonly from: Endpoint
  readonly uploads: Uploads
  readonly ports: RequestsPorts
}

async function answer(request: CoapRequest, context: Context): Promise<Answered> {
  const { ports, from } = context
  const { sources, clock } = ports
  if (request.echo !== null) sources.verify(from, request.echo, clock.nowMs())
  const resource = findResource(request.path, ports.resources)
  if (resource === undefined)
    return only(problemReply(problemOf('ROUTE_NOT_FOUND', 'No such path.')))
  if (!resource.methods.includes(request.code))
    return only(problemReply(problemOf('METHOD_NOT_ALLOWED', 'The resource has other methods.')))
  const isRead = request.code === CODE.get
  const isObserved = isRead && resource.topic !== null && request.observe === OBSERVE_REGISTER
  if ((resource.isForVerified || isObserved) && !sources.isVerified(from, clock.nowMs())) {
    const value = sources.challenge(from, clock.nowMs())
    return only(faultReply('SOURCE_UNVERIFIED', [{ number: OPTION.echo, value }]))
  }
  return isRead ? read(request, resource, context) : write(request, resource, context)
}

async function read(
  request: CoapRequest,
  resource: Resource,
  { token, from, ports }: Context
): Promise<Answered> {
  const reply = await reach(request, resource, { from, ports })
  const { topic } = resource
  if (topic === null || reply.code >= CODE.badRequest) return only(reply)
  if (request.observe === OBSERVE_DEREGISTER) ports.observers.remove(from, token)
  const held = isHeld(reply, request) ? asHeld(reply) : reply
  // A later block is part of what was told before, and no wish to be told again.
  const isWish = request.observe === OBSERVE_REGISTER && (request.block2?.number ?? 0) === 0
  if (!isWish) return only(held)
  const { accept, block2 } = request
  const sizeBytes = block2?.sizeBytes ?? BLOCK_MAX_BYTES
  const number = ports.observers.add({
    from,
    token,
    topic,
    render: async () => {
      const present = await reach({ ...request, accept, etags: [] }, resource, { from, ports })
      const block = { number: 0, more: false, sizeBytes }
      const body = replyBody(present, { block2: block, wantsSize2: false })
      return { body, isLast: present.code >= CODE.badRequest }
    }
  })
  // Without a number the caller knows that this is all it will be told.
  return number === undefined
    ? only(held)
    : { reply: held, more: [numberOption(OPTION.observe, number)] }
}

async function write(
  request: CoapRequest,
  resource: Resource,
  context: Context
): Promise<Answered> {
  const { block1, payload, size1 } = request
  if ((size1 ?? 0) > EVIDENCE_SIZE_MAX_BYTES) return only(tooLarge(block1))
  if (block1 === null) {
    if (payload.length > PAYLOAD_MAX_BYTES) return only(tooLarge(null))
    return only(await reach(request, resource, context))
  }
  const { from, uploads, ports } = context
  const nowMs = ports.clock.nowMs()
  const reaction = uploads.take(
    {
      key: uploadKey(request, from),
      host: hostKey(from.address),
      isVerified: ports.sources.isVerified(from, nowMs),
      block: block1,
      payload
    },
    nowMs
  )
  const more = [blockOption(OPTION.block1, block1)]
  switch (reaction.kind) {
    case 'continue':
      return { reply: { code: CODE.continue, payload: new Uint8Array(0), format: null }, more }
    case 'complete':
      return { reply: await reach({ ...request, payload: reaction.body }, resource, context), more }
    case 'incomplete':
      return { reply: faultReply('BLOCK_MISSING'), more }
    case 'wrong':
      return { reply: faultReply('BLOCK_WRONG'), more }
    case 'no-room':
      return { reply: faultReply('ROOM_EXHAUSTED'), more }
    case 'too-large':
      return only(tooLarge(block1))
  }
}

/** Says how large a body may be, and in which blocks it may come. */
function tooLarge(block1: Block | null): Reply {
  const hint: Block = { number: block1?.number ?? 0, more: false, sizeBytes: BLOCK_MAX_BYTES }
  return problemReply(problemOf('BODY_TOO_LARGE', 'The body is too large.'), [
    blockOption(OPTION.block1, hint),
    numberOption(OPTION.size1, EVIDENCE_SIZE_MAX_BYTES)
  ])
}

/** The resource's reply, whatever trouble it has. */
async function reach(
  request: CoapRequest,
  resource: Resource,
  { from, ports }: Pick<Context, 'from' | 'ports'>
): Promise<Reply> {
  try {
    return await resource.answer(request, `coap:${from.address}`)
  } catch (error) {
    if (error instanceof DamagedRecord)
      return problemReply(
        problemOf('STORAGE_DAMAGED', 'It is being mended.', DAMAGED_RETRY_SECONDS)
      )
    ports.reportBug(error)
    return problemReply(problemOf('INTERNAL_ERROR', 'The request was not carried out.'))
  }
}

function asHeld({ etag }: Reply): Reply {
  const valid = { code: CODE.valid, payload: new Uint8Array(0), format: null }
  return etag === undefined ? valid : { ...valid, etag }
}

function only(reply: Reply): Answered {
  return { reply, more: [] }
}

function uploadKey({ code, path, requestTag }: CoapRequest, from: Endpoint): string {
  return [endpointKey(from), code, ...path, requestTag].join('/')
}
