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
const START_AGAIN = 'have them started again, on the data directories they had'
const SET_CLOCK = 'let this machine set its clock by NTP: timedatectl set-ntp true'
const NAME_ADDRESS = 'say where it is reached: thingmoot renew --endpoint /dns4/<name>/tcp/4001'
const CALL_MEMBERS = 'name addresses of members in network.bootstrap'

/**
 * Whether the clock of this machine is one that members can work with: by the clocks of others where
 * they are reached over HTTP, else by the times of blocks, which a quorum has let pass. Those tell
 * only of a clock that is slow.
 */
export const clockRule: Rule = ({ node, nowMs }) => {
  if (node?.ok !== true) return null
  const { status, clocksAheadMs } = node.value
  const others = [...clocksAheadMs].sort((a, b) => a - b)
  // the middle one: a minority of wrong clocks moves it nowhere
  const middleMs = others[Math.floor(others.length / 2)]
  if (middleMs !== undefined && Math.abs(middleMs) > AHEAD_MAX_MS)
    return wrong(
      `${describeSpan(Math.abs(middleMs))} ${middleMs > 0 ? 'behind' : 'ahead of'} the clock of ${count(others.length, 'other node')}`,
      SET_CLOCK
    )
  const aheadMs = status.height === 0 ? 0 : status.finalAtMs - nowMs
  if (aheadMs > AHEAD_MAX_MS)
    return wrong(`${describeSpan(aheadMs)} behind the time of the last block`, SET_CLOCK)
  if (middleMs !== undefined)
    return well(`with the clocks of ${count(others.length, 'other node')}`)
  return status.height === 0 ? null : well('not behind the time of the last block')
}

/** Whether others can call this node, where its seat says that they can. */
export const reachRule: Rule = ({ node, listens, ownEndpoints }) => {
  if (node?.ok !== true || listens === null || ownEndpoints === null) return null
  if (node.value.members.length === 1) return well('the only member: nobody has to call it')
  const isComplete = node.value.status.missing.length === 0
  // it calls the others itself, and a network on one machine or behind routers needs no more
  if (ownEndpoints.length === 0 && isComplete)
    return well('all are connected, though its seat names no address')
  if (ownEndpoints.length === 0)
    return warning('its seat names no address: others cannot call it', NAME_ADDRESS)
  const isOpen = listens.some((address) => !isHere(address))
  const outer = ownEndpoints.filter(({ address }) => !isHere(address))
  if (!isOpen && outer.length > 0)
    return wrong(
      `its seat names ${outer[0]?.address}, but it listens on this machine alone`,
      'set network.listen to /ip4/0.0.0.0/tcp/4001, and start it anew'
    )
  const silent = ownEndpoints.filter(({ isAnswering }) => !isAnswering)
  if (silent.length === 0)
    return well(`answers at ${count(ownEndpoints.length, 'address')} of its seat`)
  const says = `${silent[0]?.address} of its seat does not answer from here`
  // many routers do not let a machine call itself by its outer address
  if (isComplete) return well(`all are connected, though ${says}`)
  return warning(says, 'let router and firewall pass this port on to this machine')
}

/** Whether an address is one that only this machine can call. */
export function isHere(address: string): boolean {
  return /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address)
}

/** Whether anybody is reached. */
export const peersRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { peers, missing } = node.value.status
  if (peers === 0 && missing.length > 0)
    return wrong(
      'no other node is connected',
      'see whether the others run, whether their firewalls let this node in, and whom network.bootstrap names'
    )
  return well(peers === 0 ? 'nobody else to reach' : `${count(peers, 'other node')} connected`)
}

/** Who is missing, since when, and what brings the ledger back. */
export const membersRule: Rule = ({ node, nowMs }) => {
  if (node?.ok !== true) return null
  const { status, members } = node.value
  const { missing, wayBack } = status
  const present = members.length - missing.length
  if (status.role === 'observer')
    return present === 0
      ? warning(`none of ${members.length} reached: reads here may be old`, CALL_MEMBERS)
      : well(`this observer follows ${present} of ${members.length}`)
  if (missing.length === 0)
    return well(members.length === 1 ? 'the only one is present' : `all ${present} present`)
  const says = `${present} of ${members.length} present, missing: ${describeAbsent(missing, nowMs)}`
  return wayBack === null
    ? warning(says, START_AGAIN)
    : wrong(
        says,
        `${START_AGAIN}. ${wayBack} Only if they are lost for good: thingmoot refound --help`
      )
}

/** Whether the ledger would survive the next loss. */
export const spareRule: Rule = ({ node }) => {
  if (node?.ok !== true) return null
  const { status, members } = node.value
  if (status.role === 'observer' || status.wayBack !== null) return null
  const others = members.filter(({ isSelf, isConnected }) => isConnected && !isSelf)
  if (others.length === 0 && status.missing.length === 0)
    return well('none: the ledger stands still whenever this node, its only member, does')
  const { reachableWeight, quorumWeight } = status
  const heaviest = Math.max(0, ...others.map(({ weight }) => weight))
  const weights = `votes present ${reachableWeight}, needed ${quorumWeight}`
  if (heaviest <= reachableWeight - quorumWeight)
    return well(`any one other member may fall silent: ${weights}`)
  return warning(
    `one more silent member can stop the ledger: ${weights}`,
    status.missing.length > 0
      ? 'bring back who is missing, or have one more member admitted: thingmoot bundle'
      : 'have one more member admitted: thingmoot bundle makes what its operator needs'
  )
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
        'run thingmoot doctor on the other members: one may be there and not allowed to vote'
      )
    : well(`height ${height}, ${count(pendingTransactions, 'transaction')} under way`)
}
