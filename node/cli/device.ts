/**
 * `thingmoot device`: a reference device kept in a folder; it is born, claimed, and signs.
 *
 * Its messages are ready to be published as they are: `mosquitto_pub -f <file>`.
 *
 * @module
 */

import type { Command } from 'commander'
import picocolors from 'picocolors'
import { createHttpClient, openDevice, systemRandomBytes } from '../../client/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions, gather, usage } from './command.ts'
import { addDeviceClaimCommand } from './device-claim.ts'
import { addDeviceCommandCommand } from './device-command.ts'
import { contentOf, type Said, type SayOptions } from './device-content.ts'
import { addDeviceControllersCommand } from './device-controllers.ts'
import { addDeviceDescribeCommands } from './device-describe.ts'
import { type BornDevice, type DeviceFolder, withDeviceFolder } from './device-folder.ts'
import { addDeviceFollowCommand } from './device-follow.ts'
import { addDeviceGuardiansCommand } from './device-guardians.ts'
import { keepUpBySeal } from './device-keep-up.ts'
import type { DeviceStanding } from './device-ledger.ts'
import { addDeviceListCommand } from './device-list.ts'
import { networkOfDevice } from './device-network.ts'
import { addDeviceNewCommand } from './device-new.ts'
import { addDeviceOrderCommands } from './device-orders.ts'
import { addDeviceRekeyCommands } from './device-rekey.ts'
import { addDeviceRunCommand, type DeviceRunPorts } from './device-run.ts'
import { addDeviceShareCommands } from './device-share.ts'
import { addDeviceShowCommand } from './device-show.ts'
import { addDeviceTransferCommands } from './device-transfer.ts'
import { writeNewFile } from './files.ts'
import { createOutput, table } from './output.ts'
import { absolute, addConfigOption } from './settings.ts'

interface SignOptions extends CommonOptions, SayOptions {
  readonly device: string
  readonly genesis?: string
  readonly node?: string
  readonly out?: string
  readonly hex?: boolean
}

interface SignedMessage {
  readonly deviceId: string
  readonly messageId: Uint8Array
  readonly sequence: number
  readonly topic: string
  readonly wire: Uint8Array
  readonly standing: DeviceStanding | null
}

/** Adds all commands of devices: those of the device itself, and those of its owner. */
export function addDeviceCommand(program: Command, ports: DeviceRunPorts): void {
  const group = program
    .command('device')
    .description('a reference device kept in a folder, and what its owner does')
  addDeviceNewCommand(group, ports)
  addConfigOption(addCommand(group, 'sign', 'sign the next message of a device'))
    .requiredOption('--device <dir>', 'folder of the device')
    .option('--reading <name=value>', 'a reading, as temperature=21.5; repeat', gather)
    .option('--alarm <name=value>', 'an alarm, as smoke=true; repeat', gather)
    .option('--heartbeat', 'a sign of life without content')
    .option('--unit <unit>', 'unit of the values, as SenML names it: Cel, %RH, V')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--node <url>', 'ask this node where the ledger stands, with proofs')
    .option('--out <file>', 'write the message to a new file instead of stdout')
    .option('--hex', 'write it in hexadecimal')
    .action((options: SignOptions) => sign(options, ports))
  addDeviceListCommand(group, ports)
  addDeviceFollowCommand(group, ports)
  addDeviceShareCommands(group, ports)
  addDeviceClaimCommand(group, ports)
  addDeviceShowCommand(group, ports)
  addDeviceDescribeCommands(group, ports)
  addDeviceTransferCommands(group, ports)
  addDeviceOrderCommands(group, ports)
  addDeviceRekeyCommands(group, ports)
  addDeviceGuardiansCommand(group, ports)
  addDeviceControllersCommand(group, ports)
  addDeviceCommandCommand(group, ports)
  addDeviceRunCommand(group, ports)
}

async function sign(options: SignOptions, ports: CommandPorts): Promise<void> {
  const said = contentOf(options)
  if (options.hex && options.out !== undefined) throw usage('--hex and --out exclude each other')
  const message = await withDeviceFolder(absolute(options.device), async (folder) => {
    const born = await folder.readBorn()
    if (born === undefined)
      throw usage(`${folder.path}: there is no device; make one with thingmoot device new`)
    return signIn(folder, { born, said, options, ports })
  })
  await hand(message, options, ports)
}

async function signIn(
  folder: DeviceFolder,
  asked: {
    readonly born: BornDevice
    readonly said: Said
    readonly options: SignOptions
    readonly ports: CommandPorts
  }
): Promise<SignedMessage> {
  const { born, said, options, ports } = asked
  const device = await openDevice({ storage: folder.storage, randomBytes: systemRandomBytes })
  const standing =
    options.node === undefined
      ? null
      : (
          await keepUpBySeal(
            device,
            { folder, born },
            {
              network: await networkOfDevice(born, options, ports),
              transport: createHttpClient({ baseUrls: [options.node] })
            }
          )
        ).standing
  if (standing === null && options.genesis !== undefined)
    await networkOfDevice(born, options, ports)
  const verdict = await device.say(said.contentKind, said.content)
  if (!verdict.ok) throw new NodeError('USAGE_WRONG', `${folder.path}: ${explain(verdict.fault)}`)
  const { messageId, wire } = verdict.value
  return {
    deviceId: born.deviceId,
    messageId,
    sequence: device.state.sequence,
    topic: `tm/${born.networkId}/d/${born.deviceId}/up`,
    wire,
    standing
  }
}

/** The bytes to whoever asked for them, and what they are beside them. */
async function hand(
  message: SignedMessage,
  options: SignOptions,
  ports: CommandPorts
): Promise<void> {
  const output = createOutput(options, ports)
  const { deviceId, sequence, topic, wire } = message
  const messageId = Buffer.from(message.messageId).toString('hex')
  if (options.out !== undefined) await writeNewFile({ path: absolute(options.out), content: wire })
  if (output.isJson) {
    const { standing } = message
    const json = { deviceId, messageId, sequence, topic, standing, message: wire }
    output.answer({ json, lines: () => [] })
    return
  }
  if (options.out === undefined) {
    const asText = options.hex || ports.stdout.isTTY === true
    if (asText) output.line(Buffer.from(wire).toString('hex'))
    else output.bytes(wire)
  }
  for (const line of table(
    [
      ['device', deviceId],
      ['sequence', String(sequence)],
      ['message', messageId],
      ['topic', topic]
    ],
    picocolors.createColors(false)
  ))
    output.note(line)
  if (options.out !== undefined)
    output.note(`  next: mosquitto_pub -q 1 -t ${topic} -f ${options.out}`)
}

function explain(fault: string): string {
  if (fault === 'INCARNATION_NOT_BEGUN')
    return 'the device is not claimed; go on with thingmoot device new --maker … --node …, or if a wallet has claimed it, sign with --node'
  if (fault === 'OUTBOX_FULL')
    return 'its outbox is full of messages whose outcome is unknown; sign with --node to settle them'
  if (fault === 'DATA_KEY_MISSING')
    return 'it seals what it says, and has no key for it now; sign with --node, or share it anew'
  if (fault === 'CONTENT_TOO_LARGE') return 'that is too much for one message'
  return `it cannot say that, ${fault}`
}
