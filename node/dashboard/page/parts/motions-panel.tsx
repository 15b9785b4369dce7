/**
 * Motions: what the members are asked, how it stands, and what it would lead to.
 *
 * A ballot is signed by a member's own node. The page has no key, and no node takes orders over
 * HTTP, so it shows the line that does it.
 *
 * @module
 */

import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Motion, WhatIf } from '../feed/answers.ts'
import { askJson } from '../feed/ask.ts'
import { memberName } from '../state/sentence.ts'
import type { Store } from '../state/store.ts'
import { clockTime, listed, shortId } from '../state/words.ts'
import { CopyLine } from './copy-line.tsx'
import { Nothing, Panel } from './panel.tsx'

/** The panel of motions. */
export function MotionsPanel({ store }: { readonly store: Store }): JSX.Element {
  const motions = store.motions.value
  return (
    <Panel
      id="motions"
      title="Motions"
      note="What the members are asked to decide: who sits at the table, and by which rules."
    >
      {motions.length === 0 ? (
        <>
          <Nothing>Nothing is put to the vote.</Nothing>
          <CopyLine line="thingmoot motion open --help" />
        </>
      ) : (
        motions.map((motion) => <MotionCard key={motion.motionId} motion={motion} store={store} />)
      )}
    </Panel>
  )
}

function MotionCard({
  motion,
  store
}: {
  readonly motion: Motion
  readonly store: Store
}): JSX.Element {
  const { motionId, question, sentence, status, yesWeight, yesNeeded, lapsesAtMs } = motion
  const until = lapsesAtMs === null ? '' : ` until ${clockTime(lapsesAtMs, store.nowMs.value)}`
  return (
    <article class="motion">
      <h3>{`${question.charAt(0).toUpperCase()}${question.slice(1)}?`}</h3>
      <p>
        {status === 'open' ? `Open${until}` : status} · {sentence}
      </p>
      {yesNeeded === null ? null : (
        <progress
          max={yesNeeded}
          value={yesWeight}
          aria-label={`${yesWeight} of ${yesNeeded} votes needed`}
        />
      )}
      <Ballots motion={motion} store={store} />
      <WhatIfText motion={motion} />
      {status === 'open' ? (
        <>
          <p class="note">A member’s operator answers, on the machine of its node:</p>
          <CopyLine line={`thingmoot motion vote ${shortId(motionId)} yes`} />
        </>
      ) : null}
    </article>
  )
}

function Ballots({
  motion,
  store
}: {
  readonly motion: Motion
  readonly store: Store
}): JSX.Element | null {
  const members = store.members.value
  const named = (choice: 'yes' | 'no'): string =>
    listed(
      motion.ballots
        .filter((ballot) => ballot.choice === choice)
        .map(({ memberId }) => {
          const member = members.find((one) => one.memberId === memberId)
          return member === undefined ? shortId(memberId) : memberName(member, members)
        })
    )
  if (motion.ballots.length === 0) return null
  return (
    <p>
      {['yes', 'no']
        .map((choice) => [choice, named(choice as 'yes' | 'no')])
        .filter(([, names]) => names !== '')
        .map(([choice, names]) => `${choice}: ${names}`)
        .join(' · ')}
    </p>
  )
}

/** Asked for when somebody wants to know: it carries the motion out in thought. */
function WhatIfText({ motion }: { readonly motion: Motion }): JSX.Element {
  const told = useSignal<WhatIf | string | null>(null)
  const ask = async (): Promise<void> => {
    try {
      const { type, argument } = motion
      const answer = await askJson<{ whatIf: WhatIf }>('/v1/motions/what-if', { type, argument })
      told.value = answer.whatIf
    } catch (error) {
      told.value = error instanceof Error ? error.message : 'the node did not answer'
    }
  }
  return (
    <div class="check">
      <button type="button" onClick={ask}>
        What would it lead to?
      </button>
      <span role="status">{describeWhatIf(told.value)}</span>
    </div>
  )
}

function describeWhatIf(told: WhatIf | string | null): string {
  if (told === null) return ''
  if (typeof told === 'string') return told
  return [told.sentence, ...told.warnings].join('. ')
}
