/**
 * `thingmoot owner challenge` and `owner check`: a verifier asks who owns some devices, and checks what
 * `thingmoot wallet prove` answers. Nothing of it goes onto the ledger.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  checkOwnerProof,
  drawOwnerChallenge,
  type OwnerProof,
  systemRandomBytes
} from '../../client/index.ts'
import { equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseHex,
  usage
} from './command.ts'
import { at } from './device-words.ts'
import { readNamedFile } from './files.ts'
import { count, createOutput } from './output.ts'
import { addLookOptions, type LookOptions, openLook } from './wallet-desk.ts'

interface ChallengeOptions extends CommonOptions {
  readonly for: string
}

interface CheckOptions extends LookOptions {
  readonly for: string
  readonly challenge: string
  readonly device: readonly string[]
}

const FAULTS: Readonly<Record<string, string>> = {
  OWNER_PROOF_MALFORMED: 'it is no proof of owning',
  OWNER_PROOF_OF_OTHER_CHALLENGE: 'it was made for another verifier, or for another challenge',
  OWNER_PROOF_EXPIRED: 'its time is over: ask for another one',
  OWNER_PROOF_FROM_THE_FUTURE: 'it was made later than now: one of the two clocks is wrong',
  OWNER_PROOF_TERM_TOO_LONG: 'it would hold for longer than a proof may',
  OWNER_PROOF_FORGED: 'a signature does not stand',
  OWNER_OTHER: 'the ledger waits for another key: the signer is not, or no longer, the owner',
  LEDGER_STALE: 'the node answers with an old state: ask another node, or wait until it is back',
  DEVICE_UNKNOWN: 'the ledger has no such device'
}

/** Adds `owner challenge` and `owner check`. */
export function addOwnerCommand(program: Command, ports: CommandPorts): void {
  const group = program
    .command('owner')
    .description('who owns some devices: asked and checked by one verifier, unseen by all others')
  addCommand(group, 'challenge', 'draw a challenge for one proof of owning')
    .requiredOption('--for <verifier>', 'how you are called: a domain, or the address of a service')
    .action((options: ChallengeOptions) => drawChallenge(options, ports))
  addLookOptions(addCommand(group, 'check', 'check a proof of owning'))
    .argument('<proof>', 'file that thingmoot wallet prove made')
    .requiredOption('--for <verifier>', 'the name that you gave')
    .requiredOption(
      '--challenge <hex>',
      'the challenge that you drew; take each for one proof only'
    )
    .option('--device <id>', 'a device that it must name; repeat', gather, [])
    .action((path: string, options: CheckOptions) => checkProof(path, options, ports))
}

function drawChallenge(options: ChallengeOptions, ports: CommandPorts): void {
  const challenge = toHex(drawOwnerChallenge(systemRandomBytes))
  createOutput(options, ports).answer({
    json: { verifier: options.for, challenge },
    lines: () => [
      challenge,
      `Next, for the owner: thingmoot wallet prove --for ${options.for} --challenge ${challenge} --device … --device …`
    ]
  })
}

async function checkProof(path: string, options: CheckOptions, ports: CommandPorts): Promise<void> {
  const challenge = fromHex(options.challenge.toLowerCase())
  if (challenge === undefined) throw usage('--challenge: is no hexadecimal')
  const wanted = options.device.map((text) => parseHex(text, 32, '--device'))
  const desk = await openLook(options, ports)
  const { network, transport, output } = desk
  const expected = {
    verifier: options.for,
    challenge,
    networkTag: network.networkTag,
    nowMs: Date.now()
  }
  const standing = { ledger: network.ledger, transport }
  const checked = await checkOwnerProof(await readNamedFile(path), expected, standing)
  if (!checked.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `${path}: ${FAULTS[checked.fault] ?? 'the answer of the node proves nothing'} (${checked.fault})`
    )
  assertNamed(path, wanted, checked.value)
  const { devices, issuedAtMs, notAfterMs } = checked.value
  output.answer({
    json: {
      proved: true,
      verifier: options.for,
      devices: devices.map(({ deviceId }) => deviceId),
      issuedAtMs,
      notAfterMs
    },
    lines: (paint) => [
      `${paint.green('✔')} one hand held the owner keys of ${count(devices.length, 'device')} at ${at(issuedAtMs)}:`,
      ...devices.map(({ deviceId }) => `  ${toHex(deviceId)}`)
    ]
  })
}

function assertNamed(path: string, wanted: readonly Uint8Array[], { devices }: OwnerProof): void {
  const missing = wanted.find((id) => !devices.some(({ deviceId }) => equalBytes(deviceId, id)))
  if (missing !== undefined)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `${path}: says nothing of device ${toHex(missing).slice(0, 8)}`
    )
}
