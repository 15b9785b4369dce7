/**
 * Judges plain data by a schema and puts every fault into one line of words.
 *
 * @module
 */

import { z } from 'zod'
import { nearestName } from './nearest-name.ts'
import type { Path } from './show-value.ts'

/** One rule that the data breaks. */
export interface Fault {
  readonly path: Path
  /** Whether the key is wrong or what it holds. */
  readonly part: 'key' | 'value'
  readonly what: string
}

/** The data in the schema's form, or why not. */
export type Judged<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly faults: readonly Fault[] }

// A hostile file may hold a hundred thousand faults; nobody reads more than the first few.
const FAULTS_MAX = 100

/** The schema beneath defaults, lists of one kind and the like. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  )
    return unwrap(schema.unwrap())
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema
}

/** The keys that the schema knows in the group at `path`. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const bare = unwrap(schema)
  const [first, ...rest] = path
  if (bare instanceof z.ZodArray && first !== undefined) return keysAt(bare.element, rest)
  if (!(bare instanceof z.ZodObject)) return []
  if (first === undefined) return Object.keys(bare.shape)
  const inner = bare.shape[String(first)]
  return inner === undefined ? [] : keysAt(inner, rest)
}

/** `unknown key`, with the name that was probably meant. */
export function explainUnknown(noun: string, meant: string | undefined): string {
  return meant === undefined ? `unknown ${noun}` : `unknown ${noun}, did you mean "${meant}"?`
}

function* explain(issue: z.core.$ZodIssue, schema: z.core.$ZodType): Generator<Fault> {
  const { path } = issue
  if (issue.code !== 'unrecognized_keys') {
    yield { path, part: 'value', what: issue.message }
    return
  }
  const known = keysAt(schema, path)
  for (const key of issue.keys)
    yield {
      path: [...path, key],
      part: 'key',
      what: explainUnknown('key', nearestName(key, known))
    }
}

/** Judges `value` by `schema`, whose messages come from shapes.ts. */
export function judge<Value>(schema: z.ZodType<Value>, value: unknown): Judged<Value> {
  const result = schema.safeParse(value, { reportInput: false })
  if (result.success) return { ok: true, value: result.data }
  const faults: Fault[] = []
  for (const issue of result.error.issues)
    for (const fault of explain(issue, schema)) {
      faults.push(fault)
      if (faults.length === FAULTS_MAX) return { ok: false, faults }
    }
  return { ok: false, faults }
}
