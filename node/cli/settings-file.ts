/**
 * The settings file that `init` writes: what was chosen, each with its meaning above it.
 *
 * @module
 */

import { type Config, describeSettings } from '../../config/index.ts'

const HEAD = `# Settings of a Thingmoot node.
# Everything that is not said here has its default: thingmoot config show --origin
# Each can also be given as a variable, THINGMOOT_HTTP_PORT, or as a flag, --http-port.
`

/**
 * The text of a settings file.
 *
 * @param chosen - the paths of the settings that it shall name
 */
export function formatSettings(config: Config, chosen: ReadonlySet<string>): string {
  const lines: string[] = []
  let openGroup = ''
  for (const { path, meaning } of describeSettings()) {
    if (!chosen.has(path)) continue
    const [group, name] = path.includes('.') ? path.split('.') : ['', path]
    lines.push('')
    if (group !== '' && group !== openGroup) lines.push(`${group}:`)
    openGroup = group as string
    const indent = group === '' ? '' : '  '
    // JSON is YAML, and quotes whatever could be taken for something else.
    lines.push(
      `${indent}# ${meaning}`,
      `${indent}${name}: ${JSON.stringify(settingAt(config, path))}`
    )
  }
  return `${HEAD}${lines.join('\n')}\n`
}

/** The value of a setting by its path. */
export function settingAt(config: Config, path: string): unknown {
  let value: unknown = config
  for (const key of path.split('.'))
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[key]
  return value
}
