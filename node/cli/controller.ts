/**
 * `thingmoot controller`: keys that command devices, for whom their owners let.
 *
 * @module
 */

import type { Command } from 'commander'
import { toHex } from '../../protocol/index.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { createController } from './controller-folder.ts'
import { createOutput, table } from './output.ts'
import { absolute } from './settings.ts'

/** Adds `controller new`. */
export function addControllerCommand(program: Command, ports: CommandPorts): void {
  const group = program
    .command('controller')
    .description('who commands devices that others own, or the same person owns')
  addCommand(group, 'new', 'make a key that commands devices')
    .requiredOption('--controller <dir>', 'folder of the controller')
    .action((options: CommonOptions & { readonly controller: string }) => create(options, ports))
}

async function create(
  options: CommonOptions & { readonly controller: string },
  ports: CommandPorts
): Promise<void> {
  const folder = absolute(options.controller)
  const controllerKey = toHex(await createController(folder))
  createOutput(options, ports).answer({
    json: { folder, controllerKey },
    lines: (paint) => [
      `${paint.green('✔')} a key that commands nothing yet`,
      ...table([['controller key', controllerKey]], paint),
      `Next: an owner says thingmoot device controllers add <device> ${controllerKey} --wallet … --node …`
    ]
  })
}
