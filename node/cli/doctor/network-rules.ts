/**
 * The doctor's rules about this node and others: clock, peers, who is missing, and the spare.
 *
 * @module
 */

import { describeAbsent } from '../../service/absence.ts'
import { count, describeSpan } from '../output.ts'
import { type Rule, warning, well, wrong } from './finding.ts'

/** Header times are those of their leaders' clocks: so far ahead none of them is let be. */
const AHEAD_MAX_MS = 2_000
/** A block of a ledger that goes on is never as old while anything waits for one. */
const STANDSTILL_MS = 60_000

/**
 * Whether the clock of this machine is one that members can work with. The node measures nobody's
 * clock: what it has are the times of blocks, which a quorum has let pass.
 */
export const clockRule: Rule = ({ node, nowMs }) => {
  if (node?.ok !== true || node.value.status.height === 0) return null
  const aheadMs = node.value.status.finalAtMs - nowMs
  return aheadMs > AHEAD_MAX_MS
    ? wrong(
        `${describeSpan(aheadMs)} behind the time of the last block`,
        'let this machine set its clock by NTP, for instance: timedatectl set-ntp true'
      )
    : well('not behind the time of the last block')
}

/** Whether anybody is reached. */
export const peersRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { peers, missing } = node.value.status
  if (peers === 0 && missing.length > 0)
    return wrong(
      'no other node is connected',
      'see whether network.listen is open to them, and whom network.bootstrap and network.memberAddresses call'
    )
  return well(peers === 0 ? 'nobody else to reach' : `${count(peers, 'peer')} connected`)
}

/** Who is missing, since when, and what brings the ledger back. */
export const membersRule: Rule = ({ node, nowMs }) => {
  if (node?.ok !== true) return null
  const { status, members } = node.value
  const { missing, wayBack } = status
  if (status.role === 'observer')
    return well(`as an observer linked to ${members.length - missing.length} of ${members.length}`)
  if (missing.length === 0) return well(`all ${members.length} present`)
  const present = `${members.length - missing.length} of ${members.length} present`
  const says = `${present}, missing: ${describeAbsent(missing, nowMs)}`
  const bring = 'start them again, on the data directories they had'
  return wayBack === null ? warning(says, bring) : wrong(says, `${bring}. ${wayBack}`)
}

/** Whether the ledger would survive the next loss. */
export const spareRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { status, members } = node.value
  if (status.role === 'observer' || status.wayBack !== null) return null
  const others = members.filter(({ isSelf, isConnected }) => isConnected && !isSelf)
  if (others.length === 0 && status.missing.length === 0)
    return well('none needed: the only member')
  const spare = status.reachableWeight - status.quorumWeight
  const heaviest = Math.max(0, ...others.map(({ weight }) => weight))
  if (heaviest <= spare) return well(`weight ${spare} beyond the quorum of ${status.quorumWeight}`)
  const says = 'one more silent member stops the ledger'
  return status.missing.length > 0
    ? warning(says, 'bring the missing ones back, or admit a spare: thingmoot join --apply')
    : warning(says, 'admit a spare: on a new machine thingmoot join, then join --apply')
}

/** Whether what waits is ordered. */
export const progressRule: Rule = ({ node, nowMs }) => {
  if (node?.ok !== true) return null
  const { state, pendingTransactions, finalAtMs, height } = node.value.status
  if (state !== 'ready') return null
  if (pendingTransactions === 0) return well(`height ${height}, nothing waits`)
  const silentMs = nowMs - finalAtMs
  return silentMs > STANDSTILL_MS
    ? wrong(
        `${count(pendingTransactions, 'transaction')} waiting, and no block for ${describeSpan(silentMs)}`,
        'ask the other operators for thingmoot status: a member may be there and not allowed to vote'
      )
    : well(`height ${height}, ${count(pendingTransactions, 'transaction')} under way`)
}
