/**
 * `thingmoot motion`: questions of the members, put, answered, taken back, and tried in thought.
 *
 * @module
 */

import type { Command } from 'commander'
import type { SignedTransaction } from '../../client/index.ts'
import { BALLOT_CHOICES } from '../../protocol/index.ts'
import { motionFromJson } from '../api/motion-json.ts'
import { shortId } from '../service/governance-words.ts'
import { addCommand, type CommandPorts, usage } from './command.ts'
import type { GovernanceReader, MotionAnswer } from './governance-answers.ts'
import {
  type ActOptions,
  addActOptions,
  addReadOptions,
  type MemberDesk,
  openMemberDesk,
  openReading,
  type ReadOptions,
  sendAct,
  showDryRun,
  signOwn
} from './member-desk.ts'
import { nextStep } from './motion-next.ts'
import { addMotionOpenCommand } from './motion-open.ts'
import { addMotionTypes, type MotionBuilder } from './motion-types.ts'
import { count, table } from './output.ts'
import { idBytes, resolveId } from './short-id.ts'
import { whatIfLines } from './what-if-lines.ts'

const CHOICES: readonly string[] = Object.keys(BALLOT_CHOICES)

/** Adds `motion` with all its commands. */
export function addMotionCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('motion').description('what the members put to the vote')
  addMotionOpenCommand(group, ports)
  addReadOptions(
    addCommand(group, 'list', 'motions that are open, or carried and not in force')
  ).action((options: ReadOptions) => listMotions(options, ports))
  addReadOptions(addCommand(group, 'show', 'a motion with its ballots'))
    .argument('<id>', 'its id; the beginning is enough while it is under way')
    .action((id: string, options: ReadOptions) => showMotion(id, options, ports))
  addActOptions(addCommand(group, 'vote', 'answer a motion; an earlier ballot is replaced'))
    .argument('<id>', 'its id, or the beginning of it')
    .argument('<choice>', 'yes, no, or none to take a ballot back')
    .action((id: string, choice: string, options: ActOptions) => vote([id, choice], options, ports))
  addActOptions(addCommand(group, 'withdraw', 'take an own motion back'))
    .argument('<id>', 'its id, or the beginning of it')
    .action((id: string, options: ActOptions) => withdraw(id, options, ports))
  const whatIf = group
    .command('what-if')
    .description('what a motion would lead to; nothing is sent')
  addMotionTypes<ReadOptions>(whatIf, addReadOptions, (build, options) =>
    showWhatIf(build, options, ports)
  )
}

async function listMotions(options: ReadOptions, ports: CommandPorts): Promise<void> {
  const { governance, output } = await openReading(options, ports)
  const motions = await governance.motions()
  output.answer({
    json: motions,
    lines: (paint) =>
      motions.length === 0
        ? ['No motion is open.']
        : [
            `${count(motions.length, 'motion')} under way. To answer one: thingmoot motion vote <id> yes|no`,
            ...table(
              motions.map(({ motionId, question, sentence }): [string, string] => [
                shortId(motionId),
                `${question}  ${paint.dim(sentence)}`
              ]),
              paint
            )
          ]
  })
}

async function showMotion(id: string, options: ReadOptions, ports: CommandPorts): Promise<void> {
  const { governance, output } = await openReading(options, ports)
  const motion = await governance.motion(await findMotion(id, governance))
  output.answer({
    json: motion,
    lines: (paint) => [
      `${paint.bold(`To ${motion.question}:`)} ${motion.sentence}.`,
      ...table(rowsOf(motion), paint)
    ]
  })
}

async function showWhatIf(
  build: MotionBuilder,
  options: ReadOptions,
  ports: CommandPorts
): Promise<void> {
  const { governance, output } = await openReading(options, ports)
  const answer = await governance.whatIf(await build(governance))
  output.answer({ json: answer, lines: (paint) => whatIfLines(answer, paint) })
}

async function vote(
  [id, choice]: readonly [string, string],
  options: ActOptions,
  ports: CommandPorts
): Promise<void> {
  if (!CHOICES.includes(choice)) throw usage(`"${choice}" is no answer: say yes, no or none`)
  const desk = await openMemberDesk(options, ports)
  const motionId = await findMotion(id, desk.governance)
  const signed = await signOwn(desk, (prefix) => ({
    kind: 'ballot',
    ...prefix,
    motionId: idBytes(motionId),
    choice: BALLOT_CHOICES[choice as keyof typeof BALLOT_CHOICES]
  }))
  const said = choice === 'none' ? 'your ballot is taken back' : `your ${choice} is counted`
  await settle(desk, { signed, name: 'ballot', motionId, said })
}

async function withdraw(id: string, options: ActOptions, ports: CommandPorts): Promise<void> {
  const desk = await openMemberDesk(options, ports)
  const motionId = await findMotion(id, desk.governance)
  const signed = await signOwn(desk, (prefix) => ({
    kind: 'motion-withdraw',
    ...prefix,
    motionId: idBytes(motionId)
  }))
  await settle(desk, { signed, name: 'withdrawal', motionId, said: 'the motion is taken back' })
}

/** What the motion would do is told as well: it may be another answer than when it was put. */
async function showUnsent(
  desk: MemberDesk,
  {
    name,
    signed,
    before
  }: {
    readonly name: string
    readonly signed: SignedTransaction
    readonly before: MotionAnswer
  }
): Promise<void> {
  const { type, argument, question, sentence } = before
  const motion = motionFromJson({ type, argument })
  const whatIf = 'fault' in motion ? null : await desk.governance.whatIf(motion)
  const thought = whatIf === null ? [] : whatIfLines(whatIf, desk.paint)
  const lines = [`  on    ${question}: ${sentence}`, ...thought.map((line) => `  ${line}`)]
  showDryRun(desk, { name, signed, fields: { motion: before, whatIf }, lines })
}

/** Sends an act on a motion, and tells how the motion stands after it. */
async function settle(
  desk: MemberDesk,
  act: {
    readonly signed: SignedTransaction
    readonly name: string
    readonly motionId: string
    readonly said: string
  }
): Promise<void> {
  const { signed, name, motionId, said } = act
  const before = await desk.governance.motion(motionId)
  if (desk.isDryRun) {
    await showUnsent(desk, { name, signed, before })
    return
  }
  const end = await sendAct(desk, signed, name)
  const motion = await desk.governance.motion(motionId)
  const isFinal = end.stage === 'final'
  desk.output.answer({
    json: { isSent: true, ...end, motion },
    lines: (paint) => [
      isFinal
        ? `${paint.green('✔')} ${said}: ${motion.sentence}.`
        : `The ${name} is ${end.stage}, not final yet.`,
      nextStep(motion)
    ]
  })
}

async function findMotion(text: string, governance: GovernanceReader): Promise<string> {
  const known = (await governance.motions()).map(({ motionId }) => motionId)
  return resolveId(text, known, 'motion under way')
}

function rowsOf(motion: MotionAnswer): [string, string][] {
  const { motionId, type, openedBy, openedAtMs, lapsesAtMs, status, ballots } = motion
  return [
    ['motion', motionId],
    ['type', type],
    ['status', status],
    ['opened', `${new Date(openedAtMs).toISOString()} by ${openedBy ?? 'the application itself'}`],
    ...(lapsesAtMs === null
      ? []
      : [['lapses', new Date(lapsesAtMs).toISOString()] as [string, string]]),
    ...ballots.map(({ memberId, choice, weight }): [string, string] => [
      choice,
      `${memberId}, weight ${weight}`
    ])
  ]
}
