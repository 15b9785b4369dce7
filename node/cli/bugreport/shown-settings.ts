/**
 * Settings as a report may show them: numbers, yes and no, and choices as they are; of every text
 * whether it is the default, and of what kind an address is.
 *
 * @module
 */

import {
  type Config,
  createDefaults,
  describeSettings,
  type Environment,
  isLoopback,
  type Origin,
  type SettingDescription
} from '../../../config/index.ts'
import { settingAt } from '../settings-file.ts'
import { amount, flag, oneOf, ours, type Shown, type ShownFields } from './allow.ts'

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']
const ORIGINS: readonly string[] = ['file', 'environment', 'flag', 'default']

/** Every setting by its path. */
export function showSettings(
  config: Config,
  origins: ReadonlyMap<string, Origin>,
  environment: Environment
): ShownFields {
  const defaults = createDefaults(environment)
  return Object.fromEntries(
    describeSettings().map((setting) => {
      const value = settingAt(config, setting.path)
      const shown = showValue(setting, value, settingAt(defaults, setting.path))
      const origin = oneOf(origins.get(setting.path) ?? 'default', ORIGINS)
      return [setting.path, ours(`${String(shown)} (${origin})`)]
    })
  )
}

function showValue(
  { path, type, range }: SettingDescription,
  value: unknown,
  usual: unknown
): Shown {
  if (value === null) return null
  if (type.startsWith('number')) return amount(value)
  if (type.startsWith('boolean')) return flag(value)
  if (Array.isArray(value)) return ours(describeList(value, usual))
  if (range !== '') return oneOf(value, range.split(', '))
  if (path.endsWith('.host') && typeof value === 'string') return ours(describeHost(value))
  return ours(value === usual ? 'as usual' : 'set')
}

function describeList(value: readonly unknown[], usual: unknown): string {
  const isUsual = JSON.stringify(value) === JSON.stringify(usual)
  return isUsual ? `${value.length} entries, as usual` : `${value.length} entries`
}

function describeHost(host: string): string {
  if (isLoopback(host)) return 'this machine alone'
  return EVERYWHERE.includes(host) ? 'every interface' : 'one interface'
}
