/**
 * `thingmoot config`: what the settings are and where each was said, and whether a file is right.
 *
 * @module
 */

import type { Command } from 'commander'
import { describeSettings, loadConfig } from '../../config/index.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { readNamedFile } from './files.ts'
import { createOutput, table } from './output.ts'
import { addSettingFlags, readSettings } from './settings.ts'
import { settingAt } from './settings-file.ts'

interface ShowOptions extends CommonOptions {
  readonly origin?: boolean
}

/** Adds `config show` and `config check`. */
export function addConfigCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('config').description('show or check the settings')
  addSettingFlags(
    addCommand(group, 'show', 'every setting as it is now').option(
      '--origin',
      'with each, where it was said'
    )
  ).action((options: ShowOptions) => show(options, ports))
  addCommand(group, 'check', 'judge a settings file')
    .argument('<file>')
    .action((file: string, options: CommonOptions) => check(file, options, ports))
}

async function show(options: ShowOptions, ports: CommandPorts): Promise<void> {
  const { config, origins, filePath, fileFound } = await readSettings(options, ports)
  const settings = describeSettings().map(({ path }) => ({
    path,
    value: settingAt(config, path),
    origin: origins.get(path) ?? 'default'
  }))
  createOutput(options, ports).answer({
    json: {
      file: fileFound ? filePath : null,
      settings: Object.fromEntries(
        settings.map(({ path, value, origin }) => [path, { value, origin }])
      )
    },
    lines: (paint) => [
      fileFound ? `Settings file ${filePath}` : `No settings file at ${filePath}`,
      ...table(
        settings.map(({ path, value, origin }) => {
          const text = JSON.stringify(value)
          return [path, options.origin ? `${text}  ${paint.dim(`(${origin})`)}` : text]
        }),
        paint
      )
    ]
  })
}

async function check(path: string, options: CommonOptions, ports: CommandPorts): Promise<void> {
  const fileText = new TextDecoder().decode(await readNamedFile(path))
  // The file alone: the environment of this shell is not that of the node.
  const { origins } = loadConfig({ filePath: path, fileText, environment: {}, flags: {} })
  const said = [...origins.values()].filter((origin) => origin === 'file').length
  createOutput(options, ports).answer({
    json: { file: path, ok: true, settings: said },
    lines: (paint) => [`${paint.green('✔')} ${path}: ${said} settings, nothing wrong`]
  })
}
