/**
 * The button that checks in this browser what the node shows.
 *
 * @module
 */

import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { counted, shortId } from '../state/words.ts'
import type { Checked } from '../verify/verifier.ts'

/** The verifier, as it is once it was loaded. */
export type Verifier = typeof import('../verify/verifier.ts')

/** Loads the verifier: a chunk of its own, fetched from this node at the first check. */
export function loadVerifier(): Promise<Verifier> {
  return import('../verify/verifier.ts')
}

/** A button with what its check came to. */
export function CheckButton({
  label,
  check
}: {
  readonly label: string
  readonly check: (verifier: Verifier) => Promise<Checked>
}): JSX.Element {
  const checked = useSignal<Checked | 'under way' | null>(null)
  const run = async (): Promise<void> => {
    checked.value = 'under way'
    try {
      checked.value = await check(await loadVerifier())
    } catch {
      checked.value = { ok: false, why: 'the verifier could not be loaded from this node' }
    }
  }
  return (
    <div class="check">
      <button type="button" onClick={run} disabled={checked.value === 'under way'}>
        {label}
      </button>
      <span role="status" class={toneOf(checked.value)}>
        {describe(checked.value)}
      </span>
    </div>
  )
}

function toneOf(checked: Checked | 'under way' | null): string {
  if (checked === null || checked === 'under way') return 'tone-quiet'
  return checked.ok ? 'tone-good' : 'tone-bad'
}

function describe(checked: Checked | 'under way' | null): string {
  if (checked === null) return ''
  if (checked === 'under way') return 'checking …'
  if (!checked.ok) return `✗ not proved: ${checked.why}`
  const { signatures, members, height, genesisHash, what } = checked
  return `✓ checked in this browser: ${what}, by ${counted(signatures, 'signature')} of ${counted(members, 'member')} at height ${height}, from genesis ${shortId(genesisHash)}…`
}
