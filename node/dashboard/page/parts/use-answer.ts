/**
 * An answer of the node for as long as a part is shown.
 *
 * @module
 */

import { type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** The answer, why there is none, or that it is under way. */
export type Asked<Answer> =
  | { readonly kind: 'under way' }
  | { readonly kind: 'here'; readonly answer: Answer }
  | { readonly kind: 'none'; readonly why: string }

/** Asks once for each key, and moves the eye and the keyboard to nothing by itself. */
export function useAnswer<Answer>(key: string, ask: () => Promise<Answer>): Signal<Asked<Answer>> {
  const asked = useSignal<Asked<Answer>>({ kind: 'under way' })
  // The key names the question, so nothing else is to ask it anew.
  useEffect(() => {
    let isShown = true
    asked.value = { kind: 'under way' }
    ask().then(
      (answer) => {
        if (isShown) asked.value = { kind: 'here', answer }
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : 'the node does not answer'
        if (isShown) asked.value = { kind: 'none', why }
      }
    )
    return () => {
      isShown = false
    }
  }, [key])
  return asked
}
