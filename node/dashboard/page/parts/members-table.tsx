/**
 * The members as a table: the same as the map, for eyes and for screen readers.
 *
 * @module
 */

import type { JSX } from 'preact'
import type { Member } from '../feed/answers.ts'
import { memberName } from '../state/sentence.ts'
import type { Store } from '../state/store.ts'
import { clockTime, duration, shortId } from '../state/words.ts'
import { Panel, Scrolled } from './panel.tsx'

/** A renewal that is due sooner than this is told. */
const RENEWAL_NEAR_MS = 7 * 86_400_000

/** The table. */
export function MembersTable({ store }: { readonly store: Store }): JSX.Element {
  const members = store.members.value
  const isEqual = members.every(({ weight }) => weight === members[0]?.weight)
  return (
    <Panel id="members" title="Members" note="Who votes, and how this node reaches them.">
      <Scrolled label="Members">
        <table>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Now</th>
              <th scope="col" class="number">
                Round trip
              </th>
              {isEqual ? null : (
                <th scope="col" class="number">
                  Votes
                </th>
              )}
              <th scope="col">Seat</th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={member.memberId} class={member.isConnected ? '' : 'silent'}>
                <th scope="row">
                  {memberName(member, members)} <code>{shortId(member.memberId)}</code>
                </th>
                <td class={member.isConnected ? 'tone-good' : 'tone-bad'}>
                  {presence(member, store.nowMs.value)}
                </td>
                <td class="number">{roundTrip(member)}</td>
                {isEqual ? null : <td class="number">{member.weight}</td>}
                <td>{seat(member)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </Panel>
  )
}

function presence({ isSelf, isConnected, lastHeardAtMs }: Member, nowMs: number): string {
  if (isSelf) return 'this node'
  if (isConnected) return 'in reach'
  if (lastHeardAtMs === null) return '✗ silent, not heard yet'
  return `✗ silent for ${duration(nowMs - lastHeardAtMs)}, since ${clockTime(lastHeardAtMs, nowMs)}`
}

function roundTrip({ isSelf, isConnected, roundTripMs }: Member): string {
  if (isSelf || !isConnected || roundTripMs === null) return '–'
  return `${Math.round(roundTripMs)} ms`
}

function seat({ isLeaving, renewalDueInMs }: Member): string {
  if (isLeaving) return 'is leaving'
  if (renewalDueInMs === 0) return 'overdue for renewal'
  return renewalDueInMs < RENEWAL_NEAR_MS ? `renew within ${duration(renewalDueInMs)}` : 'seated'
}
