/**
 * Loads the settings of a node: flag over environment over file over default, each setting for
 * itself, into one frozen Config that remembers where every value came from.
 *
 * @module
 */

import type { Config } from './config.ts'
import { ConfigError, type ConfigProblem, compareProblems } from './config-error.ts'
import { createDefaults, type Environment } from './defaults.ts'
import { judge } from './judge.ts'
import {
  type Layer,
  type Origin,
  readEnvironmentLayer,
  readFileLayer,
  readFlagLayer,
  type Said
} from './layers.ts'
import { type Conflict, findConflicts } from './relations.ts'
import { SETTINGS, type Setting, valueAt } from './settings.ts'
import { showPath } from './show-value.ts'

/** Everything the operator has said. */
export interface ConfigSources {
  /** The settings file, as errors name it; relative paths in it count from its folder. */
  readonly filePath: string
  /** Its text; undefined when there is no such file. */
  readonly fileText: string | undefined
  readonly environment: Environment
  /** By the path of the setting (`http.port`); text is read as in the environment. */
  readonly flags: Readonly<Record<string, unknown>>
}

/** The settings and the origin of each. */
export interface LoadedConfig {
  readonly config: Config
  /** By the path of the setting. */
  readonly origins: ReadonlyMap<string, Origin>
}

/** Puts the values of all settings together as the tree that Config is. */
function assemble(values: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {}
  for (const [path, value] of values) {
    const keys = path.split('.')
    const last = keys.pop() as string
    let place = root
    for (const key of keys) {
      place[key] ??= {}
      place = place[key] as Record<string, unknown>
    }
    place[last] = value
  }
  return freeze(root) as unknown as Config
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze)
  return Object.freeze(value)
}

/** What is wrong with a value, placed where it is said, or a copy of the value. */
function judgeSaid(
  { path, schema }: Setting,
  { value, locate }: Said
): { readonly value?: unknown; readonly problems: readonly ConfigProblem[] } {
  const judged = judge(schema, value)
  if (judged.ok) return { value: judged.value, problems: [] }
  const problems = judged.faults.map(({ path: within, part, what }) => ({
    ...locate(within, part),
    path: showPath([...path.split('.'), ...within]),
    what
  }))
  return { problems }
}

/** A conflict stands where the operator has said something, not at the default it contradicts. */
function placeConflict(
  { path, otherPath, what }: Conflict,
  winners: ReadonlyMap<string, Said>
): ConfigProblem {
  const [own, other] = [winners.get(path), winners.get(otherPath)]
  const place = own?.origin === 'default' ? other : own
  return { ...(place?.locate([], 'value') ?? { source: 'default' }), path, what }
}

/** For each setting what is said about it, the last word last. */
function gather(layers: readonly Layer[], environment: Environment): Map<Setting, readonly Said[]> {
  const defaults = createDefaults(environment)
  const gathered = new Map<Setting, readonly Said[]>()
  for (const setting of SETTINGS.values()) {
    const byDefault: Said = {
      value: valueAt(defaults, setting.path),
      origin: 'default',
      locate: () => ({ source: 'default' })
    }
    const said = layers.flatMap((layer) => layer.said.get(setting.path) ?? [])
    gathered.set(setting, [byDefault, ...said])
  }
  return gathered
}

/**
 * Loads the settings.
 *
 * @throws {@link ConfigError} naming every wrong setting, one line each
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const { filePath, fileText, environment, flags } = sources
  const layers = [
    readFileLayer(fileText, filePath),
    readEnvironmentLayer(environment),
    readFlagLayer(flags)
  ]
  const problems = layers.flatMap((layer) => layer.problems)
  const winners = new Map<string, Said>()
  const values = new Map<string, unknown>()
  for (const [setting, said] of gather(layers, environment)) {
    // A value that is overruled is judged too: it would surprise on the day the other one goes.
    for (const one of said) {
      const judged = judgeSaid(setting, one)
      problems.push(...judged.problems)
      values.set(setting.path, judged.value)
      winners.set(setting.path, one)
    }
  }
  const config = assemble(values)
  // Conflicts are looked for among values that are right in themselves.
  if (problems.length === 0)
    problems.push(...findConflicts(config).map((conflict) => placeConflict(conflict, winners)))
  if (problems.length > 0)
    throw new ConfigError('CONFIGURATION_WRONG', problems.toSorted(compareProblems))
  return { config, origins: new Map([...winners].map(([path, { origin }]) => [path, origin])) }
}
