/**
 * `thingmoot members`: who sits at the table, who is heard, and whose membership runs out.
 *
 * @module
 */

import type { Command } from 'commander'
import { shortId } from '../service/governance-words.ts'
import { addCommand, type CommandPorts } from './command.ts'
import type { OverviewAnswer, StandingAnswer } from './governance-answers.ts'
import { addReadOptions, openReading, type ReadOptions } from './member-desk.ts'
import { columns, count, describeSpan } from './output.ts'

const HEAD = ['id', 'region', 'operator', 'weight', 'status', 'last heard', 'lapses in']

/** Adds `members`. */
export function addMembersCommand(program: Command, ports: CommandPorts): void {
  addReadOptions(
    addCommand(program, 'members', 'the members, when they were heard, and when they must renew')
  ).action((options: ReadOptions) => showMembers(options, ports))
}

async function showMembers(options: ReadOptions, ports: CommandPorts): Promise<void> {
  const { governance, output } = await openReading(options, ports)
  const [{ nodeId }, overview] = [await governance.status(), await governance.overview()]
  output.answer({
    json: overview,
    lines: (paint) => [
      sentenceOf(overview),
      ...columns([HEAD, ...overview.members.map((one) => rowOf(one, nodeId))], paint),
      paint.dim('  Renewals are counted in the time in which the network is awake.')
    ]
  })
}

function sentenceOf({ epoch, totalWeight, quorumWeight, members }: OverviewAnswer): string {
  const seated = members.filter(({ status }) => status === 'seated')
  const incoming = members.length - seated.length
  const others = incoming === 0 ? '' : `, ${incoming} admitted and not seated yet`
  return `Epoch ${epoch}: ${count(seated.length, 'member')} of weight ${totalWeight}, ${quorumWeight} needed${others}.`
}

function rowOf(member: StandingAnswer, nodeId: string): readonly string[] {
  const { memberId, region, operatorId, weight, renewalDueInMs } = member
  return [
    shortId(memberId),
    region,
    shortId(operatorId),
    String(weight),
    statusOf(member),
    memberId === nodeId ? 'this node' : heardOf(member),
    renewalDueInMs === 0 ? 'overdue' : describeSpan(renewalDueInMs)
  ]
}

function statusOf({ status, isLeaving, isBeingRemoved }: StandingAnswer): string {
  if (isBeingRemoved) return `${status}, removed by proof at the next seal`
  return isLeaving ? `${status}, leaves at the next seal` : status
}

function heardOf({ isConnected, lastHeardAtMs }: StandingAnswer): string {
  const heard =
    lastHeardAtMs === null
      ? 'never'
      : `${describeSpan(Math.max(0, Date.now() - lastHeardAtMs))} ago`
  return isConnected ? heard : `${heard}, not connected`
}
