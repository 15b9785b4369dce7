/**
 * The world map: members where they say they are, and this node's links to them.
 *
 * Places are declared on the ledger, never guessed from addresses. Who is silent is red and crossed,
 * and never hidden.
 *
 * @module
 */

import type { JSX } from 'preact'
import { MAP_HEIGHT, MAP_WIDTH } from '../../map-projection.ts'
import type { Member } from '../feed/answers.ts'
import { memberName } from '../state/sentence.ts'
import type { Store } from '../state/store.ts'
import { listed } from '../state/words.ts'
import { drawLink, type Spot, spotsOf } from './map-drawing.ts'
import { Panel } from './panel.tsx'

/** Put in by the build, which draws it. */
declare const LAND_OUTLINE: string

/** The map with its legend. */
export function WorldMap({ store }: { readonly store: Store }): JSX.Element {
  const members = store.members.value
  const { spots, homeless } = spotsOf(members)
  const self = spots.find(({ member }) => member.isSelf)
  const silent = members.filter(({ isConnected }) => !isConnected)
  const label = `World map of ${members.length} members, ${silent.length === 0 ? 'all in reach' : `silent: ${listed(silent.map((one) => memberName(one, members)))}`}. The table of members says the same.`
  return (
    <Panel id="map" title="Where the members are" wide>
      <svg class="map" viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} role="img" aria-label={label}>
        <path class="land" d={LAND_OUTLINE} />
        {self === undefined
          ? null
          : spots
              .filter((spot) => spot !== self)
              .map((spot) => (
                <path
                  key={spot.member.memberId}
                  class={spot.member.isConnected ? 'link' : 'link silent'}
                  d={drawLink(self, spot)}
                />
              ))}
        {spots.map((spot) => (
          <Dot key={spot.member.memberId} spot={spot} members={members} />
        ))}
      </svg>
      <p class="note">
        <Key kind="present" /> in reach <Key kind="self" /> this node <Key kind="silent" /> silent.{' '}
        {self === undefined
          ? 'This node observes and has no declared place, so no links are drawn.'
          : 'Lines are this node’s own links, with the time there and back.'}
        {homeless.length === 0
          ? ''
          : ` Not on the map, for their regions have no place that this page knows: ${listed(homeless.map((one) => memberName(one, members)))}.`}
      </p>
    </Panel>
  )
}

function Dot({
  spot,
  members
}: {
  readonly spot: Spot
  readonly members: readonly Member[]
}): JSX.Element {
  const { member, x, y, labelY, isLeft } = spot
  const delay =
    member.roundTripMs === null || member.isSelf ? '' : ` ${Math.round(member.roundTripMs)} ms`
  const state = member.isConnected ? delay : ' silent'
  return (
    <g class={`dot ${kindOf(member)}`} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <circle class="halo" r="9" />
      <circle class="core" r="5" />
      {member.isConnected ? null : <path class="cross" d="M-8-8 8 8M8-8-8 8" />}
      <text x={isLeft ? -11 : 11} y={labelY - y + 4} text-anchor={isLeft ? 'end' : 'start'}>
        {memberName(member, members)}
        <tspan class="delay">{state}</tspan>
      </text>
    </g>
  )
}

function Key({ kind }: { readonly kind: string }): JSX.Element {
  return (
    <svg class="key" viewBox="-10 -10 20 20" aria-hidden="true">
      <g class={`dot ${kind}`}>
        <circle class="halo" r="9" />
        <circle class="core" r="5" />
        {kind === 'silent' ? <path class="cross" d="M-8-8 8 8M8-8-8 8" /> : null}
      </g>
    </svg>
  )
}

function kindOf({ isSelf, isConnected }: Member): string {
  if (isSelf) return 'self'
  return isConnected ? 'present' : 'silent'
}
