/**
 * The table of settings, read off the schema: one row for each, with its name in the file, in the
 * environment and among the flags.
 *
 * @module
 */

import { z } from 'zod'
import { createDefaults } from './defaults.ts'
import { nearestName } from './nearest-name.ts'
import { configSchema } from './schema.ts'

/** One setting and its schema. */
export interface Setting {
  /** Its place in the file: `http.port`. */
  readonly path: string
  /** Its variable: `THINGMOOT_HTTP_PORT`. */
  readonly variable: string
  /** Its flag: `--http-port`. */
  readonly flag: string
  readonly schema: z.ZodType
  readonly type: 'number' | 'boolean' | 'text' | 'list'
  readonly isNullable: boolean
  /** Whether a relative value counts from the folder of the file that says it. */
  readonly isPath: boolean
}

/** One setting in words, for a reference page or a completion list. */
export interface SettingDescription {
  readonly path: string
  readonly variable: string
  readonly flag: string
  /** `number`, `text or null`, `list` … */
  readonly type: string
  /** The unit of a number; empty when it has none. */
  readonly unit: string
  /** The values allowed, in words; empty when the type says it all. */
  readonly range: string
  readonly default: string
  readonly meaning: string
}

/** What setting schemas carry beside their types. */
interface SettingMeta {
  readonly description?: string
  readonly unit?: string
  readonly isPath?: boolean
}

function metaOf(schema: z.ZodType): SettingMeta {
  return (schema.meta() ?? {}) as SettingMeta
}

/** What every variable of ours begins with. */
export const VARIABLE_PREFIX = 'THINGMOOT_'

function words(path: string): string[] {
  return path.replaceAll(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`).split('.')
}

function typeOf(schema: z.core.$ZodType): Setting['type'] {
  if (schema instanceof z.ZodNullable) return typeOf(schema.unwrap())
  if (schema instanceof z.ZodNumber) return 'number'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  return schema instanceof z.ZodArray ? 'list' : 'text'
}

function settingsOf(schema: z.ZodType, prefix: string): readonly Setting[] {
  if (!(schema instanceof z.ZodObject)) {
    const setting: Setting = {
      path: prefix,
      variable: `${VARIABLE_PREFIX}${words(prefix).join('_').toUpperCase()}`,
      flag: `--${words(prefix).join('-')}`,
      schema,
      type: typeOf(schema),
      isNullable: schema instanceof z.ZodNullable,
      isPath: metaOf(schema).isPath === true
    }
    return [setting]
  }
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, inner]) =>
    settingsOf(inner, prefix === '' ? key : `${prefix}.${key}`)
  )
}

/** Every setting by its path, in the order of the schema. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  settingsOf(configSchema, '').map((setting) => [setting.path, setting])
)

/** The value at a dotted path of a tree. */
export function valueAt(tree: unknown, path: string): unknown {
  let value = tree
  for (const key of path.split('.'))
    value =
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined
  return value
}

/** The setting that was probably meant by an unknown path; a sibling is named without its group. */
export function meantSetting(path: string): string | undefined {
  const cut = path.lastIndexOf('.') + 1
  const [groupPrefix, name] = [path.slice(0, cut), path.slice(cut)]
  const paths = [...SETTINGS.keys()]
  const siblings = new Set(
    paths
      .filter((known) => known.startsWith(groupPrefix))
      .map((known) => known.slice(cut).split('.')[0] ?? '')
  )
  return (
    nearestName(name, [...siblings]) ??
    nearestName(path, paths) ??
    paths.find((known) => known.endsWith(`.${name}`))
  )
}

function rangeOf(setting: Setting): string {
  const schema = setting.isNullable
    ? (setting.schema as z.ZodNullable<z.ZodType>).unwrap()
    : setting.schema
  const { minimum, maximum, enum: choices, minItems, maxItems } = z.toJSONSchema(schema)
  if (choices !== undefined) return choices.join(', ')
  if (maxItems !== undefined) return `${minItems ?? 0} to ${maxItems} entries`
  return maximum === undefined ? '' : `${minimum} to ${maximum}`
}

/** Every setting in words. */
export function describeSettings(): readonly SettingDescription[] {
  const defaults = createDefaults({ THINGMOOT_HOME: '$THINGMOOT_HOME' })
  return [...SETTINGS.values()].map((setting) => {
    const { path, variable, flag, type, isNullable, schema } = setting
    const { unit = '', description: meaning = '' } = metaOf(schema)
    return {
      path,
      variable,
      flag,
      type: isNullable ? `${type} or null` : type,
      unit,
      range: rangeOf(setting),
      default: JSON.stringify(valueAt(defaults, path)),
      meaning
    }
  })
}

/** Every setting as a Markdown table. */
export function printSettings(): string {
  const rows = describeSettings().map(
    ({ path, type, unit, range, default: value, meaning }) =>
      `| \`${path}\` | ${type} | ${[range, unit].filter((part) => part !== '').join(' ')} | \`${value}\` | ${meaning} |`
  )
  return ['| setting | type | range | default | meaning |', '|---|---|---|---|---|', ...rows].join(
    '\n'
  )
}
