/**
 * `thingmoot gateway`: devices that cannot sign, whose keys this node holds.
 *
 * @module
 */

import type { Command } from 'commander'
import { createHttpClient } from '../../../client/index.ts'
import type { Config } from '../../../config/index.ts'
import { NodeError } from '../../errors.ts'
import { dataPaths } from '../../storage/data-directory.ts'
import { readMarker } from '../../storage/node-marker.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from '../command.ts'
import { bringUpDevice } from '../device-new.ts'
import { openMaker } from '../maker.ts'
import { trustNetwork } from '../network-trust.ts'
import { createValueReader } from '../node-request.ts'
import { ownUrl } from '../node-url.ts'
import { createOutput, table } from '../output.ts'
import { absolute, addConfigOption, readGenesis, readSettings } from '../settings.ts'
import {
  createPassword,
  HELD_MAX,
  type HeldFolder,
  listHeld,
  openHeldFolder,
  openHeldSeal,
  passwordHashOf
} from './held-folder.ts'

interface NewOptions extends CommonOptions {
  readonly maker: string
  readonly node?: string
}

/** Adds `gateway new`, `gateway list` and `gateway password`. */
export function addGatewayCommand(program: Command, ports: CommandPorts): void {
  const group = program
    .command('gateway')
    .description('devices that cannot sign, whose keys this node holds')
  addConfigOption(
    addCommand(
      group,
      'new <name>',
      'make the key of a device here, register it, print its password'
    )
  )
    .requiredOption('--maker <dir>', 'folder of the maker of devices that gateways hold')
    .option('--node <url>', 'node to hand its birth and claim to (default: this one)')
    .action((name: string, options: NewOptions) => makeHeld(name, options, ports))
  addConfigOption(addCommand(group, 'list', 'the devices whose keys are held here')).action(
    (options: CommonOptions) => list(options, ports)
  )
  addConfigOption(
    addCommand(group, 'password <name>', 'give a device a new password, while the node is stopped')
  ).action((name: string, options: CommonOptions) => renewPassword(name, options, ports))
}

async function makeHeld(name: string, options: NewOptions, ports: CommandPorts): Promise<void> {
  const config = await readConfig(options, ports)
  const { genesis } = await readGenesis(config.genesis, config.networkId)
  const network = trustNetwork(genesis)
  const url = options.node ?? ownUrl(config, '--node')
  const output = createOutput(options, ports)
  const held = await listHeld(config.dataDirectory)
  if (!held.includes(name) && held.length >= HELD_MAX)
    throw usage(`${HELD_MAX} devices are held here already`)
  const maker = await openMaker(absolute(options.maker))
  const registration = {
    network,
    transport: createHttpClient({ baseUrls: [url] }),
    readValue: createValueReader(url),
    now: Date.now,
    onStep: (text: string) => output.note(`  ${text}`)
  }
  await withHeld(config, name, async (folder) => {
    const made = await bringUpDevice(folder, { network, maker, registration, custody: 1 })
    const password = createPassword()
    await folder.writePasswordHash(passwordHashOf(Buffer.from(password)))
    output.answer({
      json: { name, user: name, password, ...made },
      lines: (paint) => [
        `${paint.green('✔')} ${name} is a device of ${made.networkId}; its class says that a gateway holds its key`,
        ...table(
          [
            ['device', made.deviceId],
            ['user', name],
            ['password', password]
          ],
          paint
        ),
        'The password is shown this once. Next: in the settings, then start the node anew:',
        `  mqtt: {topics: [{topic: ${name}/temperature, device: ${name}, format: number, readings: [{name: temperature, unit: Cel}]}]}`,
        `  mosquitto_pub -p ${config.mqtt.port} -u ${name} -P ${password} -t ${name}/temperature -m 21.5 -q 1`
      ]
    })
  })
}

async function list(options: CommonOptions, ports: CommandPorts): Promise<void> {
  const config = await readConfig(options, ports)
  const names = await listHeld(config.dataDirectory)
  const topicsOf = (name: string): readonly string[] =>
    config.mqtt.topics.filter(({ device }) => device === name).map(({ topic }) => topic)
  createOutput(options, ports).answer({
    json: { devices: names.map((name) => ({ name, topics: topicsOf(name) })) },
    lines: (paint) =>
      names.length === 0
        ? ['No keys of devices are held here; thingmoot gateway new <name> makes one.']
        : table(
            names.map((name): [string, string] => [name, topicsOf(name).join(' ') || 'no topics']),
            paint
          )
  })
}

async function renewPassword(
  name: string,
  options: CommonOptions,
  ports: CommandPorts
): Promise<void> {
  const config = await readConfig(options, ports)
  if (!(await listHeld(config.dataDirectory)).includes(name))
    throw usage(`no device "${name.slice(0, 40)}" is held here; see thingmoot gateway list`)
  await withHeld(config, name, async (folder) => {
    const password = createPassword()
    await folder.writePasswordHash(passwordHashOf(Buffer.from(password)))
    createOutput(options, ports).answer({
      json: { name, user: name, password },
      lines: () => [password]
    })
  })
}

async function withHeld(
  config: Config,
  name: string,
  use: (folder: HeldFolder) => Promise<void>
): Promise<void> {
  const seal = await openHeldSeal(config)
  const folder = await openHeldFolder(config.dataDirectory, name, seal)
  try {
    await use(folder)
  } finally {
    await folder.release()
  }
}

async function readConfig(options: CommonOptions, ports: CommandPorts): Promise<Config> {
  const { config } = await readSettings(options, ports)
  if ((await readMarker(dataPaths(config.dataDirectory).marker)) === undefined)
    throw new NodeError(
      'DATA_DIRECTORY_MISSING',
      `${config.dataDirectory}: no data directory; make one with thingmoot init`
    )
  return config
}
