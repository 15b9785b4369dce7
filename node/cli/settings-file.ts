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
  let openGroups: readonly string[] = []
  for (const { path, meaning } of describeSettings()) {
    if (!chosen.has(path)) continue
    const names = path.split('.')
    const groups = names.slice(0, -1)
    lines.push('')
    for (const [depth, name] of groups.entries()) {
      if (startsAlike(groups, openGroups, depth + 1)) continue
      lines.push(`${indent(depth)}${name}:`)
    }
    openGroups = groups
    const margin = indent(groups.length)
    // JSON is YAML, and quotes whatever could be taken for something else.
    lines.push(
      `${margin}# ${meaning}`,
      `${margin}${names.at(-1)}: ${JSON.stringify(settingAt(config, path))}`
    )
  }
  return `${HEAD}${lines.join('\n')}\n`
}

/** Whether two paths of groups are the same down to a depth. */
function startsAlike(one: readonly string[], other: readonly string[], depth: number): boolean {
  return one.slice(0, depth).every((name, place) => other[place] === name)
}

function indent(depth: number): string {
  return '  '.repeat(depth)
}

/** The value of a setting by its path. */
export function settingAt(config: Config, path: string): unknown {
  let value: unknown = config
  for (const key of path.split('.'))
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[key]
  return value
}
