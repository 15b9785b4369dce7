/**
 * The layers of the settings: what the file, the environment and the flags say, each value with
 * its place, none of them judged yet.
 *
 * @module
 */

import type { ConfigProblem } from './config-error.ts'
import type { Environment } from './defaults.ts'
import { readDocument } from './document.ts'
import { explainUnknown, type Fault } from './judge.ts'
import { meantSetting, SETTINGS, type Setting, VARIABLE_PREFIX } from './settings.ts'
import { type Path, showPath, showValue } from './show-value.ts'

/** Where the value of a setting came from. */
export type Origin = 'default' | 'file' | 'environment' | 'flag'

/** Where something is said. */
export type Place = Omit<ConfigProblem, 'path' | 'what'>

/** A value as it was found, not yet judged. */
export interface Said {
  readonly value: unknown
  readonly origin: Origin
  /** Names the place of a fault within the value. */
  readonly locate: (within: Path, part: Fault['part']) => Place
}

/** What one source says, and what is wrong with how it says it. */
export interface Layer {
  readonly said: ReadonlyMap<string, Said>
  readonly problems: readonly ConfigProblem[]
}

const FILE_MAX_CHARACTERS = 262_144

/** Variables of ours that are no settings. */
const VARIABLES_RESERVED: ReadonlySet<string> = new Set([
  `${VARIABLE_PREFIX}HOME`,
  `${VARIABLE_PREFIX}CONFIG`
])
// Kubernetes and Docker announce a service called "thingmoot" to every container in this form.
const VARIABLE_OF_ORCHESTRATOR = /_SERVICE_(HOST|PORT)(_|$)|_PORT$|_PORT_\d+_(TCP|UDP)(_|$)/

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A relative path in a file counts from the folder of the file, wherever the node is started. */
function besideFile(value: unknown, filePath: string): unknown {
  if (typeof value !== 'string' || /^([/\\~]|[a-zA-Z]:)/.test(value)) return value
  return `${/^.*[/\\]/.exec(filePath)?.[0] ?? ''}${value}`
}

/** What the settings file says, `http: { port: 1 }` or `http.port: 1`. */
export function readFileLayer(fileText: string | undefined, filePath: string): Layer {
  const said = new Map<string, Said>()
  const problems: ConfigProblem[] = []
  if (fileText === undefined) return { said, problems }
  const document = readDocument(fileText, {
    source: filePath,
    syntax: 'yaml',
    sizeMaxCharacters: FILE_MAX_CHARACTERS,
    code: 'CONFIGURATION_WRONG'
  })
  const placeOf = (path: Path, part: Fault['part']): Place => ({
    source: filePath,
    ...document.locate(path, part)
  })
  const take = (setting: Setting, path: readonly string[], value: unknown): void => {
    const meant = setting.isPath ? besideFile(value, filePath) : value
    const locate: Said['locate'] = (within, part) => placeOf([...path, ...within], part)
    said.set(setting.path, { value: meant, origin: 'file', locate })
  }
  const visit = (value: unknown, path: readonly string[]): void => {
    const dotted = path.join('.')
    const setting = SETTINGS.get(dotted)
    const what = faultOf(path, value, said)
    if (what !== undefined)
      problems.push({
        ...placeOf(path, 'key'),
        path: showPath(path.flatMap((key) => key.split('.'))),
        what
      })
    else if (setting !== undefined) take(setting, path, value)
    else if (isGroup(value))
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key])
  }
  visit(document.value, [])
  return { said, problems }
}

/** What is wrong with a key of the file, whatever the value of its setting. */
function faultOf(
  path: readonly string[],
  value: unknown,
  said: ReadonlyMap<string, Said>
): string | undefined {
  const dotted = path.join('.')
  if (said.has(dotted)) return 'is said twice'
  if (SETTINGS.has(dotted)) return undefined
  if (path.length > 0 && !isGroupPath(dotted))
    return explainUnknown('setting', meantSetting(dotted))
  // An empty file, or a group with all its lines commented out, says nothing.
  if (isGroup(value) || value === undefined || value === null) return undefined
  return `${showValue(value)} is not a group of settings`
}

function isGroupPath(dotted: string): boolean {
  return [...SETTINGS.keys()].some((path) => path.startsWith(`${dotted}.`))
}

/** The value meant by text that has no types of its own: of a variable or a flag. */
function interpret(text: string, setting: Setting, source: string): unknown {
  const trimmed = text.trim()
  if (setting.isNullable && trimmed === 'null') return null
  if (setting.type === 'number' && /^-?\d{1,16}$/.test(trimmed)) return Number(trimmed)
  if (setting.type === 'boolean' && (trimmed === 'true' || trimmed === 'false'))
    return trimmed === 'true'
  if (setting.type !== 'list') return trimmed
  if (trimmed === '') return []
  if (!trimmed.startsWith('[')) return trimmed.split(',').map((item) => item.trim())
  return readDocument(trimmed, {
    source,
    syntax: 'json',
    sizeMaxCharacters: FILE_MAX_CHARACTERS,
    code: 'CONFIGURATION_WRONG'
  }).value
}

/** What our variables say; an empty one says nothing, or for a list that it is empty. */
export function readEnvironmentLayer(environment: Environment): Layer {
  const said = new Map<string, Said>()
  const problems: ConfigProblem[] = []
  const byVariable = new Map([...SETTINGS.values()].map((setting) => [setting.variable, setting]))
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(VARIABLE_PREFIX) || VARIABLES_RESERVED.has(variable)) continue
    const setting = byVariable.get(variable)
    const isSaid = text !== undefined && (text.trim() !== '' || setting?.type === 'list')
    if (setting !== undefined && isSaid)
      said.set(setting.path, {
        value: interpret(text, setting, variable),
        origin: 'environment',
        locate: () => ({ source: variable })
      })
    if (setting !== undefined || VARIABLE_OF_ORCHESTRATOR.test(variable)) continue
    const meant = meantSetting(variable.slice(VARIABLE_PREFIX.length))
    const what = explainUnknown('variable', meant && SETTINGS.get(meant)?.variable)
    problems.push({ source: showPath([variable]), path: '', what })
  }
  return { said, problems }
}

/** What the command line says. */
export function readFlagLayer(flags: Readonly<Record<string, unknown>>): Layer {
  const said = new Map<string, Said>()
  const problems: ConfigProblem[] = []
  for (const [path, value] of Object.entries(flags)) {
    const setting = SETTINGS.get(path)
    if (setting === undefined)
      problems.push({
        source: 'flag',
        path: showPath(path.split('.')),
        what: explainUnknown('setting', meantSetting(path))
      })
    else if (value !== undefined)
      said.set(path, {
        value: typeof value === 'string' ? interpret(value, setting, setting.flag) : value,
        origin: 'flag',
        locate: () => ({ source: setting.flag })
      })
  }
  return { said, problems }
}
