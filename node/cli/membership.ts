/**
 * `thingmoot leave` and `thingmoot renew`: what an operator says about its own seat.
 *
 * @module
 */

import type { Command } from 'commander'
import type { SignedTransaction } from '../../client/index.ts'
import { type MemberRecord, members } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { keyPairOf } from '../node-keys.ts'
import { explainFault, shortId } from '../service/governance-words.ts'
import { softwareHash } from '../software.ts'
import { readKeyFile } from '../storage/key-file.ts'
import { addCommand, type CommandPorts, gather, usage } from './command.ts'
import { trouble } from './files.ts'
import { signerOf, signNamed } from './member-acts.ts'
import {
  type ActOptions,
  addActOptions,
  type Desk,
  openDesk,
  openMemberDesk,
  sendAct,
  showDryRun,
  signOwn
} from './member-desk.ts'
import { readProofs } from './motion-types.ts'
import { describeSpan } from './output.ts'
import { idBytes, resolveId } from './short-id.ts'

interface LeaveOptions extends ActOptions {
  readonly recoveryKey?: string
  readonly member?: string
}

interface RenewOptions extends ActOptions {
  readonly region?: string
  readonly endpoint: readonly string[]
  readonly proof: readonly string[]
}

/** Adds `leave` and `renew`. */
export function addMembershipCommands(program: Command, ports: CommandPorts): void {
  addActOptions(addCommand(program, 'leave', "give this node's seat up, at the next seal"))
    .option('--recovery-key <file>', 'sign with the recovery key: the own key is lost or stolen')
    .option('--member <id>', 'with a recovery key: whose seat it is')
    .action((options: LeaveOptions) => leave(options, ports))
  addActOptions(
    addCommand(program, 'renew', 'renew the membership, and say where the node is reached now')
  )
    .option('--region <name>', 'where it stands (default: as before)')
    .option('--endpoint <address>', 'where it is reached (default: as before); repeat', gather, [])
    .option('--proof <file>', "certificate in DER, this node's own first; repeat", gather, [])
    .action((options: RenewOptions) => renew(options, ports))
}

async function leave(options: LeaveOptions, ports: CommandPorts): Promise<void> {
  const { desk, memberId, signed } = await signLeave(options, ports)
  await readMember(memberId, desk)
  // Leaving is not guarded, but what it would do is what a removal would.
  const whatIf = await desk.governance.whatIf({
    type: 'remove',
    memberId: idBytes(memberId),
    reasonHash: new Uint8Array(32)
  })
  const outlook =
    whatIf.fault === null
      ? `  ${whatIf.sentence}`
      : `  ! a motion to remove it would be refused: ${explainFault(whatIf.fault)}`
  const lines = [outlook, ...whatIf.warnings.map((warning) => `  ! ${warning}`)]
  if (desk.isDryRun) {
    showDryRun(desk, { name: 'leave', signed, fields: { memberId, whatIf }, lines })
    return
  }
  const end = await sendAct(desk, signed, 'leave')
  desk.output.answer({
    json: { isSent: true, memberId, whatIf, ...end },
    lines: (paint) => [
      ...lines,
      `${paint.green('✔')} ${shortId(memberId)} gives its seat up: the next seal takes it.`,
      'Leave the node running until thingmoot members does not name it any more: its vote counts till then.'
    ]
  })
}

/** The recovery key needs no data directory: it is used when that is in other hands. */
async function signLeave(
  options: LeaveOptions,
  ports: CommandPorts
): Promise<{ readonly desk: Desk; readonly memberId: string; readonly signed: SignedTransaction }> {
  if (options.recoveryKey === undefined) {
    if (options.member !== undefined) throw usage('--member goes with --recovery-key alone')
    const desk = await openMemberDesk(options, ports)
    const signed = await signOwn(desk, (prefix) => ({
      kind: 'member-leave',
      ...prefix,
      recoveryKey: null
    }))
    return { desk, memberId: desk.memberId, signed }
  }
  if (options.member === undefined) throw usage('say whose seat it is: --member <id>')
  const desk = await openDesk(options, ports)
  const known = (await desk.governance.overview()).members.map((one) => one.memberId)
  const memberId = resolveId(options.member, known, 'member')
  const { protection, networkTag } = desk
  const recovery = keyPairOf(await readKeyFile({ path: options.recoveryKey, protection }))
  const signed = signNamed(
    networkTag,
    {
      kind: 'member-leave',
      memberId: idBytes(memberId),
      memberSequence: 0,
      recoveryKey: recovery.publicKey
    },
    { identity: signerOf(recovery) }
  )
  return { desk, memberId, signed }
}

async function renew(options: RenewOptions, ports: CommandPorts): Promise<void> {
  const desk = await openMemberDesk(options, ports)
  const before = await readMember(desk.memberId, desk)
  const region = options.region ?? before.region
  const endpoints = options.endpoint.length === 0 ? before.endpoints : options.endpoint
  const proofs = await readProofs(options.proof)
  const signed = await signOwn(desk, (prefix) => ({
    kind: 'member-renew',
    ...prefix,
    region,
    endpoints,
    softwareHash: softwareHash(),
    proofs
  }))
  const place = { region, endpoints, proofs: proofs.length }
  if (desk.isDryRun) {
    showDryRun(desk, { name: 'renewal', signed, fields: place })
    return
  }
  const end = await sendAct(desk, signed, 'renewal')
  const { members: standings } = await desk.governance.overview()
  const own = standings.find(({ memberId }) => memberId === desk.memberId)
  const due = own === undefined ? 'later' : `in ${describeSpan(own.renewalDueInMs)} of awake time`
  desk.output.answer({
    json: { isSent: true, memberId: desk.memberId, ...place, ...end, standing: own ?? null },
    lines: (paint) => [
      `${paint.green('✔')} renewed in ${region}: the membership lapses ${due} unless renewed again.`,
      'Others call the node at its new addresses from the next epoch on.'
    ]
  })
}

async function readMember(memberId: string, { readValue }: Desk): Promise<MemberRecord> {
  const value = await readValue(members.name, idBytes(memberId))
  if (value === null)
    throw new NodeError('NOT_SEATED', `${shortId(memberId)}: was never a member of this network`)
  try {
    return members.decode(value)
  } catch (error) {
    throw trouble('REQUEST_FAILED', `the node's answer is no record of ${members.name}`, error)
  }
}
