/**
 * The description of the API in OpenAPI 3.1, printed from the very table that serves it.
 *
 * @module
 */

import * as z from 'zod'
import type { JsonObject, JsonValue } from './json-value.ts'
import { PROBLEMS } from './problem.ts'
import type { Route } from './route.ts'

/** What every answer in JSON or CBOR holds. */
const ENVELOPE: JsonObject = {
  type: 'object',
  properties: {
    network: { type: 'string', description: 'the network that is spoken of' },
    height: { type: 'integer', description: 'the final block that is spoken of' },
    finalAt: { type: 'string', format: 'date-time', description: 'header time of that block' },
    stale: { const: true, description: 'the ledger may be further than this' }
  },
  required: ['network', 'height', 'finalAt']
}

const PROBLEM: JsonObject = {
  type: 'object',
  description: 'RFC 9457; `code` is the stable part',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: {
      type: 'string',
      description: 'a code of the API, or of a rule of the ledger',
      examples: Object.keys(PROBLEMS)
    }
  },
  required: ['type', 'title', 'status', 'detail', 'code']
}

const HEADERS: JsonObject = Object.fromEntries(
  [
    ['Thingmoot-Network', 'the network that is spoken of'],
    ['Thingmoot-Height', 'the final block that is spoken of; send it back to read your own writes'],
    ['Thingmoot-Final-At', 'header time of that block'],
    ['Thingmoot-Stale', 'why the ledger may be further than this; not there where nothing says so']
  ].map(([name, description]) => [name, { description, schema: { type: 'string' } }]) as [
    string,
    JsonObject
  ][]
)

const HEIGHT_PARAMETER: JsonObject = {
  name: 'Thingmoot-Height',
  in: 'header',
  description: 'The height seen last: the node waits up to two seconds for it, or answers 503.',
  schema: { type: 'integer', minimum: 0 }
}

const LAST_EVENT_PARAMETER: JsonObject = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'The last event seen: `<height>` or `<height>.<index>`.',
  schema: { type: 'string' }
}

/** Paths as OpenAPI writes them; a part that may be left out is a path of its own, that is not told. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:([a-zA-Z]+)\??/g, '{$1}')
}

/** The description of these routes. */
export function describeApi(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, Record<string, JsonValue>> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Thingmoot',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'What a node answers from its own copy of the ledger. WebSockets are opened at /v1/socket.'
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      headers: HEADERS,
      schemas: { Envelope: ENVELOPE, Problem: PROBLEM },
      responses: {
        Problem: {
          description: 'It was not done; `code` says why.',
          headers: headerReferences(),
          content: { 'application/problem+json': { schema: reference('schemas', 'Problem') } }
        }
      }
    }
  }
}

function describeRoute(route: Route): JsonObject {
  const { method, summary, isOfState, isTagged, right, rateKind } = route
  const isStream = route.produces.includes('text/event-stream')
  const fixed = [HEIGHT_PARAMETER, ...(isStream ? [LAST_EVENT_PARAMETER] : [])]
  return {
    operationId: operationId(route),
    summary,
    // A node may be set to ask for tokens; without one it is asked for none but by name.
    security: right === 'open' ? [] : [{}, { token: [] }],
    'x-rate': rateKind ?? 'none',
    parameters: [
      ...parametersOf(route.params, 'path'),
      ...parametersOf(route.query, 'query'),
      ...fixed
    ],
    ...(method === 'POST' ? { requestBody: bodyOf(route.consumes) } : {}),
    responses: {
      '200': answerOf(route),
      ...(isOfState || isTagged
        ? { '304': { description: 'It is as it was when the ETag that was sent was given.' } }
        : {}),
      default: reference('responses', 'Problem')
    }
  }
}

function answerOf({ produces, answers, isOfState, isTagged }: Route): JsonObject {
  const fields = answers === null ? {} : jsonSchemaOf(answers)
  const record = { allOf: [reference('schemas', 'Envelope'), fields] }
  const content = produces.map((type): [string, JsonObject] => [
    type,
    type === 'application/json' ? { schema: record } : {}
  ])
  const etag = {
    description: 'the state root, or a digest of what is answered',
    schema: { type: 'string' }
  }
  return {
    description: 'Done.',
    headers: { ...headerReferences(), ...(isOfState || isTagged ? { ETag: etag } : {}) },
    content: Object.fromEntries(content)
  }
}

function bodyOf(consumes: readonly string[]): JsonObject {
  return { required: true, content: Object.fromEntries(consumes.map((type) => [type, {}])) }
}

function parametersOf(shape: z.ZodType, place: 'path' | 'query'): JsonObject[] {
  const { properties = {}, required = [] } = z.toJSONSchema(shape, {
    io: 'input',
    unrepresentable: 'any'
  })
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: plain(schema)
  }))
}

function jsonSchemaOf(shape: z.ZodType): JsonObject {
  return plain(z.toJSONSchema(shape, { unrepresentable: 'any' })) as JsonObject
}

/** As JSON has it: nothing undefined, nothing shared. */
function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue
}

function headerReferences(): JsonObject {
  return Object.fromEntries(Object.keys(HEADERS).map((name) => [name, reference('headers', name)]))
}

function reference(kind: string, name: string): JsonObject {
  return { $ref: `#/components/${kind}/${name}` }
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '' && word !== 'v1')
  const rest = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
  return `${method.toLowerCase()}${rest.join('')}`
}
