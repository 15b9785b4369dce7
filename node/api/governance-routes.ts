/**
 * Reading governance: motions, applications, who governs by which rules, and what a motion would do.
 *
 * @module
 */

import * as z from 'zod'
import { decodeCbor, readMotion } from '../../protocol/index.ts'
import type { MotionView, WhatIf } from '../governance-service.ts'
import { type JsonObject, toJsonObject, toJsonValue } from './json-value.ts'
import { motionFromJson, motionToJson } from './motion-json.ts'
import { type Answer, createRoute, json, problem, type Route } from './route.ts'
import { id, idParams, nothing } from './shapes.ts'
import { JSON_MEDIA_TYPE } from './transaction-bytes.ts'

const motionsRoute = createRoute({
  method: 'GET',
  path: '/v1/motions',
  scope: 'any',
  summary: 'Motions that are open, or carried and not in force yet, with their ballots',
  params: nothing,
  query: nothing,
  isOfState: true,
  handle: (_input, { ledger }) => json({ motions: ledger.governance.motions().map(showMotion) })
})

const motionRoute = createRoute({
  method: 'GET',
  path: '/v1/motions/:id',
  scope: 'any',
  summary: 'A motion, also one that is over',
  params: idParams,
  query: nothing,
  isOfState: true,
  handle: ({ params }, { ledger }) => {
    const motion = ledger.governance.motion(params.id)
    return motion === null ? unknownMotion() : json({ motion: showMotion(motion) })
  }
})

const whatIfRoute = createRoute({
  method: 'POST',
  path: '/v1/motions/what-if',
  scope: 'any',
  rateKind: 'heavy',
  consumes: [JSON_MEDIA_TYPE, 'application/cbor'],
  summary: 'What a motion would lead to, as {"type": …, "argument": {…}} or as its CBOR',
  params: nothing,
  query: nothing,
  handle: ({ body, mediaType }, { ledger }) => {
    const motion = mediaType === JSON_MEDIA_TYPE ? motionFromJson(body) : motionFromCbor(body)
    if ('fault' in motion) return problem('BODY_MALFORMED', `No motion: ${motion.fault}.`)
    return json({ whatIf: showWhatIf(ledger.governance.whatIf(motion)) })
  }
})

const motionWhatIfRoute = createRoute({
  method: 'GET',
  path: '/v1/what-if',
  scope: 'any',
  rateKind: 'heavy',
  summary: 'What a motion that was put would lead to, as things stand now',
  params: nothing,
  query: z.strictObject({ motion: id }),
  handle: ({ query }, { ledger }) => {
    const put = ledger.governance.motion(query.motion)
    return put === null
      ? unknownMotion()
      : json({ whatIf: showWhatIf(ledger.governance.whatIf(put.motion)) })
  }
})

const applicationsRoute = createRoute({
  method: 'GET',
  path: '/v1/applications',
  scope: 'any',
  summary: 'Applications for a seat that are not decided, or not seated yet',
  params: nothing,
  query: nothing,
  isOfState: true,
  handle: (_input, { ledger }) =>
    json({ applications: toJsonValue(ledger.governance.applications()) })
})

const applicationRoute = createRoute({
  method: 'GET',
  path: '/v1/applications/:id',
  scope: 'any',
  summary: 'An application, also one that is over',
  params: idParams,
  query: nothing,
  isOfState: true,
  handle: ({ params }, { ledger }) => {
    const application = ledger.governance.application(params.id)
    return application === null
      ? problem('APPLICATION_NOT_FOUND', 'No such application was ever made on this ledger.')
      : json({ application: toJsonObject(application) })
  }
})

const governanceRoute = createRoute({
  method: 'GET',
  path: '/v1/governance',
  scope: 'any',
  summary: 'Epoch, models, parameters, and the standing of every member',
  params: nothing,
  query: nothing,
  handle: (_input, { ledger }) => json({ governance: toJsonObject(ledger.governance.overview()) })
})

/** The routes that read governance. */
export const governanceRoutes: readonly Route[] = [
  motionsRoute,
  whatIfRoute,
  motionWhatIfRoute,
  motionRoute,
  applicationsRoute,
  applicationRoute,
  governanceRoute
]

function unknownMotion(): Answer {
  return problem('MOTION_NOT_FOUND', 'No such motion was ever put on this ledger.')
}

function motionFromCbor(body: unknown): ReturnType<typeof motionFromJson> {
  const motion = body instanceof Uint8Array ? readMotion(decodeCbor(body)) : undefined
  return motion ?? { fault: 'the bytes are not those of one' }
}

function showMotion({ motion, ...fields }: MotionView): JsonObject {
  const { motionId, ...others } = fields
  return { motionId: toJsonValue(motionId), ...motionToJson(motion), ...toJsonObject(others) }
}

function showWhatIf({ motion, ...fields }: WhatIf): JsonObject {
  return { ...motionToJson(motion), ...toJsonObject(fields) }
}
