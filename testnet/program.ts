/**
 * The testnet's commands.
 *
 * @module
 */

import { Command } from 'commander'
import { z } from 'zod'
import { addCommand, parseCount, parseDurationMs, usage } from '../node/cli/command.ts'
import { createOutput } from '../node/cli/output.ts'
import { sendControl } from './control.ts'
import type { ControlRequest } from './control-protocol.ts'
import { testnetHome } from './home.ts'
import { type HomeOptions, withHome } from './home-option.ts'
import { parseRegionSet, REGION_SETS } from './regions/region-set.ts'
import { statusShape, statusTable } from './report/status-table.ts'
import { addSeatCommands } from './seat-commands.ts'
import { type UpPorts, up } from './up.ts'

interface UpFlags extends HomeOptions {
  readonly nodes?: string
  readonly observers?: string
  readonly regions?: string
  readonly devices: string
  readonly rate: string
  readonly fresh?: boolean
  readonly headless?: boolean
  readonly for?: string
}

const MEMBERS_MAX = 32
const OBSERVERS_MAX = 32
const DEVICES_MAX = 10_000
const RATE_MAX = 1000

/**
 * Builds the program. Commander's own ends are thrown, never carried out.
 *
 * @param settle - hears the exit code that a command ended with
 */
export function createTestnetProgram(ports: UpPorts, settle: (code: number) => void): Command {
  const program = new Command('thingmoot testnet')
    .description('A whole Thingmoot network on this machine')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void ports.stdout.write(text),
      writeErr: (text) => void ports.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, 'thingmoot:'))
    })
  addUp(program, ports, settle)
  addStatus(program, ports)
  addAct(program, ports, {
    name: 'kill',
    argument: '<node...>',
    what: 'end nodes as a power cut would'
  })
  addAct(program, ports, {
    name: 'pause',
    argument: '<node...>',
    what: 'freeze nodes with their connections open'
  })
  addAct(program, ports, {
    name: 'heal',
    argument: '[node...]',
    what: 'bring back what is down, frozen or cut; all nodes if none is named'
  })
  addSeatCommands(program, ports)
  addDown(program, ports)
  return program
}

function addUp(program: Command, ports: UpPorts, settle: (code: number) => void): void {
  withHome(addCommand(program, 'up', 'start a testnet, or go on with the one that is there'))
    .option('--nodes <number>', 'members (default: 5)')
    .option('--observers <number>', 'nodes without a seat (default: 1)')
    .option('--regions <set>', `where they stand: ${REGION_SETS.join(', ')} (default: global)`)
    .option('--devices <number>', 'simulated devices', '20')
    .option('--rate <number>', 'messages a second of each device', '2')
    .option('--fresh', 'wipe what is there and begin anew')
    .option('--headless', 'no colours and no live line')
    .option('--for <span>', 'stop after this span of time, as 60s, and sum up')
    .action(async (flags: UpFlags) => settle(await up(readFlags(flags), ports)))
}

function addStatus(program: Command, ports: UpPorts): void {
  withHome(addCommand(program, 'status', 'how each node is')).action(async (flags: HomeOptions) => {
    const { nodes } = statusShape.parse(await ask(flags, { command: 'status' }))
    createOutput(flags, ports).answer({ json: { nodes }, lines: () => statusTable(nodes) })
  })
}

function addAct(
  program: Command,
  ports: UpPorts,
  act: {
    readonly name: 'kill' | 'pause' | 'heal'
    readonly argument: string
    readonly what: string
  }
): void {
  const done = { kill: 'killed', pause: 'paused', heal: 'healed' }[act.name]
  withHome(addCommand(program, act.name, act.what))
    .argument(act.argument, 'as their cities: tokyo, sao-paulo')
    .action(async (names: readonly string[], flags: HomeOptions) => {
      const answer = await ask(flags, { command: act.name, names })
      const { nodes } = z.looseObject({ nodes: z.array(z.string()) }).parse(answer)
      createOutput(flags, ports).answer({
        json: { [done]: nodes },
        lines: () => [nodes.length === 0 ? `nothing to be ${done}` : `${done}: ${nodes.join(', ')}`]
      })
    })
}

function addDown(program: Command, ports: UpPorts): void {
  withHome(addCommand(program, 'down', 'stop all nodes; everything is kept')).action(
    async (flags: HomeOptions) => {
      await ask(flags, { command: 'down' })
      createOutput(flags, ports).answer({
        json: { down: true },
        lines: () => ['all nodes are down']
      })
    }
  )
}

function ask(flags: HomeOptions, request: ControlRequest): ReturnType<typeof sendControl> {
  return sendControl(testnetHome(flags.home, process.cwd()), request)
}

function readFlags(flags: UpFlags): Parameters<typeof up>[0] {
  const { nodes, observers, regions, rate } = flags
  const regionSet = regions === undefined ? undefined : parseRegionSet(regions)
  if (regions !== undefined && regionSet === undefined)
    throw usage(`--regions: "${regions}" is unknown, there are ${REGION_SETS.join(', ')}`)
  const perSecond = /^\d+(\.\d+)?$/.test(rate) ? Number(rate) : Number.NaN
  if (!(perSecond > 0 && perSecond <= RATE_MAX))
    throw usage(`--rate: "${rate}" is not a number above 0, up to ${RATE_MAX}`)
  const within = (text: string, name: string, [min, max]: readonly [number, number]): number => {
    const value = parseCount(text, name)
    if (value < min || value > max) throw usage(`${name}: ${value} is not within ${min} to ${max}`)
    return value
  }
  return {
    home: testnetHome(flags.home, process.cwd()),
    isHomeNamed: flags.home !== undefined,
    members: nodes === undefined ? undefined : within(nodes, '--nodes', [1, MEMBERS_MAX]),
    observers:
      observers === undefined ? undefined : within(observers, '--observers', [0, OBSERVERS_MAX]),
    regionSet,
    devices: within(flags.devices, '--devices', [0, DEVICES_MAX]),
    rate: perSecond,
    isFresh: flags.fresh === true,
    isHeadless: flags.headless === true,
    forMs: flags.for === undefined ? undefined : parseDurationMs(flags.for),
    isJson: flags.json === true
  }
}
