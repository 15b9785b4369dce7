/**
 * `thingmoot motion open`: a member puts a question, after it was told what that would lead to.
 *
 * Whoever opens a motion is taken to want it: a yes follows at once, unless told otherwise.
 *
 * @module
 */

import type { Command } from 'commander'
import type { SignedTransaction } from '../../client/index.ts'
import { BALLOT_CHOICES, type Motion, toHex } from '../../protocol/index.ts'
import { motionToJson } from '../api/motion-json.ts'
import { NodeError } from '../errors.ts'
import { explainFault, shortId } from '../service/governance-words.ts'
import { type CommandPorts, parseDurationMs, usage } from './command.ts'
import type { MotionAnswer, WhatIfAnswer } from './governance-answers.ts'
import {
  type ActEnd,
  type ActOptions,
  addActOptions,
  type MemberDesk,
  openMemberDesk,
  sendAct,
  showDryRun,
  signOwn
} from './member-desk.ts'
import { nextStep } from './motion-next.ts'
import { addMotionTypes, type MotionBuilder } from './motion-types.ts'
import { whatIfLines } from './what-if-lines.ts'

interface OpenOptions extends ActOptions {
  readonly lapseIn?: string
  readonly vote: boolean
}

/** What was opened, and how it stands. */
interface Opened {
  readonly end: ActEnd
  readonly hasVoted: boolean
  /** Null while it is not final. */
  readonly motion: MotionAnswer | null
}

/** How far clocks of members may differ without a motion of full length being refused. */
const CLOCK_MARGIN_MS = 60_000
const MARGIN_PARTS = 10

/** Adds `motion open` with a command for each type. */
export function addMotionOpenCommand(group: Command, ports: CommandPorts): void {
  const open = group
    .command('open')
    .description('put a motion; what it would lead to is told before')
  addMotionTypes<OpenOptions>(open, addOpenOptions, (build, options) =>
    openMotion(build, options, ports)
  )
}

function addOpenOptions(command: Command): Command {
  return addActOptions(command)
    .option(
      '--lapse-in <span>',
      'how long it may be answered (default: as long as motions may live)'
    )
    .option('--no-vote', 'do not say yes to it at once')
}

async function openMotion(
  build: MotionBuilder,
  options: OpenOptions,
  ports: CommandPorts
): Promise<void> {
  const desk = await openMemberDesk(options, ports)
  const motion = await build(desk.governance)
  const whatIf = await desk.governance.whatIf(motion)
  if (whatIf.fault !== null)
    throw new NodeError(
      'REQUEST_FAILED',
      `motion to ${whatIf.question}: nothing was sent, it would be refused: ${explainFault(whatIf.fault)} (${whatIf.fault})`
    )
  const { parameters } = await desk.governance.overview()
  const notAfterMs = Date.now() + lifeOf(options.lapseIn, parameters.motionLapseMs)
  const signed = await signOwn(desk, (prefix) => ({
    kind: 'motion-open',
    ...prefix,
    motion,
    notAfterMs
  }))
  if (desk.isDryRun) showUnsent(desk, { motion, whatIf, signed })
  else await put(desk, { whatIf, signed, isVoting: options.vote })
}

function showUnsent(
  desk: MemberDesk,
  {
    motion,
    whatIf,
    signed
  }: { readonly motion: Motion; readonly whatIf: WhatIfAnswer; readonly signed: SignedTransaction }
): void {
  const lines = whatIfLines(whatIf, desk.paint).map((line) => `  ${line}`)
  showDryRun(desk, { name: 'motion', signed, fields: { ...motionToJson(motion), whatIf }, lines })
}

async function put(
  desk: MemberDesk,
  {
    whatIf,
    signed,
    isVoting
  }: {
    readonly whatIf: WhatIfAnswer
    readonly signed: SignedTransaction
    readonly isVoting: boolean
  }
): Promise<void> {
  const { output } = desk
  if (!output.isJson) for (const line of whatIfLines(whatIf, desk.paint)) output.line(line)
  const { end, motion, hasVoted } = await carry(desk, signed, isVoting)
  const motionId = toHex(signed.transactionId)
  output.answer({
    json: { isSent: true, motionId, ...end, hasVoted, whatIf, motion },
    lines: (paint) =>
      motion === null
        ? [`The motion ${shortId(motionId)} is ${end.stage}, not final yet: thingmoot motion list`]
        : [
            `${paint.green('✔')} motion ${shortId(motionId)} is put${hasVoted ? ' with your yes' : ''}: ${motion.sentence}.`,
            nextStep(motion)
          ]
  })
}

/** Sends the motion, and the yes once it is final: a ballot on what is not there yet is refused. */
async function carry(
  desk: MemberDesk,
  signed: SignedTransaction,
  isVoting: boolean
): Promise<Opened> {
  const end = await sendAct(desk, signed, 'motion')
  if (end.stage !== 'final') return { end, hasVoted: false, motion: null }
  const motionId = toHex(signed.transactionId)
  const motion = await desk.governance.motion(motionId)
  if (!isVoting || motion.status !== 'open') return { end, hasVoted: false, motion }
  const ballot = await signOwn(desk, (prefix) => ({
    kind: 'ballot',
    ...prefix,
    motionId: signed.transactionId,
    choice: BALLOT_CHOICES.yes
  }))
  await sendAct(desk, ballot, `the motion ${shortId(motionId)} is put, but your yes to it`)
  return { end, hasVoted: true, motion: await desk.governance.motion(motionId) }
}

/** How long a motion may be answered; blocks go by their own time, so a little less than allowed. */
function lifeOf(lapseIn: string | undefined, lifeMaxMs: number): number {
  const longestMs = lifeMaxMs - Math.min(CLOCK_MARGIN_MS, Math.floor(lifeMaxMs / MARGIN_PARTS))
  if (lapseIn === undefined) return longestMs
  const lifeMs = parseDurationMs(lapseIn)
  if (lifeMs > lifeMaxMs)
    throw usage(`--lapse-in: motions of this network live ${lifeMaxMs} ms at most`)
  return Math.min(lifeMs, longestMs)
}
